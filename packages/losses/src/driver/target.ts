import type { IntegerInput, NestedNumbers } from "@surprisal/core";
import {
  type Numbers,
  readNumbers,
  sameShape,
  showShape,
  sizeOf,
  withoutAxis,
} from "@surprisal/core/kernels";

/**
 * The target of a class loss: a class index per row, of the input's shape less its class axis, in
 * any container of whole numbers; or class probabilities, of the input's own shape.
 */
export type ClassTarget = IntegerInput | NestedNumbers;

/** A target, read. */
export interface Target {
  /** The class of each row (0 with probabilities), or −1: the row contributes nothing. */
  readonly index: Int32Array;
  /** Class probabilities in the input's layout, instead of indices. */
  readonly probabilities: ArrayLike<number> | undefined;
}

export function readTarget(
  where: string,
  value: unknown,
  shape: readonly number[],
  axis: number,
  ignoreIndex: number,
): Target {
  const target = readNumbers(`${where}: target`, value);
  if (sameShape(target.shape, shape)) {
    if (ignoreIndex >= 0) {
      throw new RangeError(
        `${where}: ignoreIndex is for class indices, got ${ignoreIndex} with class probabilities.`,
      );
    }
    const rows = sizeOf(withoutAxis(shape, axis));
    return { index: new Int32Array(rows), probabilities: target.data };
  }
  checkShape(where, target, shape, axis);
  const index = readIndex(where, target.data, shape[axis], ignoreIndex);
  return { index, probabilities: undefined };
}

function checkShape(where: string, target: Numbers, shape: readonly number[], axis: number): void {
  const expected = withoutAxis(shape, axis);
  if (sameShape(target.shape, expected)) return;
  const fitsSecond = shape.length > 1 && sameShape(target.shape, withoutAxis(shape, 1));
  throw new RangeError(
    `${where}: target must have shape ${showShape(expected)} (input ${showShape(shape)} less class axis ${axis}), or ${showShape(shape)} for class probabilities, got ${showShape(target.shape)}.${fitsSecond ? " It fits axis: 1." : ""}`,
  );
}

function readIndex(
  where: string,
  data: ArrayLike<number>,
  classes: number,
  ignoreIndex: number,
): Int32Array {
  const index = new Int32Array(data.length);
  for (let r = 0; r < data.length; r++) {
    const target = data[r];
    if (target === ignoreIndex) index[r] = -1;
    else if (!Number.isInteger(target)) {
      throw new RangeError(`${where}: target ${target} at row ${r} is not a whole number.`);
    } else if (target < 0 || target >= classes) {
      throw new RangeError(
        `${where}: target ${target} at row ${r} is out of bounds for ${classes} classes.`,
      );
    } else index[r] = target;
  }
  return index;
}
