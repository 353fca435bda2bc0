import { bufferPool } from "./bufferPool.ts";
import { maxBlockRows } from "./limits.ts";

/** The numbers that go into and come out of a kernel per row. They pass in blocks, so memory is constant. */
export interface RowData {
  /**
   * Writes the targets and upstream gradients of `count` rows, beginning with row `first`.
   * Target −1 marks a row that contributes nothing. Must not call a kernel.
   */
  load(first: number, count: number, targets: Int32Array, gradScale: Float64Array): void;
  /** The upstream gradient, if it is the same for all rows. */
  readonly constantGradScale?: number | undefined;
  /** Receives the values of these rows. The array is valid only during the call. */
  store(first: number, count: number, values: Float64Array): void;
}

/** The same for a function of the cross-entropy. */
export interface ComposedRowData extends RowData {
  /** Returns the factors of the gradients of the `count` rows just stored; a gradient of 0 stays 0. */
  gradFactors(count: number): Float64Array;
}

/** The numbers of up to `length` rows. */
export interface RowBuffers {
  readonly length: number;
  readonly targets: Int32Array;
  readonly gradScale: Float64Array;
  readonly values: Float64Array;
}

export const rowBuffers = /* @__PURE__ */ bufferPool(
  (length): RowBuffers => ({
    length,
    targets: new Int32Array(length),
    gradScale: new Float64Array(length),
    values: new Float64Array(length),
  }),
);

/**
 * Visits `count` rows block by block: loads the targets and upstream gradients of a block, calls
 * `compute`, and stores the values that it has written.
 */
export function forEachRowBlock(
  count: number,
  rowData: RowData,
  compute: (first: number, count: number, buffers: RowBuffers) => void,
): void {
  const buffers = rowBuffers.acquire(Math.min(count, maxBlockRows));
  for (let first = 0; first < count; first += maxBlockRows) {
    const rows = Math.min(maxBlockRows, count - first);
    rowData.load(first, rows, buffers.targets, buffers.gradScale);
    compute(first, rows, buffers);
    rowData.store(first, rows, buffers.values);
  }
  rowBuffers.release(buffers);
}

/** Returns whether a row that is not ignored has an upstream gradient that is NaN, or larger than `most` in magnitude. */
export function hasGradScaleAbove(most: number, rowData: RowData, count: number): boolean {
  const { constantGradScale } = rowData;
  if (constantGradScale !== undefined) return !(Math.abs(constantGradScale) <= most);
  const buffers = rowBuffers.acquire(Math.min(count, maxBlockRows));
  const { targets, gradScale } = buffers;
  let isAbove = false;
  for (let first = 0; first < count && !isAbove; first += maxBlockRows) {
    const rows = Math.min(maxBlockRows, count - first);
    rowData.load(first, rows, targets, gradScale);
    for (let i = 0; i < rows; i++) {
      if (targets[i] >= 0 && !(Math.abs(gradScale[i]) <= most)) isAbove = true;
    }
  }
  rowBuffers.release(buffers);
  return isAbove;
}
