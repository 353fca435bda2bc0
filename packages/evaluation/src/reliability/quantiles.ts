import type { BinnedPrediction, Edges } from "./bins.ts";

/**
 * Returns the edges of bins that hold equally many predictions: NumPy's `quantile`, which interpolates between
 * neighbours. A whole weight counts as that many repetitions. If some weights are not whole, an edge is the first
 * confidence up to which the predictions have the edge's share of the weight.
 */
export function quantileEdges(predictions: readonly BinnedPrediction[], bins: number): Edges {
  const sorted = predictions
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => a.confidence - b.confidence);
  const last = sorted.at(-1);
  if (last === undefined) return { first: 0, upper: new Float64Array(bins).fill(1) };

  const areWhole = sorted.every(({ weight }) => Number.isInteger(weight));
  const upper = areWhole ? edgesOfRepetitions(sorted, bins) : edgesOfShares(sorted, bins);
  upper[bins - 1] = last.confidence;
  return { first: sorted[0].confidence, upper };
}

/** Returns the weight of each prediction and all before it. */
function cumulativeWeights(sorted: readonly BinnedPrediction[]): Float64Array {
  let total = 0;
  return Float64Array.from(sorted, ({ weight }) => {
    total += weight;
    return total;
  });
}

/** Returns all upper edges but the last for weights that are numbers of repetitions. */
function edgesOfRepetitions(sorted: readonly BinnedPrediction[], bins: number): Float64Array {
  const ends = cumulativeWeights(sorted);
  const total = ends[ends.length - 1];
  // Places ascend, so one pass over the predictions finds all of them.
  let k = 0;
  const at = (place: number): number => {
    while (k < ends.length - 1 && ends[k] <= place) k++;
    return sorted[k].confidence;
  };
  const upper = new Float64Array(bins);
  for (let b = 0; b < bins - 1; b++) {
    const place = ((b + 1) / bins) * (total - 1);
    const below = Math.floor(place);
    const low = at(below);
    const start = k;
    upper[b] = low + (place - below) * (at(below + 1) - low);
    k = start;
  }
  return upper;
}

/** Returns all upper edges but the last for weights of any scale. */
function edgesOfShares(sorted: readonly BinnedPrediction[], bins: number): Float64Array {
  const ends = cumulativeWeights(sorted);
  // A sum of rounded weights may be a little less than the share that it has.
  const total = ends[ends.length - 1] * (1 - 1e-12);
  const upper = new Float64Array(bins);
  for (let b = 0, k = 0; b < bins - 1; b++) {
    while (k < ends.length - 1 && ends[k] < ((b + 1) / bins) * total) k++;
    upper[b] = sorted[k].confidence;
  }
  return upper;
}
