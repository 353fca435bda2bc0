import {
  copyClassIndices,
  formatShape,
  type Layout,
  type NumberView,
  releaseClassIndices,
  rowOffset,
  sameShape,
  withoutAxis,
} from "@surprisal/core/authoring";
import type { Regions } from "./overlapRegions.ts";
import { indicesShapeError } from "./targetAdvice.ts";

/** A target that has been checked. */
export interface OverlapTarget {
  /** Writes the share of each class at a position; returns false if the position is ignored. */
  readonly load: (position: number, shares: Float64Array) => boolean;
  /** The share in a mask that means that a position is ignored; undefined if the target is no mask. */
  readonly ignoredShare?: number;
  /** The class of each position, −1 if it is ignored; undefined if the target has shares. */
  readonly indices: Int32Array | undefined;
  /** Gives back memory, when the target is not read any more. */
  release(): void;
}

/** The positions that count. */
export interface CountedRows {
  readonly ignoreIndex: number;
  /** One weight per position; the target of a position of weight 0 may be anything. */
  readonly sampleWeight: Float64Array | undefined;
}

/**
 * Reads a target: class indices or, for one class, a mask, both without the class axis; or shares of the
 * classes, in the input's shape.
 */
export function readOverlapTarget(
  functionName: string,
  { shape }: NumberView,
  target: NumberView,
  { axis, layout }: Regions,
  rows: CountedRows,
): OverlapTarget {
  const label = `${functionName}: target`;
  const isOfClasses = sameShape(target.shape, shape);
  const expected = withoutAxis(shape, axis);
  if (!isOfClasses && !sameShape(target.shape, expected)) {
    const others = `, or ${formatShape(shape)} for shares of the classes`;
    throw indicesShapeError(label, target.shape, shape, axis, others);
  }
  const { size, inner, outer } = layout;
  if (size === 1) {
    const mask = ofShares(loadMask(label, target.data, outer * inner, rows));
    return { ...mask, ignoredShare: rows.ignoreIndex };
  }
  if (!isOfClasses) {
    const copied = copyClassIndices(label, target.data, outer * inner, size, rows);
    const { indices } = copied;
    return {
      load(position, shares) {
        shares.fill(0);
        if (indices[position] < 0) return false;
        shares[indices[position]] = 1;
        return true;
      },
      indices,
      release: () => releaseClassIndices(copied),
    };
  }
  const { data } = target;
  checkShares(label, data, layout, rows.sampleWeight);
  return ofShares((position, shares) => {
    for (let j = 0, k = rowOffset(position, layout); j < size; j++, k += inner) {
      shares[j] = data[k];
    }
    return true;
  });
}

function ofShares(load: OverlapTarget["load"]): OverlapTarget {
  return { load, indices: undefined, release: () => {} };
}

/** Returns the loader of a mask: the share of the only class at each position. */
function loadMask(
  label: string,
  data: ArrayLike<number>,
  positions: number,
  { ignoreIndex, sampleWeight }: CountedRows,
): OverlapTarget["load"] {
  checkShares(label, data, { outer: positions, size: 1, inner: 1 }, sampleWeight, ignoreIndex);
  return (position, shares) => {
    shares[0] = data[position];
    return data[position] !== ignoreIndex;
  };
}

function checkShares(
  label: string,
  data: ArrayLike<number>,
  layout: Layout,
  weights: Float64Array | undefined,
  ignoreIndex?: number,
): void {
  if (areShares(data, ignoreIndex)) return;
  const isValid = (i: number) => (data[i] >= 0 && data[i] <= 1) || data[i] === ignoreIndex;
  const invalid = findElement(layout, weights, (i) => !isValid(i));
  if (invalid === undefined) return;
  throw new RangeError(
    `${label} must hold shares of the classes, from 0 to 1, got ${data[invalid]} at element ${invalid}.`,
  );
}

/** Returns whether all numbers are from 0 to 1, or equal `ignored`. */
export function areShares(data: ArrayLike<number>, ignored: number | undefined): boolean {
  for (let i = 0; i < data.length; i++) {
    if (!((data[i] >= 0 && data[i] <= 1) || data[i] === ignored)) return false;
  }
  return true;
}

/** Returns the first element that matches, in rows whose weight is not 0. */
export function findElement(
  layout: Layout,
  weights: Float64Array | undefined,
  matches: (element: number, row: number) => boolean,
): number | undefined {
  const { outer, size, inner } = layout;
  for (let r = 0; r < outer * inner; r++) {
    if (weights?.[r] === 0) continue;
    for (let j = 0, i = rowOffset(r, layout); j < size; j++, i += inner)
      if (matches(i, r)) return i;
  }
  return undefined;
}
