import {
  formatShape,
  type OptionSchemas,
  optionsParser,
  picklist,
  readFloatsOrIntegers,
  sameShape,
  sizeOf,
  unknown,
} from "@surprisal/core/authoring";
import { type Call, runCall } from "../call.ts";
import type { Context } from "../context.ts";
import { parametersOf, splitPair } from "../parameters.ts";
import { isTensor, type TensorRecord } from "../tensor.ts";
import { elementKernel, elementParameters, elementsPerThread } from "../wgsl/elements.ts";
import { workgroupSize } from "../wgsl/variant.ts";
import { sumWords } from "../wgsl/workgroupSums.ts";
import { openOutput, readEncoder, readFlat } from "./arguments.ts";
import { readRowWeights } from "./classTarget.ts";
import { type ElementFormula, type ElementLossName, elementFormulas } from "./elementFormulas.ts";
import { readFactors } from "./factors.ts";
import { type Reduction, readUpstream, reduceSums, type Upstream } from "./reduction.ts";
import { sumRowWeights } from "./sumWeights.ts";

interface ParsedElementOptions extends Record<string, unknown> {
  reduction: Reduction;
  sampleWeight: unknown;
  weight: unknown;
  posWeight: unknown;
  out: unknown;
  encoder: unknown;
  gradOutput: unknown;
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
  if (withGradient) schemas.gradOutput = unknown();
  const parse = optionsParser(
    schemas as OptionSchemas<ParsedElementOptions>,
    withGradient ? [] : ["gradOutput"],
  );
  parsers.set(key, parse);
  return parse;
}

/** Computes a loss of single elements, with its gradient if `withGradient`. */
export function elementLossOf(
  name: ElementLossName,
  context: Context,
  inputs: readonly [input: unknown, target: unknown],
  options: unknown,
  withGradient: boolean,
): { value: TensorRecord; grad: TensorRecord | undefined } {
  const parsed = parserOf(name, withGradient)(name, options);
  const input = readFlat(name, "input", context, inputs[0]);
  return runCall(name, context, readEncoder(name, parsed.encoder), (call) => {
    const target = readTarget(call, inputs[1], input);
    const upstream = withGradient
      ? readUpstream(call, parsed.gradOutput, parsed.reduction, input.shape)
      : undefined;
    return run(call, name, input, target, parsed, upstream);
  });
}

function run(
  call: Call,
  name: ElementLossName,
  input: TensorRecord,
  target: { buffer: GPUBuffer; offset: number },
  options: ParsedElementOptions,
  upstream: Upstream | undefined,
): { value: TensorRecord; grad: TensorRecord | undefined } {
  const formula: ElementFormula = elementFormulas[name];
  const { shape } = input;
  const { reduction, weight } = options;
  const rowWeights = [
    readRowWeights(call, options.sampleWeight, shape),
    readRowWeights(call, formula.weight === "mean" ? weight : undefined, shape, "weight"),
  ].filter(({ buffer }) => buffer !== undefined);
  if (rowWeights.length > 1) {
    throw new TypeError(
      `${name}: weight and sampleWeight cannot both be given here. Pass their product as sampleWeight.`,
    );
  }
  const sampleWeight = rowWeights[0]?.buffer;
  const factors =
    formula.weight === "factor" ? readFactors(call, "weight", weight, shape) : undefined;
  const posWeight = readFactors(call, "posWeight", options.posWeight, shape);
  const count = sizeOf(shape);
  const isReduced = reduction !== "none";
  const grad = upstream && openOutput(call, options.out, shape, [input]);
  const value = openOutput(call, upstream ? undefined : options.out, isReduced ? [] : shape, [
    input,
  ]);
  const workgroups = Math.ceil(count / (elementsPerThread * workgroupSize));
  const losses = isReduced ? call.scratch(workgroups * sumWords * 4) : value.gpuBuffer;
  // The mean over the batch is the sum over the weights, times the number of elements of an item.
  const perItem = reduction === "batchmean" ? count / (shape[0] ?? 1) : 1;
  const [a = 0, b = 0, c = 0] = formula.parameters?.(options as Record<string, number>) ?? [];
  const values = {
    zero: 0,
    count,
    inputOffset: input.offset,
    targetOffset: target.offset,
    a,
    b,
    c,
    hasWeight: Number(factors !== undefined),
    hasPosWeight: Number(posWeight !== undefined),
    hasSampleWeight: Number(sampleWeight !== undefined),
    hasUpstream: Number(upstream !== undefined && "buffer" in upstream),
    reduces: Number(isReduced),
  };
  const unused = input.gpuBuffer;
  const buffers = [
    input.gpuBuffer,
    target.buffer,
    factors ?? unused,
    posWeight ?? unused,
    sampleWeight ?? unused,
    losses,
  ];
  if (grad !== undefined && upstream !== undefined) {
    buffers.push(
      grad.gpuBuffer,
      gradScaleOf(call, upstream, reduction, count, perItem, sampleWeight),
    );
  }
  const kernel = elementKernel(name, formula.wgsl, grad !== undefined);
  call.dispatch(kernel, parametersOf(elementParameters, values), buffers, workgroups);
  if (isReduced) {
    const mode = reduction === "sum" ? "sum" : "mean";
    reduceSums(call, losses, workgroups, value.gpuBuffer, mode, 1 / perItem, "nan");
  }
  return { value, grad };
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

/** Reads the target: a tensor of the GPU or any container, of the input's shape. */
function readTarget(
  call: Call,
  value: unknown,
  input: TensorRecord,
): { buffer: GPUBuffer; offset: number } {
  const { functionName, context } = call;
  const check = (shape: readonly number[]) => {
    if (sameShape(shape, input.shape)) return;
    throw new RangeError(
      `${functionName}: target must have the input's shape ${formatShape(input.shape)}, got ${formatShape(shape)}. Arguments do not broadcast on the GPU.`,
    );
  };
  if (isTensor(value)) {
    const target = readFlat(functionName, "target", context, value);
    check(target.shape);
    return { buffer: target.gpuBuffer, offset: target.offset };
  }
  const { data, shape } = readFloatsOrIntegers(`${functionName}: target`, value);
  check(shape);
  return { buffer: call.upload(Float32Array.from(data)), offset: 0 };
}
