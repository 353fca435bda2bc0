import {
  formatShape,
  readFloats,
  readNumbers,
  readSampleWeight,
  sameShape,
  sizeOf,
} from "@surprisal/core/authoring";
import type { Call } from "../call.ts";
import { toFloat32 } from "../float32.ts";
import { isTensor, type TensorRecord } from "../tensor.ts";
import { readInput, readTensor } from "./arguments.ts";
import type { ClassLossCall } from "./classLoss.ts";
import {
  type RowWeights,
  readClassWeight,
  readRowWeights,
  readTarget,
  readWeightTensor,
} from "./classTarget.ts";
import { copyElements, floatBuffer, toRowMajor, viewOf } from "./copies.ts";
import { softcapOf } from "./crossEntropy.ts";
import type { ParsedLinearOptions } from "./linearCrossEntropy.ts";
import { readUpstream, type Upstream } from "./reduction.ts";

/** The arguments of a call, read and checked. */
export interface LinearProblem {
  /** Hidden states, one row for each position, and the weight, one row for each token. */
  readonly hidden: TensorRecord;
  readonly weight: TensorRecord;
  readonly bias: GPUBuffer | undefined;
  readonly depth: number;
  /** The loss of all positions, as if its logits were in memory. */
  readonly loss: Omit<ClassLossCall, "input">;
  /** The shape of the losses. With `shift` it has one position less than that of the hidden states. */
  readonly lossShape: readonly number[];
}

/** Reads the arguments. */
export function readProblem(
  call: Call,
  inputValue: unknown,
  weightValue: unknown,
  targetValue: unknown,
  options: ParsedLinearOptions,
): LinearProblem {
  const { functionName } = call;
  const hidden = toRowMajor(call, readInput(call, "input", inputValue));
  const weight = toRowMajor(call, readInput(call, "weight", weightValue));
  const depth = hidden.shape.at(-1);
  if (depth === undefined) {
    throw new RangeError(`${functionName}: input must have shape […, D], got a number.`);
  }
  if (weight.shape.length !== 2 || weight.shape[1] !== depth) {
    throw new RangeError(
      `${functionName}: weight must have shape [V, ${depth}] (input ${formatShape(hidden.shape)}), got ${formatShape(weight.shape)}.`,
    );
  }
  const [vocabulary] = weight.shape;
  const positions = hidden.shape.slice(0, -1);
  if (options.shift && positions.length === 0) {
    throw new RangeError(
      `${functionName}: shift needs several positions: an input of shape [T, D].`,
    );
  }
  const lossShape = options.shift ? withoutLast(positions) : positions;
  const rows = sizeOf(positions);
  const layout = {
    shape: positions,
    rows,
    classes: vocabulary,
    inner: 1,
    outerStride: vocabulary,
    classStride: 1,
    innerStride: 1,
  };
  const sampleWeight = options.shift
    ? shiftedWeights(call, options.sampleWeight, positions)
    : readRowWeights(call, options.sampleWeight, positions);
  const target = readTarget(call, shiftTarget(call, targetValue, options, positions), {
    input: { shape: [...positions, vocabulary] },
    layout,
    axis: positions.length,
    ignoreIndex: options.ignoreIndex,
    skipMasked: options.skipMasked,
    sampleWeight,
    allowProbabilities: true,
  });
  const period = options.shift && isTensor(targetValue) ? (positions.at(-1) as number) : 0;
  const isSoft = target.kind === "probabilities";
  const { variant, parameters } = softcapOf(options.softcap);
  return {
    hidden,
    weight,
    bias: readBias(call, options.bias, vocabulary),
    depth,
    lossShape,
    loss: {
      ...options,
      layout,
      shape: positions,
      sampleWeight,
      weight: readClassWeight(call, options.weight, vocabulary),
      // The probabilities of the next position are one row further; that of the last one has weight 0.
      target: isSoft && period > 0 ? { ...target, offset: target.offset + vocabulary } : target,
      variant,
      parameters: { ...parameters, shiftPeriod: isSoft ? 0 : period },
    },
  };
}

/** Reads the upstream gradient. With `shift` and one for each loss, it gets a zero at each last position. */
export function readGradOutput(
  call: Call,
  { gradOutput, reduction, shift }: ParsedLinearOptions,
  { loss, lossShape }: LinearProblem,
): Upstream {
  const isEach = shift && reduction === "none" && typeof gradOutput !== "number";
  if (gradOutput === undefined || !isEach) {
    return readUpstream(call, gradOutput, reduction, lossShape);
  }
  const label = `${call.functionName}: gradOutput`;
  const upstream = isTensor(gradOutput)
    ? readTensor(call, "gradOutput", gradOutput)
    : readFloats(label, gradOutput);
  if (!sameShape(upstream.shape, lossShape)) {
    throw new RangeError(
      `${label} must be a number or have shape ${formatShape(lossShape)}, one per loss, got shape ${formatShape(upstream.shape)}.`,
    );
  }
  if ("data" in upstream) {
    return { buffer: call.upload(toFloat32(label, addLast(upstream.data, loss.shape))) };
  }
  const view = { ...viewOf(upstream, lossShape), strides: upstream.strides };
  return { buffer: copyElements(call, [view], loss.shape, { period: loss.shape.at(-1) }) };
}

/** Moves a target of the CPU by one position. One of the GPU is moved where kernels read it. */
function shiftTarget(
  { functionName }: Call,
  value: unknown,
  { shift, ignoreIndex }: ParsedLinearOptions,
  positions: readonly number[],
): unknown {
  if (!shift || isTensor(value)) return value;
  const { data, shape } = readNumbers(`${functionName}: target`, value);
  const steps = positions.at(-1) as number;
  const size = sizeOf(shape.slice(positions.length));
  const fill = shape.length === positions.length ? ignoreIndex : 0;
  const next = Float64Array.from(data, (_, i) => {
    const isLast = Math.floor(i / size) % steps === steps - 1;
    return isLast ? fill : Number(data[i + size]);
  });
  return { data: next, shape };
}

/** Reads weights of losses, and gives the last position of each text, which has no loss, the weight 0. */
function shiftedWeights(call: Call, value: unknown, positions: readonly number[]): RowWeights {
  const steps = positions.at(-1) as number;
  if (isTensor(value)) {
    const tensor = readWeightTensor(call, "sampleWeight", value, positions);
    const view = viewOf(tensor, positions);
    const next = { ...view, offset: view.offset + (view.strides.at(-1) as number) };
    const buffer = copyElements(call, [next], positions, { period: steps });
    return { buffer, numbers: undefined };
  }
  const weights = readSampleWeight(call.functionName, value, positions);
  const numbers = Float64Array.from({ length: sizeOf(positions) }, (_, i) =>
    i % steps === steps - 1 ? 0 : (weights?.[i + 1] ?? 1),
  );
  const label = `${call.functionName}: sampleWeight`;
  return { buffer: call.upload(toFloat32(label, numbers)), numbers };
}

function withoutLast(shape: readonly number[]): number[] {
  return [...shape.slice(0, -1), Math.max(0, (shape.at(-1) as number) - 1)];
}

/** Puts a 0 after the numbers of each text. */
function addLast(numbers: ArrayLike<number>, positions: readonly number[]): Float64Array {
  const steps = positions.at(-1) as number;
  return Float64Array.from({ length: sizeOf(positions) }, (_, i) =>
    i % steps === steps - 1 ? 0 : numbers[i - Math.floor(i / steps)],
  );
}

function readBias(call: Call, value: unknown, vocabulary: number): GPUBuffer | undefined {
  if (value === undefined) return undefined;
  const { functionName } = call;
  const check = (shape: readonly number[]) => {
    if (sameShape(shape, [vocabulary])) return;
    throw new RangeError(
      `${functionName}: bias must have shape [${vocabulary}], got ${formatShape(shape)}.`,
    );
  };
  if (isTensor(value)) {
    const bias = readTensor(call, "bias", value);
    check(bias.shape);
    return floatBuffer(call, bias, bias.shape);
  }
  const { data, shape } = readNumbers(`${functionName}: bias`, value);
  check(shape);
  return call.upload(toFloat32(`${functionName}: bias`, data));
}
