// The numbers of rows, and the weights of classes or losses, in memory that threads share.
import type { RowNumbers } from "./operations.ts";

const bytesPerRow = 4 + 8 + 8;

/** Returns how many bytes the numbers of rows with so many values take: an even number of rows keeps doubles aligned. */
export function rowBytes(capacity: number): number {
  return capacity * bytesPerRow;
}

/** Returns the numbers of rows with `count` values in a buffer with room for `capacity`, an even number. */
export function rowsIn(
  buffer: ArrayBufferLike,
  capacity: number,
  first: number,
  count: number,
): RowNumbers {
  return {
    targets: new Int32Array(buffer, 4 * first, count),
    gradScale: new Float64Array(buffer, 4 * capacity + 8 * first, count),
    values: new Float64Array(buffer, 12 * capacity + 8 * first, count),
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
