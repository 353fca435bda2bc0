import {
  integer,
  lossOptionNames,
  type OptionSchemas,
  optionsParser,
  picklist,
  sizeOf,
  unknown,
} from "@surprisal/core/authoring";
import { type Call, runCall } from "../call.ts";
import type { Context } from "../context.ts";
import { parametersOf, wordsOf } from "../parameters.ts";
import type { TensorRecord } from "../tensor.ts";
import { nllGradientKernel, nllKernel, nllParameters } from "../wgsl/nll.ts";
import { workgroupSize } from "../wgsl/variant.ts";
import { sumWords } from "../wgsl/workgroupSums.ts";
import { nameOfCall, openOutput, readEncoder, readInput, resolveClassAxis } from "./arguments.ts";
import { type ClassLossCall, makeCheck, prepareGradScale } from "./classLoss.ts";
import { readClassWeight, readRowWeights, readTarget } from "./classTarget.ts";
import { openRows, toFloats } from "./copies.ts";
import { openGradients } from "./gradients.ts";
import { noDifferentiate } from "./optionNames.ts";
import { readUpstream, reduceSums, type Upstream } from "./reduction.ts";

interface ParsedNllOptions {
  reduction: "mean" | "sum" | "none";
  axis: number;
  weight: unknown;
  sampleWeight: unknown;
  ignoreIndex: number;
  whenEmpty: "nan" | "zero";
  out: unknown;
  encoder: unknown;
}

const schemas: OptionSchemas<ParsedNllOptions> = {
  reduction: picklist("mean", "sum", "none"),
  axis: integer(-1),
  weight: { ...unknown<unknown>(), otherNames: /^classweight$/ },
  sampleWeight: unknown<unknown>(),
  ignoreIndex: integer(-100),
  whenEmpty: picklist("nan", "zero"),
  out: unknown<unknown>(),
  encoder: unknown<unknown>(),
};

const parse = /* @__PURE__ */ optionsParser(schemas, lossOptionNames);
const parseGradient = /* @__PURE__ */ optionsParser(
  { ...schemas, gradOutput: unknown<unknown>() },
  [noDifferentiate, ...lossOptionNames],
);

/** Computes nllLoss, with its gradient if `withGradient`. */
export function nllLossOf(
  context: Context,
  logProbs: unknown,
  target: unknown,
  options: unknown,
  withGradient: boolean,
): { value: TensorRecord; grad: TensorRecord | undefined } {
  const functionName = nameOfCall("nllLoss", withGradient);
  const parsed: ParsedNllOptions & { gradOutput?: unknown } = withGradient
    ? parseGradient(functionName, options)
    : parse(functionName, options);
  return runCall(functionName, context, readEncoder(functionName, parsed.encoder), (call) => {
    const loss = readLoss(call, readInput(call, "input", logProbs), target, parsed);
    const upstream = withGradient
      ? readUpstream(call, parsed.gradOutput, parsed.reduction, loss.shape)
      : undefined;
    return run(call, loss, upstream, parsed.out);
  });
}

function readLoss(
  call: Call,
  given: TensorRecord,
  target: unknown,
  options: ParsedNllOptions,
): ClassLossCall {
  const { functionName } = call;
  const { reduction, whenEmpty, ignoreIndex } = options;
  const axis = resolveClassAxis(functionName, options.axis, given);
  const isHalf = given.type === "float16";
  const { input, layout } = openRows(call, isHalf ? toFloats(call, given) : given, axis);
  const sampleWeight = readRowWeights(call, options.sampleWeight, layout.shape);
  const context = { input, layout, axis, ignoreIndex, sampleWeight, skipMasked: false };
  return {
    input,
    layout,
    shape: layout.shape,
    sampleWeight,
    weight: readClassWeight(call, options.weight, layout.classes),
    target: readTarget(call, target, { ...context, allowProbabilities: false }),
    reduction,
    whenEmpty,
    labelSmoothing: 0,
    skipMasked: false,
    zLoss: 0,
    variant: {},
    parameters: {},
  };
}

function run(
  call: Call,
  loss: ClassLossCall,
  upstream: Upstream | undefined,
  out: unknown,
): { value: TensorRecord; grad: TensorRecord | undefined } {
  const { input, layout, target, weight, sampleWeight, reduction, whenEmpty } = loss;
  const { rows, shape: _, ...rest } = layout;
  const check = target.isUnchecked ? makeCheck(call, layout.classes, target.name) : undefined;
  const isReduced = reduction !== "none";
  const grad =
    upstream &&
    openGradients(call, ["input"], [{ name: "input", shape: input.shape }], out, check).input;
  const valueShape = isReduced ? [] : layout.shape;
  const value = openOutput(call, upstream ? undefined : out, valueShape, { check });
  const workgroups = Math.ceil(rows / workgroupSize);
  const losses = isReduced ? call.scratch(workgroups * sumWords * 4) : value.gpuBuffer;
  const values = {
    ...rest,
    zero: 0,
    rows,
    offset: input.offset,
    targetOffset: target.offset,
    ...wordsOf(target.ignoreIndex),
    indexType: target.indexType,
    shiftPeriod: 0,
    hasWeight: Number(weight !== undefined),
    hasSampleWeight: Number(sampleWeight.buffer !== undefined),
    hasUpstream: Number(upstream !== undefined && "buffer" in upstream),
    reduces: Number(isReduced),
    clearsEmpty: Number(whenEmpty === "zero"),
  };
  const parameters = parametersOf(nllParameters, values);
  const numbers = [weight ?? target.buffer, sampleWeight.buffer ?? target.buffer];
  const fault = check?.buffer ?? call.scratch(4);
  const buffers = [input.gpuBuffer, target.buffer, ...numbers, losses, fault];
  call.dispatch(nllKernel, parameters, buffers, workgroups);
  if (isReduced) {
    reduceSums(call, losses, workgroups, value.gpuBuffer, reduction, 1, whenEmpty);
  }
  if (grad !== undefined && upstream !== undefined) {
    const gradScale = prepareGradScale(call, loss, upstream, {});
    const gradientWorkgroups = Math.ceil(sizeOf(input.shape) / (4 * workgroupSize));
    const read = [input.gpuBuffer, target.buffer, ...numbers, gradScale];
    call.dispatch(nllGradientKernel, parameters, [...read, grad.gpuBuffer], gradientWorkgroups);
  }
  return { value, grad };
}
