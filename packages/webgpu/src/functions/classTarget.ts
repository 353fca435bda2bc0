import {
  checkProbabilities,
  checkProbabilitiesCall,
  copyClassIndices,
  formatShape,
  holdsIntegers,
  readNumbers,
  readSampleWeight,
  sameShape,
} from "@surprisal/core/authoring";
import type { AxisLayout } from "../axisLayout.ts";
import { isBroadcastable } from "../broadcast.ts";
import type { Call } from "../call.ts";
import { toFloat32 } from "../float32.ts";
import { isTensor, type TensorRecord } from "../tensor.ts";
import { readTensor } from "./arguments.ts";
import { floatBuffer, toFloats, toRowMajor } from "./copies.ts";

/** A target that kernels can read. */
export interface ClassTarget {
  /** The argument's name. */
  readonly name: string;
  readonly kind: "indices" | "probabilities";
  readonly buffer: GPUBuffer;
  /** The position of the first element. */
  readonly offset: number;
  /** 0 for int32, 1 for uint32, 2 for float32, 3 for int64. */
  readonly indexType: number;
  /** The index of ignored rows in the buffer. */
  readonly ignoreIndex: number;
  /** Whether the indices are on the GPU, where no call can check them before it runs. */
  readonly isUnchecked: boolean;
}

interface TargetContext {
  /** The argument's name in errors: "target" if it is not given. */
  readonly name?: string;
  readonly input: Pick<TensorRecord, "shape">;
  /** The class axis of the input. */
  readonly axis: number;
  readonly layout: AxisLayout;
  readonly ignoreIndex: number;
  readonly skipMasked: boolean;
  readonly sampleWeight: RowWeights;
  readonly allowProbabilities: boolean;
}

const indexTypes = { int32: 0, uint32: 1, float32: 2, int64: 3 } as const;

/** Reads class indices or class probabilities, of the GPU or in any container of the CPU, and checks what it can. */
export function readTarget(call: Call, value: unknown, context: TargetContext): ClassTarget {
  return isTensor(value) ? readOnGpu(call, value, context) : uploadTarget(call, value, context);
}

function readOnGpu(call: Call, value: unknown, context: TargetContext): ClassTarget {
  const { functionName } = call;
  const { name = "target" } = context;
  const target = readTensor(call, name, value);
  const kind = kindOf(functionName, target.shape, context);
  const isFloat = target.type === "float32" || target.type === "float16";
  if (kind === "probabilities" && !isFloat) {
    throw new TypeError(
      `${functionName}: ${name} must be probabilities of type float32 or float16, got ${target.type}.`,
    );
  }
  const {
    gpuBuffer: buffer,
    offset,
    type,
  } = isFloat ? toFloats(call, target) : toRowMajor(call, target);
  return {
    name,
    kind,
    buffer,
    offset,
    indexType: indexTypes[type as keyof typeof indexTypes],
    ignoreIndex: context.ignoreIndex,
    isUnchecked: kind === "indices",
  };
}

function uploadTarget(call: Call, value: unknown, context: TargetContext): ClassTarget {
  const { functionName } = call;
  const { name = "target" } = context;
  const label = `${functionName}: ${name}`;
  const { data, shape } = readNumbers(label, value);
  const kind = kindOf(functionName, shape, context);
  if (kind === "probabilities") {
    const { buffer: weights, numbers } = context.sampleWeight;
    // Rows of weight 0 may hold anything. If the weights are on the GPU, only the GPU knows which rows
    // these are.
    const isCounted = (row: number) => (weights === undefined ? true : (numbers?.[row] ?? 0) !== 0);
    const { input, axis, ignoreIndex } = context;
    const softCall = { functionName, shape: input.shape, axis, ignoreIndex };
    checkProbabilities(data, holdsIntegers(value), softCall, { isCounted });
    const floats = weights === undefined ? toFloat32(label, data) : Float32Array.from(data);
    const buffer = call.upload(floats);
    return { name, kind, buffer, offset: 0, indexType: 0, ignoreIndex: 0, isUnchecked: false };
  }
  const { layout, ignoreIndex, sampleWeight } = context;
  const ofGpu = { name, kind, offset: 0, indexType: indexTypes.int32, ignoreIndex: -1 };
  if (sampleWeight.buffer !== undefined && sampleWeight.numbers === undefined) {
    // A row of weight 0 may have an index that is not a class, and only the GPU knows the weights.
    const indices = Int32Array.from(data, (index) =>
      index === ignoreIndex ? -1 : isClass(index, layout.classes) ? index : noClass,
    );
    return { ...ofGpu, buffer: call.upload(indices), isUnchecked: true };
  }
  const ignored = { ignoreIndex, sampleWeight: sampleWeight.numbers };
  const { indices } = copyClassIndices(label, data, data.length, layout.classes, ignored);
  return { ...ofGpu, buffer: call.upload(indices), isUnchecked: false };
}

/** An index that no class has. */
const noClass = -2;

function isClass(index: number, classes: number): boolean {
  return Number.isInteger(index) && index >= 0 && index < classes;
}

function kindOf(
  functionName: string,
  shape: readonly number[],
  context: TargetContext,
): ClassTarget["kind"] {
  const { input, layout, axis, allowProbabilities, name = "target" } = context;
  const indexShape = layout.shape;
  if (allowProbabilities && sameShape(shape, input.shape)) {
    checkSoftCall(functionName, context);
    return "probabilities";
  }
  if (sameShape(shape, indexShape)) return "indices";
  const alternative = allowProbabilities
    ? `, or ${formatShape(input.shape)} for class probabilities`
    : "";
  const other = input.shape.filter((_, i) => i !== 1);
  const advice =
    axis !== 1 && input.shape.length > 1 && sameShape(shape, other) ? " It fits axis: 1." : "";
  throw new RangeError(
    `${functionName}: ${name} must have shape ${formatShape(indexShape)} (input ${formatShape(input.shape)} without class axis ${axis})${alternative}, got ${formatShape(shape)}.${advice}`,
  );
}

/** Throws if a call that has class probabilities has an option or a shape that only class indices can have. */
function checkSoftCall(functionName: string, context: TargetContext): void {
  const { input, axis, ignoreIndex, skipMasked } = context;
  checkProbabilitiesCall({ functionName, shape: input.shape, axis, ignoreIndex });
  if (skipMasked) {
    throw new RangeError(
      `${functionName}: skipMasked is for class indices on the GPU, got class probabilities. Set the probabilities of masked classes to 0, and divide the others by their sum.`,
    );
  }
}

/** Reads one weight per class. */
export function readClassWeight(
  call: Call,
  value: unknown,
  classes: number,
): GPUBuffer | undefined {
  if (value === undefined) return undefined;
  const { functionName } = call;
  const check = (shape: readonly number[]) => {
    if (sameShape(shape, [classes])) return;
    throw new RangeError(
      `${functionName}: weight must have shape [${classes}], one per class, got ${formatShape(shape)}.`,
    );
  };
  if (isTensor(value)) {
    const weight = readTensor(call, "weight", value);
    check(weight.shape);
    return floatBuffer(call, weight, weight.shape);
  }
  const { data, shape } = readNumbers(`${functionName}: weight`, value);
  check(shape);
  return call.upload(toFloat32(`${functionName}: weight`, data));
}

/** Weights of rows: those of the CPU are known here, too. */
export interface RowWeights {
  readonly buffer: GPUBuffer | undefined;
  readonly numbers: Float64Array | undefined;
}

export const noWeights: RowWeights = { buffer: undefined, numbers: undefined };

/** Reads one weight per row. */
export function readRowWeights(
  call: Call,
  value: unknown,
  shape: readonly number[],
  option = "sampleWeight",
): RowWeights {
  if (value === undefined) return noWeights;
  const { functionName } = call;
  if (!isTensor(value)) {
    const numbers = readSampleWeight(functionName, value, shape, option) as Float64Array;
    return { buffer: call.upload(toFloat32(`${functionName}: ${option}`, numbers)), numbers };
  }
  const tensor = readWeightTensor(call, option, value, shape);
  return { buffer: floatBuffer(call, tensor, shape), numbers: undefined };
}

/** Returns a tensor of the GPU that has one weight per loss, or size 1 along axes that repeat its weights. */
export function readWeightTensor(
  call: Call,
  option: string,
  value: unknown,
  shape: readonly number[],
): TensorRecord {
  const tensor = readTensor(call, option, value);
  if (tensor.shape.length === shape.length && isBroadcastable(tensor.shape, shape)) return tensor;
  throw new RangeError(
    `${call.functionName}: ${option} must have the losses' shape ${formatShape(shape)}, or size 1 along axes that repeat its weights, got ${formatShape(tensor.shape)}.`,
  );
}
