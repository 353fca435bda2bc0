import type { Rows } from "./readRows.ts";

/** Products of smaller weights with small numbers may underflow. */
const leastModerate = 2 ** -60;

/** Sums of larger weights may overflow. */
const largestModerate = 2 ** 960;

/** Larger weights are divided by this: by enough for their sums, and by no more, because other weights may be small. */
const unitOfLarge = 2 ** 64;

/** Rows whose weights are divided by a power of two. */
interface BalancedRows {
  readonly rows: Rows;
  readonly weightUnit: number;
}

/**
 * Returns rows whose weights are divided by a power of two if their largest was extreme. Weighted means stay the same,
 * and neither sums of weights overflow nor their products underflow.
 */
export function balanceWeights(rows: Rows): BalancedRows {
  const { labels, sampleWeight } = rows;
  let largest = 0;
  if (sampleWeight !== undefined) {
    for (let r = 0; r < labels.length; r++) {
      if (labels[r] >= 0) largest = Math.max(largest, sampleWeight[r]);
    }
  }
  const isExtreme = largest > largestModerate || (largest > 0 && largest < leastModerate);
  if (sampleWeight === undefined || !isExtreme) return { rows, weightUnit: 1 };
  const weightUnit = largest < leastModerate ? powerOfTwo(largest) : unitOfLarge;
  return { rows: { ...rows, sampleWeight: sampleWeight.map((w) => w / weightUnit) }, weightUnit };
}

/** Returns a power of two near a number of at least 0, and 1 for 0. */
export function powerOfTwo(value: number): number {
  return value === 0 ? 1 : 2 ** Math.min(1023, Math.floor(Math.log2(value)));
}
