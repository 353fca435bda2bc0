import {
  lossOptionNames,
  type OptionSchemas,
  optionsParser,
  picklist,
  sizeOf,
  unknown,
} from "@surprisal/core/authoring";
import { type Call, runCall } from "../call.ts";
import type { Context } from "../context.ts";
import { splitPair } from "../parameters.ts";
import type { TensorRecord } from "../tensor.ts";
import { elementsPerThread } from "../wgsl/elements.ts";
import { workgroupSize } from "../wgsl/variant.ts";
import { sumWords } from "../wgsl/workgroupSums.ts";
import { nameOfCall, openOutput, readEncoder } from "./arguments.ts";
import { readDifferentiate } from "./differentiate.ts";
import {
  adjacentBuffer,
  type ElementArguments,
  type ElementArray,
  readElementArguments,
  readElementWeights,
} from "./elementArguments.ts";
import { type ElementFormula, type ElementLossName, elementFormulas } from "./elementFormulas.ts";
import { dispatchElements } from "./elementKernels.ts";
import { openGradients } from "./gradients.ts";
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
  const parse = optionsParser(schemas as OptionSchemas<ParsedElementOptions>, lossOptionNames);
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
  const functionName = nameOfCall(name, withGradient);
  const parsed = parserOf(name, withGradient)(functionName, options);
  const formula: ElementFormula = elementFormulas[name];
  return runCall(functionName, context, readEncoder(functionName, parsed.encoder), (call) => {
    const isWeighted = parsed.sampleWeight !== undefined || parsed.weight !== undefined;
    const args = readElementArguments(call, inputs, isWeighted);
    if (!withGradient)
      return { ...run(call, name, args, parsed, undefined, [[], []]), grad: undefined };
    const names = formula.targetWgsl === undefined ? ["input"] : ["input", "target"];
    const given = names.filter((argument) => argument === "input" || args.target.hasGradient);
    const selected = readDifferentiate(functionName, names, given, parsed.differentiate);
    const upstream = readUpstream(call, parsed.gradOutput, parsed.reduction, args.shape);
    const { value, grads } = run(call, name, args, parsed, upstream, [names, selected]);
    return { value, grad: grads.input, ...(names.length > 1 && { grads }) };
  });
}

function run(
  call: Call,
  name: ElementLossName,
  args: ElementArguments,
  options: ParsedElementOptions,
  upstream: Upstream | undefined,
  [names, selected]: readonly [all: readonly string[], selected: readonly string[]],
): { value: TensorRecord; grads: Record<string, TensorRecord> } {
  const formula: ElementFormula = elementFormulas[name];
  const { shape } = args;
  const { reduction, out } = options;
  const weights = readElementWeights(call, formula, options, shape);
  const count = sizeOf(shape);
  const isReduced = reduction !== "none";
  const shapeOf = (argument: string) => args[argument as "input" | "target"].shape;
  const differentiated = selected.map((argument) => ({ name: argument, shape: shapeOf(argument) }));
  const grads = upstream === undefined ? {} : openGradients(call, names, differentiated, out);
  const value = openOutput(call, upstream ? undefined : out, isReduced ? [] : shape);
  const workgroups = Math.ceil(count / (elementsPerThread * workgroupSize));
  const losses = isReduced ? call.scratch(workgroups * sumWords * 4) : value.gpuBuffer;
  // The mean over the input's first axis is that over the elements, times the number of elements of an item.
  const items = args.input.shape[0] ?? 1;
  const perItem = reduction === "batchmean" && items > 0 ? count / items : 1;
  const buffers: Record<string, GPUBuffer> = { losses };
  if (upstream !== undefined) {
    const { sampleWeight } = weights;
    buffers.gradScale = gradScaleOf(call, upstream, { reduction, count, perItem, sampleWeight });
  }
  for (const [argument, { gpuBuffer }] of Object.entries(grads)) {
    const isRepeated = sizeOf(shapeOf(argument)) !== count;
    buffers[`${argument}Gradient`] = isRepeated ? call.scratch(4 * count) : gpuBuffer;
  }
  dispatchElements(call, { name, args, weights, options, upstream, selected, buffers, workgroups });
  for (const [argument, { gpuBuffer, shape: own }] of Object.entries(grads)) {
    const full = buffers[`${argument}Gradient`];
    if (full !== gpuBuffer) sumRepeats(call, full, shape, own, gpuBuffer);
  }
  if (isReduced) {
    const mode = reduction === "sum" ? "sum" : "mean";
    const whenEmpty = reduction === "batchmean" && items > 0 && count === 0 ? "zero" : "nan";
    reduceSums(call, losses, workgroups, value.gpuBuffer, mode, 1 / perItem, whenEmpty);
  }
  return { value, grads };
}

/** Returns the buffer of the factor of the gradients. */
function gradScaleOf(
  call: Call,
  upstream: Upstream,
  {
    reduction,
    count,
    perItem,
    sampleWeight,
  }: {
    reduction: Reduction;
    count: number;
    perItem: number;
    sampleWeight: ElementArray | undefined;
  },
): GPUBuffer {
  if ("buffer" in upstream) return upstream.buffer;
  const constant = (factor: number) => call.upload(Float32Array.from(splitPair(factor)));
  if (reduction === "sum" || reduction === "none") return constant(upstream.number);
  const factor = upstream.number * perItem;
  if (sampleWeight === undefined) return constant(factor / count);
  // Each weight counts as often as it is repeated.
  const rows = sizeOf(sampleWeight.shape);
  return sumRowWeights(call, {
    rows,
    sampleWeight: adjacentBuffer(call, sampleWeight),
    factor: (factor * rows) / count,
    whenEmpty: "nan",
  });
}
