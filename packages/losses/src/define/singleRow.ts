import { bufferPool, type KernelArray } from "@surprisal/core/authoring";

/** Returns the loss of one contiguous row, or NaN if the loss is not finite. It does not change the row. */
export type SingleRowLoss = (x: KernelArray, target: number) => number;

/** Writes the gradient of that loss, times `gradScale`, to `gradient`. It does not change the row. */
export type SingleRowGradient = (
  x: KernelArray,
  target: number,
  gradScale: number,
  gradient: Float64Array,
) => void;

/** The largest number of classes for which the time to read the arguments matters. */
const maxFastPathClasses = 64;

const rowPool = /* @__PURE__ */ bufferPool((length) => new Float64Array(length));

/**
 * Returns the loss of one short row, given as a vector and a number or as float32 of shape [1, C] and [1].
 *
 * Returns undefined for all other arguments, invalid ones included: the regular path handles them.
 * On that path, reading a short row takes five times as long as computing its loss.
 */
export function trySingleRow(
  loss: SingleRowLoss,
  input: unknown,
  target: unknown,
): number | undefined {
  try {
    return Array.isArray(input)
      ? computeNumbers(loss, input, target)
      : computeSingleRow(loss, input, target);
  } catch {
    // A getter threw. The regular path says where.
    return undefined;
  }
}

function computeSingleRow(
  loss: SingleRowLoss,
  input: unknown,
  target: unknown,
): number | undefined {
  const isVector = input instanceof Float32Array;
  const x = isVector ? input : singleRowData(input, 2);
  if (!(x instanceof Float32Array) || x.length > maxFastPathClasses) return undefined;
  const t = isVector ? target : singleTarget(target);
  if (!isClass(t, x.length)) return undefined;
  const value = loss(x, t);
  return Number.isNaN(value) ? undefined : value;
}

/** Returns the loss of a short array of numbers; undefined if it holds anything else. */
function computeNumbers(
  loss: SingleRowLoss,
  input: readonly unknown[],
  target: unknown,
): number | undefined {
  const { length } = input;
  if (length > maxFastPathClasses || !isClass(target, length)) return undefined;
  const x = rowPool.acquire(length);
  let value = Number.NaN;
  if (copyNumbers(input, x)) value = loss(x, target);
  rowPool.release(x);
  return Number.isNaN(value) ? undefined : value;
}

/** Copies an array of numbers; returns false if it holds anything else. */
function copyNumbers(array: readonly unknown[], copy: Float64Array): boolean {
  for (let j = 0; j < copy.length; j++) {
    const item = array[j];
    if (typeof item !== "number") return false;
    copy[j] = item;
  }
  return true;
}

function isClass(target: unknown, classes: number): target is number {
  return typeof target === "number" && target >= 0 && target < classes && Number.isInteger(target);
}

interface TensorFields {
  readonly data?: ArrayLike<unknown>;
  readonly shape?: unknown;
  readonly strides?: unknown;
  readonly stride?: unknown;
  readonly offset?: unknown;
}

/** Returns the data of a contiguous { data, shape } of shape [1, C] or [C]; undefined for anything else. */
function singleRowData(value: unknown, rank: 1 | 2): ArrayLike<unknown> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!Object.hasOwn(value, "data") || !Object.hasOwn(value, "shape")) return undefined;
  const { data, shape, strides, stride, offset } = value as TensorFields;
  const isContiguousRow =
    strides === undefined &&
    stride === undefined &&
    offset === undefined &&
    Array.isArray(shape) &&
    shape.length === rank &&
    shape[rank - 1] === data?.length &&
    (rank === 1 || shape[0] === 1);
  return isContiguousRow ? data : undefined;
}

function singleTarget(target: unknown): unknown {
  const data = target instanceof Int32Array ? target : singleRowData(target, 1);
  return data instanceof Int32Array && data.length === 1 ? data[0] : undefined;
}
