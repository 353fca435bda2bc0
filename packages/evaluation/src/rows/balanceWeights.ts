import type { Rows } from "./readRows.ts";

/** Weights whose largest is from 2^−60 to 2^60 are left as they are. */
const largestPlain = 2 ** 60;

/** Rows whose weights are divided by a power of two. */
interface BalancedRows {
  readonly rows: Rows;
  readonly weightUnit: number;
}

/**
 * Divides the weights of rows by a power of two if the largest is extreme, so that it is near 1. Weighted means stay the
 * same, and neither sums of weights nor their products overflow or underflow.
 */
export function balanceWeights(rows: Rows): BalancedRows {
  const { labels, sampleWeight } = rows;
  let largest = 0;
  if (sampleWeight !== undefined) {
    for (let r = 0; r < labels.length; r++) {
      if (labels[r] >= 0) largest = Math.max(largest, sampleWeight[r]);
    }
  }
  const isPlain = largest === 0 || (largest >= 1 / largestPlain && largest <= largestPlain);
  if (sampleWeight === undefined || isPlain) return { rows, weightUnit: 1 };
  const weightUnit = powerOfTwo(largest);
  return { rows: { ...rows, sampleWeight: sampleWeight.map((w) => w / weightUnit) }, weightUnit };
}

/** Returns a power of two near a number of at least 0, and 1 for 0. */
export function powerOfTwo(value: number): number {
  return value === 0 ? 1 : 2 ** Math.min(1023, Math.floor(Math.log2(value)));
}
