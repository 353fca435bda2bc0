import type { LoadGradScale, StoreLosses } from "./preparedLoss.ts";

/** Multiplies each loss by its weight before it is stored. */
export function weightLosses(
  storeLosses: StoreLosses,
  weights: Float64Array | undefined,
): StoreLosses {
  if (weights === undefined) return storeLosses;
  return (first, count, losses) => {
    for (let i = 0; i < count; i++) losses[i] *= weights[first + i];
    storeLosses(first, count, losses);
  };
}

/** Multiplies the factor of each loss's gradient by the loss's weight. */
export function weightGradScale(
  loadGradScale: LoadGradScale,
  weights: Float64Array | undefined,
): LoadGradScale {
  if (weights === undefined) return loadGradScale;
  return (first, count, gradScale) => {
    loadGradScale(first, count, gradScale);
    for (let i = 0; i < count; i++) {
      const weight = weights[first + i];
      // A loss of weight 0 is ignored, even in the mean over nothing, whose scale is NaN.
      gradScale[i] = weight === 0 ? 0 : gradScale[i] * weight;
    }
  };
}
