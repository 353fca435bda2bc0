import type { IntegerInput, NestedNumbers } from "@surprisal/core";
import {
  formatShape,
  type NumberView,
  readNumbers,
  sameShape,
  withoutAxis,
} from "@surprisal/core/authoring";

/**
 * The target of a class loss: class indices or class probabilities.
 *
 * Class indices are whole numbers in any container, one per row: they have the input's shape without
 * its class axis. Class probabilities have the input's own shape.
 */
export type ClassTarget = IntegerInput | NestedNumbers;

/** A target that has been read and checked. */
export interface Target {
  readonly kind: "indices" | "probabilities";
  /** One class index per row, with ignored ones among them; or probabilities in the input's layout. */
  readonly data: ArrayLike<number>;
  /** The number of ignored rows. */
  readonly ignoredCount: number;
}

/** Reads class indices or class probabilities, whichever the target's shape fits. */
export function readTarget(
  functionName: string,
  value: unknown,
  inputShape: readonly number[],
  axis: number,
  ignoreIndex: number,
): Target {
  const target = readNumbers(`${functionName}: target`, value);
  if (sameShape(target.shape, inputShape)) {
    if (ignoreIndex >= 0) {
      throw new RangeError(
        `${functionName}: ignoreIndex is for class indices, got ${ignoreIndex} with class probabilities.`,
      );
    }
    return { kind: "probabilities", data: target.data, ignoredCount: 0 };
  }
  checkShape(functionName, target, inputShape, axis);
  const ignoredCount = checkIndices(functionName, target.data, inputShape[axis], ignoreIndex);
  return { kind: "indices", data: target.data, ignoredCount };
}

function checkShape(
  functionName: string,
  target: NumberView,
  inputShape: readonly number[],
  axis: number,
): void {
  const expected = withoutAxis(inputShape, axis);
  if (sameShape(target.shape, expected)) return;
  const fitsAxis1 = inputShape.length > 1 && sameShape(target.shape, withoutAxis(inputShape, 1));
  throw new RangeError(
    `${functionName}: target must have shape ${formatShape(expected)} (input ${formatShape(inputShape)} without class axis ${axis}), or ${formatShape(inputShape)} for class probabilities, got ${formatShape(target.shape)}.${fitsAxis1 ? " It fits axis: 1." : ""}`,
  );
}

/** Throws if an index is not a class. Returns the number of ignored rows. */
function checkIndices(
  functionName: string,
  indices: ArrayLike<number>,
  classes: number,
  ignoreIndex: number,
): number {
  let ignoredCount = 0;
  for (let r = 0; r < indices.length; r++) {
    const target = indices[r];
    if (target === ignoreIndex) ignoredCount++;
    else if (!(target >= 0 && target < classes && Number.isInteger(target))) {
      const fault = Number.isInteger(target)
        ? `out of bounds for ${classes} classes`
        : "not a whole number";
      throw new RangeError(`${functionName}: target ${target} at row ${r} is ${fault}.`);
    }
  }
  return ignoredCount;
}
