import { type KernelArray, weighKernel } from "@surprisal/core/authoring";
import type { LoadGradScale, StoreLosses } from "./preparedLoss.ts";

/** Multiplies each loss by its weight before it is stored. A loss of weight 0 becomes 0, whatever it is. */
export function weightLosses(
  storeLosses: StoreLosses,
  weights: KernelArray | undefined,
): StoreLosses {
  if (weights === undefined) return storeLosses;
  const storeWeighted = (first: number, count: number, losses: KernelArray) => {
    weighKernel(losses, weights.subarray(first, first + count), 1, count);
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
