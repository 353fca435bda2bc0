import type { BinnedPrediction, Edges } from "./bins.ts";

/**
 * Returns the edges of bins that hold equally many predictions: NumPy's `quantile`, which interpolates between
 * neighbours. A whole weight counts as that many repetitions.
 */
export function quantileEdges(predictions: readonly BinnedPrediction[], bins: number): Edges {
  const sorted = predictions
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => a.confidence - b.confidence);
  const last = sorted.at(-1);
  if (last === undefined) return { first: 0, upper: new Float64Array(bins).fill(1) };

  const ends = new Float64Array(sorted.length);
  let total = 0;
  sorted.forEach(({ weight }, k) => {
    total += weight;
    ends[k] = total;
  });
  // Places ascend, so one pass over the predictions finds all of them.
  let k = 0;
  const at = (place: number): number => {
    while (k < ends.length - 1 && ends[k] <= place) k++;
    return sorted[k].confidence;
  };
  const upper = new Float64Array(bins);
  for (let b = 0; b < bins - 1; b++) {
    const place = Math.max(0, ((b + 1) / bins) * (total - 1));
    const below = Math.floor(place);
    const low = at(below);
    const start = k;
    upper[b] = low + (place - below) * (at(below + 1) - low);
    k = start;
  }
  upper[bins - 1] = last.confidence;
  return { first: sorted[0].confidence, upper };
}
