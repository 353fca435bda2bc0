import type { KernelArray } from "@surprisal/core/authoring";
import type { LoadGradScale, StoreLosses } from "./preparedLoss.ts";

/** Multiplies the first `count` numbers by a factor and one weight each. Those of weight 0 become 0, whatever they are. */
export type Weigh = (
  values: KernelArray,
  weights: KernelArray,
  factor: number,
  count: number,
) => void;

/**
 * Weighs without kernels, so that bundles of losses that have none stay small.
 *
 * A branch for each weight would be mispredicted where zeros are here and there. So all are multiplied first, and the few
 * products that are not finite are looked at again: 0 · ∞ and 0 · NaN must be 0.
 */
const weighPlain: Weigh = (values, weights, factor, count) => {
  let nonFinite = 0;
  for (let i = 0; i < count; i++) {
    // Adding 0 makes −0 a 0.
    const product = values[i] * (weights[i] * factor) + 0;
    values[i] = product;
    // NaN if the product is NaN or infinite, else 0.
    nonFinite += product * 0;
  }
  if (nonFinite === 0) return;
  for (let i = 0; i < count; i++) if (weights[i] === 0) values[i] = 0;
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
    // A loss of weight 0 is ignored, even in the mean over nothing, whose scale is NaN.
    weighPlain(gradScale, weights.subarray(first, first + count), 1, count);
  };
  const { constant: unweighted, upstream } = loadGradScale;
  return Object.assign(loadWeighted, { unweighted, upstream });
}
