import { float64Blocks } from "@surprisal/core/authoring";

/** Takes an array of at least `length` numbers, which holds anything, from the pool. */
export function acquireFloat64(length: number): Float64Array {
  return float64Blocks.acquire(length) as Float64Array;
}

/** Gives an array back to the pool. A next call of the same length gets it. */
export function releaseFloat64(array: Float64Array): void {
  float64Blocks.release(array);
}
