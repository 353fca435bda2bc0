import {
  copyClassIndices,
  formatShape,
  type NumberView,
  rowOffset,
  sameShape,
  withoutAxis,
} from "@surprisal/core/authoring";
import type { Regions } from "./overlapRegions.ts";

/** Writes the target's share of each class at a position; returns false if the position is ignored. */
export type LoadTarget = (position: number, shares: Float64Array) => boolean;

/**
 * Reads a target: class indices or, for one class, a mask, both without the class axis; or shares of the
 * classes, in the input's shape.
 */
export function readOverlapTarget(
  functionName: string,
  { shape }: NumberView,
  target: NumberView,
  { axis, layout }: Regions,
  ignoreIndex: number,
): LoadTarget {
  const label = `${functionName}: target`;
  const isOfClasses = sameShape(target.shape, shape);
  const expected = withoutAxis(shape, axis);
  if (!isOfClasses && !sameShape(target.shape, expected)) {
    throw new RangeError(
      `${label} must have shape ${formatShape(expected)} (input ${formatShape(shape)} without class axis ${axis}), or ${formatShape(shape)} for shares of the classes, got ${formatShape(target.shape)}.`,
    );
  }
  const { size, inner, outer } = layout;
  if (size === 1) return loadMask(label, target.data, ignoreIndex);
  if (!isOfClasses) {
    const rows = { ignoreIndex, sampleWeight: undefined };
    const { indices } = copyClassIndices(label, target.data, outer * inner, size, rows);
    return (position, shares) => {
      shares.fill(0);
      if (indices[position] < 0) return false;
      shares[indices[position]] = 1;
      return true;
    };
  }
  const { data } = target;
  checkShares(label, data);
  return (position, shares) => {
    for (let j = 0, k = rowOffset(position, layout); j < size; j++, k += inner) {
      shares[j] = data[k];
    }
    return true;
  };
}

/** Returns the loader of a mask: the share of the only class at each position. */
function loadMask(label: string, data: ArrayLike<number>, ignoreIndex: number): LoadTarget {
  checkShares(label, data, ignoreIndex);
  return (position, shares) => {
    shares[0] = data[position];
    return data[position] !== ignoreIndex;
  };
}

function checkShares(label: string, data: ArrayLike<number>, ignoreIndex?: number): void {
  for (let i = 0; i < data.length; i++) {
    if ((data[i] >= 0 && data[i] <= 1) || data[i] === ignoreIndex) continue;
    throw new RangeError(
      `${label} must hold shares of the classes, from 0 to 1, got ${data[i]} at element ${i}.`,
    );
  }
}
