import { rangeError } from "../arguments/errors.ts";
import { formatShape } from "../arguments/format.ts";
import {
  forEachOffset,
  formatIndex,
  rowMajorStrides,
  sameShape,
  sizeOf,
} from "../arrays/layout.ts";
import { type NumberView, readNumbersOrBooleans } from "../arrays/readArray.ts";
import { longArrayPool } from "../kernels/bufferPool.ts";
import { integerWeights, isWeight, type Weights, weightsOf } from "../kernels/js/weights.ts";
import type { NestedRows, NumericArray, TensorData, TensorLike } from "../types.ts";

/** Rectangular arrays of weights or of booleans, nested to any depth. */
export type NestedWeights = readonly (number | bigint | boolean | NestedWeights)[];

/** Weights of the losses, or a mask of them, in any container. The data of a tensor may be an array of booleans. */
export type SampleWeight =
  | number
  | bigint
  | boolean
  | NestedWeights
  | NestedRows<NumericArray>
  | NumericArray
  | TensorLike<TensorData | readonly boolean[]>;

/**
 * Reads one weight per loss, if weights are given, and repeats them along axes of size 1.
 *
 * The weights are copied: they do not change while the losses are computed.
 *
 * @param shape the shape of the losses.
 * @param option the name of the option, for errors.
 * @param owners what the weights belong to, for errors: losses, labels or ids.
 */
export function readSampleWeight(
  functionName: string,
  value: unknown,
  shape: readonly number[],
  option = "sampleWeight",
  owners = "losses",
): Float64Array | undefined {
  return readWeights(functionName, value, shape, weightsOf, option, owners)?.values;
}

/**
 * Reads weights as `readSampleWeight` does, and adds them up.
 *
 * @param addUp the function that adds them up: `weightsOf`, or `weightsKernel` for losses that have kernels of elements.
 */
export function readWeights(
  functionName: string,
  value: unknown,
  shape: readonly number[],
  addUp: (values: Float64Array) => Weights,
  option = "sampleWeight",
  owners = "losses",
): Weights | undefined {
  if (value === undefined) return undefined;
  const label = `${functionName}: ${option}`;
  const numbers = readNumbersOrBooleans(label, value);
  const repeats =
    numbers.shape.length === shape.length &&
    numbers.shape.every((size, axis) => size === shape[axis] || size === 1);
  if (!repeats) {
    throw new RangeError(
      `${label} must have the ${owners}' shape ${formatShape(shape)}, or size 1 along axes that repeat its weights, got ${formatShape(numbers.shape)}.`,
    );
  }
  const weights = copyMask(numbers, shape) ?? addUp(broadcast(numbers, shape));
  if (!weights.arePlain) checkValues(label, numbers);
  return weights;
}

/** Throws if a number is no weight. */
function checkValues(label: string, { data, shape }: NumberView): void {
  for (let i = 0; i < data.length; i++) {
    if (isWeight(data[i])) continue;
    const place = `${label}${formatIndex(i, shape)}`;
    throw rangeError(place, "be a finite number of at least 0", `${data[i]}`);
  }
}

const pool = /* @__PURE__ */ longArrayPool((length): Float64Array => new Float64Array(length));

/** Takes back weights of `readSampleWeight`, or an array like them, which nobody may read any more. */
export function releaseSampleWeight(weights: Float64Array | undefined): void {
  if (weights !== undefined) pool.release(weights);
}

/** Copies and adds up integers, as masks have them, in a quarter of the time; undefined if these are others. */
function copyMask({ data, shape: own }: NumberView, shape: readonly number[]): Weights | undefined {
  const areIntegers = data instanceof Uint8Array || data instanceof Int32Array;
  return areIntegers && sameShape(own, shape)
    ? integerWeights(data, pool.acquire(data.length))
    : undefined;
}

/** Copies an array to a shape that it fits: its axes are the last ones, or have size 1. */
function broadcast(numbers: NumberView, shape: readonly number[]): Float64Array {
  const result = pool.acquire(sizeOf(shape));
  if (sameShape(numbers.shape, shape)) {
    result.set(numbers.data);
    return result;
  }
  const newAxes = shape.length - numbers.shape.length;
  const ownStrides = rowMajorStrides(numbers.shape);
  const strides = shape.map((_, axis) =>
    numbers.shape[axis - newAxes] > 1 ? ownStrides[axis - newAxes] : 0,
  );
  // Along the last axis, a call for each number would take eight times as long.
  const [length, stride] = [shape[shape.length - 1], strides[strides.length - 1]];
  forEachOffset(shape.slice(0, -1), strides, 0, (offset, line) => {
    const start = line * length;
    if (stride === 0) result.fill(numbers.data[offset], start, start + length);
    else for (let i = 0; i < length; i++) result[start + i] = numbers.data[offset + i * stride];
  });
  return result;
}
