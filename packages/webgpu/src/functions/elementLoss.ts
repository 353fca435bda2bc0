import {
  type OptionSchemas,
  optionsParser,
  picklist,
  sizeOf,
  unknown,
} from "@surprisal/core/authoring";
import { axisParameters, broadcastStrides, mergeAxes } from "../broadcast.ts";
import { type Call, runCall } from "../call.ts";
import type { Context } from "../context.ts";
import { parametersOf, splitPair } from "../parameters.ts";
import type { TensorRecord } from "../tensor.ts";
import {
  type ElementVariant,
  elementBuffers,
  elementKernel,
  elementParameters,
  elementsPerThread,
} from "../wgsl/elements.ts";
import { workgroupSize } from "../wgsl/variant.ts";
import { sumWords } from "../wgsl/workgroupSums.ts";
import { openOutput, readEncoder } from "./arguments.ts";
import { readDifferentiate } from "./differentiate.ts";
import {
  type ElementArgument,
  type ElementArguments,
  readElementArguments,
  readElementWeights,
} from "./elementArguments.ts";
import { type ElementFormula, type ElementLossName, elementFormulas } from "./elementFormulas.ts";
import { type Reduction, readUpstream, reduceSums, type Upstream } from "./reduction.ts";
import { sumRepeats } from "./sumRepeats.ts";
import { sumRowWeights } from "./sumWeights.ts";

/** Parsed options. */
export interface ParsedElementOptions extends Record<string, unknown> {
  reduction: Reduction;
  sampleWeight: unknown;
  weight: unknown;
  posWeight: unknown;
  out: unknown;
  encoder: unknown;
  gradOutput: unknown;
  differentiate: unknown;
}

type Parse = (functionName: string, options: unknown) => ParsedElementOptions;

const parsers = new Map<string, Parse>();

/** Returns the parser of a loss's options, with or without those of `valueAndGrad`. */
function parserOf(name: ElementLossName, withGradient: boolean): Parse {
  const key = `${name} ${withGradient}`;
  const known = parsers.get(key);
  if (known !== undefined) return known;
  const formula: ElementFormula = elementFormulas[name];
  const schemas: Record<string, unknown> = {
    reduction: formula.hasBatchMean
      ? picklist("mean", "sum", "none", "batchmean")
      : picklist("mean", "sum", "none"),
    sampleWeight: unknown(),
    out: unknown(),
    encoder: unknown(),
    ...formula.options,
  };
  if (formula.weight !== undefined) schemas.weight = unknown();
  if (formula.hasPosWeight) schemas.posWeight = unknown();
  if (withGradient) {
    schemas.gradOutput = unknown();
    schemas.differentiate = unknown();
  }
  const parse = optionsParser(
    schemas as OptionSchemas<ParsedElementOptions>,
    withGradient ? [] : ["gradOutput", "differentiate"],
  );
  parsers.set(key, parse);
  return parse;
}

/** The loss, and the gradients of the arguments by their names. */
interface ElementResult {
  readonly value: TensorRecord;
  readonly grad: TensorRecord | undefined;
  readonly grads?: Readonly<Record<string, TensorRecord>>;
}

/** Computes a loss of single elements, with its gradients if `withGradient`. */
export function elementLossOf(
  name: ElementLossName,
  context: Context,
  inputs: readonly [input: unknown, target: unknown],
  options: unknown,
  withGradient: boolean,
): ElementResult {
  const parsed = parserOf(name, withGradient)(name, options);
  const formula: ElementFormula = elementFormulas[name];
  return runCall(name, context, readEncoder(name, parsed.encoder), (call) => {
    const args = readElementArguments(call, inputs);
    if (!withGradient) return { ...run(call, name, args, parsed, undefined, []), grad: undefined };
    const names = formula.targetWgsl === undefined ? ["input"] : ["input", "target"];
    const given = names.filter((argument) => argument === "input" || args.target.hasGradient);
    const selected = readDifferentiate(name, names, given, parsed.differentiate);
    const upstream = readUpstream(call, parsed.gradOutput, parsed.reduction, args.shape);
    const { value, grads } = run(call, name, args, parsed, upstream, selected);
    return { value, grad: grads.input, ...(names.length > 1 && { grads }) };
  });
}

function run(
  call: Call,
  name: ElementLossName,
  args: ElementArguments,
  options: ParsedElementOptions,
  upstream: Upstream | undefined,
  selected: readonly string[],
): { value: TensorRecord; grads: Record<string, TensorRecord> } {
  const formula: ElementFormula = elementFormulas[name];
  const { shape, input } = args;
  const { reduction } = options;
  const weights = readElementWeights(call, formula, options, shape);
  const count = sizeOf(shape);
  const isReduced = reduction !== "none";
  const inputs = [input.tensor as TensorRecord];
  const grads: Record<string, TensorRecord> = {};
  for (const argument of selected) {
    const own = args[argument as "input" | "target"];
    const out = argument === "input" ? options.out : undefined;
    grads[argument] = openOutput(call, out, own.shape, inputs);
  }
  const out = upstream === undefined ? options.out : undefined;
  const value = openOutput(call, out, isReduced ? [] : shape, inputs);
  const workgroups = Math.ceil(count / (elementsPerThread * workgroupSize));
  const losses = isReduced ? call.scratch(workgroups * sumWords * 4) : value.gpuBuffer;
  // The mean over the batch is the sum over the weights, times the number of elements of an item.
  const perItem = reduction === "batchmean" ? count / (shape[0] ?? 1) : 1;
  const sampleWeight = weights.sampleWeight;
  const buffers: Record<string, GPUBuffer> = {
    input: input.buffer,
    targets: args.target.buffer,
    losses,
  };
  for (const [weight, buffer] of Object.entries(weights)) buffers[`${weight}s`] = buffer;
  if (upstream !== undefined) {
    buffers.gradScale = gradScaleOf(call, upstream, reduction, count, perItem, sampleWeight);
  }
  for (const [argument, { gpuBuffer }] of Object.entries(grads)) {
    const isRepeated = sizeOf(args[argument as "input" | "target"].shape) !== count;
    buffers[`${argument}Gradient`] = isRepeated ? call.scratch(4 * count) : gpuBuffer;
  }
  const variant = {
    name,
    formula: formula.wgsl + (selected.includes("target") ? formula.targetWgsl : ""),
    weights: Object.keys(weights) as ElementVariant["weights"],
  };
  dispatchElements(call, variant, args, buffers, selected as ElementVariant["gradients"], {
    count,
    options,
    formula,
    hasUpstream: Number(upstream !== undefined && "buffer" in upstream),
    reduces: Number(isReduced),
    workgroups,
  });
  for (const [argument, { gpuBuffer, shape: own }] of Object.entries(grads)) {
    const full = buffers[`${argument}Gradient`];
    if (full !== gpuBuffer) sumRepeats(call, full, shape, own, gpuBuffer);
  }
  if (isReduced) {
    const mode = reduction === "sum" ? "sum" : "mean";
    reduceSums(call, losses, workgroups, value.gpuBuffer, mode, 1 / perItem, "nan");
  }
  return { value, grads };
}

/** A device need not let a kernel use more buffers than this. */
const mostBuffers = 8;

/** Adds the kernel of the losses and gradients, or two where one would need too many buffers. */
function dispatchElements(
  call: Call,
  common: Pick<ElementVariant, "name" | "formula" | "weights">,
  args: ElementArguments,
  buffers: Readonly<Record<string, GPUBuffer>>,
  gradients: ElementVariant["gradients"],
  {
    count,
    options,
    formula,
    hasUpstream,
    reduces,
    workgroups,
  }: {
    count: number;
    options: ParsedElementOptions;
    formula: ElementFormula;
    hasUpstream: number;
    reduces: number;
    workgroups: number;
  },
): void {
  const { shape, input, target } = args;
  const isRepeated = sizeOf(input.shape) !== count || sizeOf(target.shape) !== count;
  const strides = [input, target].map((argument) => broadcastStrides(argument.shape, shape));
  const axes = isRepeated ? mergeAxes(shape, strides) : [];
  const vectors = !isRepeated && [input, target].every((argument) => readsVectors(argument, count));
  const { types, values } = axisParameters("axis", axes);
  const [a = 0, b = 0, c = 0] = formula.parameters?.(options as Record<string, number>) ?? [];
  const numbers = { zero: 0, count, a, b, c, hasUpstream, reduces };
  const offsets = { inputOffset: input.offset, targetOffset: target.offset };
  const parameters = parametersOf(
    { ...elementParameters, ...types },
    { ...numbers, ...offsets, ...values },
  );
  const all: ElementVariant = {
    ...common,
    storesLosses: true,
    gradients,
    axes: axes.length,
    vectors,
  };
  const isTooMany = elementBuffers(all).length > mostBuffers;
  const variants: ElementVariant[] = isTooMany
    ? [
        { ...all, gradients: ["input"] },
        { ...all, gradients: ["target"], storesLosses: false },
      ]
    : [all];
  for (const variant of variants) {
    const bound = elementBuffers(variant).map(([name]) => buffers[name]);
    call.dispatch(elementKernel(variant), parameters, bound, workgroups);
  }
}

/** Returns whether four elements can be read at once. The last vector must be in the buffer as a whole. */
function readsVectors({ offset, buffer }: ElementArgument, count: number): boolean {
  return offset % 4 === 0 && Math.ceil((offset + count) / 4) * 16 <= buffer.size;
}

/** Returns the buffer of the factor of the gradients. */
function gradScaleOf(
  call: Call,
  upstream: Upstream,
  reduction: Reduction,
  count: number,
  perItem: number,
  sampleWeight: GPUBuffer | undefined,
): GPUBuffer {
  if ("buffer" in upstream) return upstream.buffer;
  const constant = (factor: number) => call.upload(Float32Array.from(splitPair(factor)));
  if (reduction === "sum" || reduction === "none") return constant(upstream.number);
  const factor = upstream.number * perItem;
  if (sampleWeight === undefined) return constant(factor / count);
  return sumRowWeights(call, { rows: count, sampleWeight, factor, whenEmpty: "nan" });
}
