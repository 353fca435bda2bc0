// The numbers of rows, and the weights of classes or losses, in memory that threads share.
import type { RowData } from "@surprisal/core/authoring";
import { copyRowNumbers } from "./copy.ts";

/** The numbers of rows. */
export interface RowNumbers {
  readonly targets: Int32Array;
  readonly gradScale: Float64Array;
  readonly values: Float64Array;
}

const bytesPerRow = 4 + 8 + 8;

/** Returns how many bytes the numbers of rows with so many values take: an even number of rows keeps doubles aligned. */
export function rowBytes(capacity: number): number {
  return capacity * bytesPerRow;
}

/** Returns the numbers of rows in a buffer with room for `capacity`, an even number. */
export function rowsIn(buffer: ArrayBufferLike, capacity: number): RowNumbers {
  return {
    targets: new Int32Array(buffer, 0, capacity),
    gradScale: new Float64Array(buffer, 4 * capacity, capacity),
    values: new Float64Array(buffer, 12 * capacity, capacity),
  };
}

/**
 * Returns the numbers of the rows from `start` on, in the form that kernels ask for.
 *
 * @param constantGradScale the upstream gradient of all rows. If it is undefined, each row has one in `gradScale`.
 * @param values receives the values of these rows.
 */
export function rowDataOf(
  { targets: allTargets, gradScale: allGradScales }: RowNumbers,
  start: number,
  constantGradScale: number | undefined,
  values: Float64Array,
): RowData {
  return {
    constantGradScale,
    load(first, count, targets, gradScale) {
      const from = start + first;
      copyRowNumbers(targets, allTargets.subarray(from, from + count));
      if (constantGradScale !== undefined) gradScale.fill(constantGradScale, 0, count);
      else copyRowNumbers(gradScale, allGradScales.subarray(from, from + count));
    },
    store(first, count, stored) {
      copyRowNumbers(values.subarray(first), stored.subarray(0, count));
    },
  };
}

/** Returns the weights in a buffer, of float32 or, with 8 bytes each, of float64. */
export function weightsIn(
  buffer: ArrayBufferLike,
  bytes: number,
  count: number,
): Float32Array | Float64Array {
  return bytes === 8 ? new Float64Array(buffer, 0, count) : new Float32Array(buffer, 0, count);
}
