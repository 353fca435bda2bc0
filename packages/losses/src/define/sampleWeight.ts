import type { KernelArray } from "@surprisal/core/authoring";
import type { LoadGradScale, StoreLosses } from "./preparedLoss.ts";

/** Multiplies the first `count` numbers by a factor and one weight each. Those of weight 0 become 0, whatever they are. */
export type Weigh = (
  values: KernelArray,
  weights: KernelArray,
  factor: number,
  count: number,
) => void;

/** Weighs without kernels, so that bundles of losses that have none stay small. */
const weighPlain: Weigh = (values, weights, factor, count) => {
  for (let i = 0; i < count; i++) {
    const weight = weights[i];
    values[i] = weight === 0 ? 0 : values[i] * (weight * factor);
  }
};

/** Multiplies each loss by its weight before it is stored. */
export function weightLosses(
  storeLosses: StoreLosses,
  weights: KernelArray | undefined,
  weigh = weighPlain,
): StoreLosses {
  if (weights === undefined) return storeLosses;
  const storeWeighted = (first: number, count: number, losses: KernelArray) => {
    weigh(losses, weights.subarray(first, first + count), 1, count);
    storeLosses(first, count, losses);
  };
  const { addSum, target } = storeLosses;
  return Object.assign(storeWeighted, { addSum, target });
}

/** Multiplies the factor of each loss's gradient by the loss's weight. */
export function weightGradScale(
  loadGradScale: LoadGradScale,
  weights: KernelArray | undefined,
): LoadGradScale {
  if (weights === undefined) return loadGradScale;
  const loadWeighted = (first: number, count: number, gradScale: Float64Array) => {
    loadGradScale(first, count, gradScale);
    for (let i = 0; i < count; i++) {
      const weight = weights[first + i];
      // A loss of weight 0 is ignored, even in the mean over nothing, whose scale is NaN.
      gradScale[i] = weight === 0 ? 0 : gradScale[i] * weight;
    }
  };
  const { constant: unweighted, upstream } = loadGradScale;
  return Object.assign(loadWeighted, { unweighted, upstream });
}
