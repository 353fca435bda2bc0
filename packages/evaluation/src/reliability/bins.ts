import type { ExactSummation } from "@surprisal/core/authoring";
import { forEachPrediction } from "../rows/predictions.ts";
import type { Rows } from "../rows/readRows.ts";

/** The number of sums that a bin has. */
export const sumsPerBin = 4;

/** The predictions whose confidence is in one interval. */
export interface Bin {
  /**
   * The bin holds confidences above this. The first quantile bin starts at the smallest confidence and includes it.
   */
  readonly lower: number;
  /** The bin holds confidences up to this. */
  readonly upper: number;
  /** The number of predictions, or the sum of their weights. */
  readonly count: number;
  /** The share of them that are right; NaN if the bin is empty. */
  readonly accuracy: number;
  /** Their mean confidence; NaN if the bin is empty. */
  readonly confidence: number;
  /** accuracy − confidence, which keeps the digits that are lost where both are near 1. */
  readonly gap: number;
}

/** The confidence of a prediction, and its signed error: accuracy less confidence. */
export interface BinnedPrediction {
  readonly confidence: number;
  readonly isRight: boolean;
  /** 1 − confidence if the prediction is right, else −confidence. */
  readonly gap: number;
  readonly weight: number;
}

/** Visits the predictions of all rows that are not ignored. */
export function forEachBinnedPrediction(
  functionName: string,
  rows: Rows,
  visit: (prediction: BinnedPrediction) => void,
): void {
  forEachPrediction(functionName, rows, ({ predicted, confidence, doubt }, label, weight) => {
    const isRight = predicted === label;
    visit({ confidence, isRight, gap: isRight ? doubt : -confidence, weight });
  });
}

/** Adds a prediction to the sums of its bin. */
export function addToBin(
  sums: readonly Pick<ExactSummation, "add">[],
  bin: number,
  { confidence, isRight, gap, weight }: BinnedPrediction,
): void {
  const [counts, rights, confidences, gaps] = sums.slice(bin * sumsPerBin, (bin + 1) * sumsPerBin);
  counts.add(weight);
  if (isRight) rights.add(weight);
  confidences.add(weight * confidence);
  gaps.add(weight * gap);
}

/** Returns the bin of a confidence: that of the first edge which it does not exceed. */
export function findBin(upperEdges: ArrayLike<number>, confidence: number): number {
  let low = 0;
  let high = upperEdges.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (confidence <= upperEdges[middle]) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The edges of bins: the first bin's lower edge, and each bin's upper edge. */
export interface Edges {
  readonly first: number;
  readonly upper: Float64Array;
}

/** Returns the edges of bins of equal width from 0 to 1. */
export function equalWidthEdges(bins: number): Edges {
  return { first: 0, upper: Float64Array.from({ length: bins }, (_, b) => (b + 1) / bins) };
}

/** Returns the bins for the values of their sums. */
export function binsOf(sums: readonly number[], { first, upper }: Edges): Bin[] {
  return Array.from(upper, (edge, b): Bin => {
    const [count, rights, confidences, gaps] = sums.slice(b * sumsPerBin, (b + 1) * sumsPerBin);
    return {
      lower: b === 0 ? first : upper[b - 1],
      upper: edge,
      count,
      accuracy: rights / count,
      confidence: confidences / count,
      gap: gaps / count,
    };
  });
}
