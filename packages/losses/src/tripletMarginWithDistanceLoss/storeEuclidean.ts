import type { KernelArray } from "@surprisal/core/authoring";
import { epsilon } from "./pairwiseDistance.ts";

/** The rows of a block: the vectors of a triplet and their derivatives start at the same index. */
export interface TripletRows {
  readonly size: number;
  readonly vectors: readonly KernelArray[];
  /** The derivatives of anchor, positive and negative; undefined where not asked for. */
  readonly outputs: readonly (KernelArray | undefined)[] | undefined;
}

/** Sums of squares outside these limits may have overflowed or lost digits. */
const minSum = 1e-280;
const maxSum = 1e300;

/**
 * Returns the loss of one triplet with the Euclidean distance, and writes its derivatives. It is 20 times
 * as fast as the functions of a distance.
 *
 * @returns undefined, with nothing written, if a distance is so small or so large that its square leaves
 * the range of float64.
 */
export function storeEuclidean(
  { size, vectors: [anchor, positive, negative], outputs }: TripletRows,
  start: number,
  margin: number,
  swap: boolean,
): number | undefined {
  let toPositive = 0;
  let toNegative = 0;
  let swapped = 0;
  const end = start + size;
  for (let k = start; k < end; k++) {
    const byPositive = anchor[k] - positive[k] + epsilon;
    const byNegative = anchor[k] - negative[k] + epsilon;
    const between = positive[k] - negative[k] + epsilon;
    toPositive += byPositive * byPositive;
    toNegative += byNegative * byNegative;
    swapped += between * between;
  }
  if (!(isSafe(toPositive) && isSafe(toNegative) && isSafe(swapped))) return undefined;
  toPositive = Math.sqrt(toPositive);
  toNegative = Math.sqrt(toNegative);
  swapped = swap ? Math.sqrt(swapped) : Number.POSITIVE_INFINITY;
  const difference = toPositive - Math.min(toNegative, swapped) + margin;
  if (difference < 0) return 0;
  if (outputs === undefined) return difference;

  const shareOfSwapped = swapped < toNegative ? 1 : swapped === toNegative ? 0.5 : 0;
  const positiveFactor = 1 / toPositive;
  const negativeFactor = (1 - shareOfSwapped) / toNegative;
  const swappedFactor = shareOfSwapped / swapped;
  const [anchorOutput, positiveOutput, negativeOutput] = outputs;
  for (let k = start; k < end; k++) {
    const byPositive = (anchor[k] - positive[k] + epsilon) * positiveFactor;
    const byNegative = (anchor[k] - negative[k] + epsilon) * negativeFactor;
    const between = (positive[k] - negative[k] + epsilon) * swappedFactor;
    if (anchorOutput !== undefined) anchorOutput[k] = byPositive - byNegative;
    if (positiveOutput !== undefined) positiveOutput[k] = 0 - byPositive - between;
    if (negativeOutput !== undefined) negativeOutput[k] = byNegative + between;
  }
  return difference;
}

function isSafe(sum: number): boolean {
  return sum > minSum && sum < maxSum;
}
