import type { IntegerInput, NestedNumbers } from "@surprisal/core";
import {
  formatShape,
  type NumberView,
  readNumbers,
  sameShape,
  withoutAxis,
} from "@surprisal/core/authoring";

/**
 * The target of a class loss: a class index per row, of the input's shape less its class axis, in
 * any container of whole numbers; or class probabilities, of the input's own shape.
 */
export type ClassTarget = IntegerInput | NestedNumbers;

/** A target, read and checked. */
export interface Target {
  /** A class per row, among them ignored ones; or class probabilities in the input's layout. */
  readonly data: ArrayLike<number>;
  readonly holds: "classes" | "probabilities";
  /** How many rows are ignored. */
  readonly ignored: number;
}

export function readTarget(
  functionName: string,
  value: unknown,
  shape: readonly number[],
  axis: number,
  ignoreIndex: number,
): Target {
  const target = readNumbers(`${functionName}: target`, value);
  if (sameShape(target.shape, shape)) {
    if (ignoreIndex >= 0) {
      throw new RangeError(
        `${functionName}: ignoreIndex is for class indices, got ${ignoreIndex} with class probabilities.`,
      );
    }
    return { data: target.data, holds: "probabilities", ignored: 0 };
  }
  checkShape(functionName, target, shape, axis);
  const ignored = checkClasses(functionName, target.data, shape[axis], ignoreIndex);
  return { data: target.data, holds: "classes", ignored };
}

function checkShape(
  functionName: string,
  target: NumberView,
  shape: readonly number[],
  axis: number,
): void {
  const expected = withoutAxis(shape, axis);
  if (sameShape(target.shape, expected)) return;
  const fitsSecond = shape.length > 1 && sameShape(target.shape, withoutAxis(shape, 1));
  throw new RangeError(
    `${functionName}: target must have shape ${formatShape(expected)} (input ${formatShape(shape)} less class axis ${axis}), or ${formatShape(shape)} for class probabilities, got ${formatShape(target.shape)}.${fitsSecond ? " It fits axis: 1." : ""}`,
  );
}

/** Returns how many are ignored. */
function checkClasses(
  functionName: string,
  data: ArrayLike<number>,
  classes: number,
  ignoreIndex: number,
): number {
  let ignored = 0;
  for (let r = 0; r < data.length; r++) {
    const target = data[r];
    if (target === ignoreIndex) ignored++;
    else if (!(target >= 0 && target < classes && Number.isInteger(target))) {
      const problem = Number.isInteger(target)
        ? `out of bounds for ${classes} classes`
        : "not a whole number";
      throw new RangeError(`${functionName}: target ${target} at row ${r} is ${problem}.`);
    }
  }
  return ignored;
}
