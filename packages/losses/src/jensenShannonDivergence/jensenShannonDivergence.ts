import type { FloatInput } from "@surprisal/core";
import { boolean, jensenShannonKernel, type KernelArray, sumOf } from "@surprisal/core/authoring";
import type { Loss, LossOptions } from "../define/defineLoss.ts";
import {
  type Distribution,
  divergenceTerm,
  newDistribution,
  readLogits,
  readProbabilities,
} from "../define/divergence.ts";
import { rowLoss } from "../define/rowLoss.ts";

/** Options of `jensenShannonDivergence`. */
export interface JensenShannonDivergenceOptions extends LossOptions {
  /**
   * The class axis; negative counts from the end.
   *
   * @defaultValue -1
   */
  axis?: number | undefined;
  /**
   * Whether both arguments hold probabilities; if false, they hold logits.
   *
   * @defaultValue false
   */
  probabilities?: boolean | undefined;
}

/**
 * Computes the Jensen–Shannon divergence of two distributions: how well a sample reveals the distribution
 * that it was drawn from.
 *
 * It is symmetric, and 0 if the distributions are equal. It is never more than ln 2, even if one
 * distribution gives the probability 0 to a class that the other expects. A model that is trained with it
 * gives similar predictions for different distortions of an image.
 *
 * ℓ = (Σⱼ pⱼ log(pⱼ / mⱼ) + Σⱼ qⱼ log(qⱼ / mⱼ)) / 2, with m = (p + q) / 2
 *
 * @param input1 logits of shape [C], [N, C] or […, C], or probabilities.
 * @param input2 logits or probabilities of the same number of classes, whose other axes broadcast with input1's.
 * @param options reduction, axis, probabilities, sampleWeight, out; in `valueAndGrad` also gradOutput,
 * differentiate.
 * @returns the loss (in nats): a number, or with `reduction: "none"` one per row.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape does not fit.
 *
 * @example
 * ```ts
 * import { jensenShannonDivergence } from "@surprisal/losses";
 *
 * jensenShannonDivergence([2, 1, 0], [0, 1, 2]); // 0.247…
 * jensenShannonDivergence([1, 0], [0, 1], { probabilities: true }); // 0.6931…
 * jensenShannonDivergence.valueAndGrad([2, 1, 0], [0, 1, 2]).grad; // [0.105…, -0.030…, -0.075…]
 * ```
 *
 * Source: Lin, "Divergence measures based on the Shannon entropy" (1991); Hendrycks et al., "AugMix", arXiv
 * 1912.02781, for its use as a loss.
 */
export const jensenShannonDivergence: Loss<
  [input2: FloatInput],
  JensenShannonDivergenceOptions,
  "row",
  "input1" | "input2"
> = /* @__PURE__ */ rowLoss<
  JensenShannonDivergenceOptions,
  [input2: FloatInput],
  never,
  "input1" | "input2"
>({
  kind: "row",
  name: "jensenShannonDivergence",
  arguments: { input1: "vector", input2: "vector" },
  differentiable: ["input1", "input2"],
  options: { probabilities: boolean(false) },
  neverThrows: true,
  formula: ({ probabilities }) => ({
    block({ rows, size, losses, gradients }, input1, input2) {
      const { input1: grad1, input2: grad2 } = gradients ?? {};
      if (!probabilities && input1 instanceof Float32Array && input2 instanceof Float32Array) {
        const pairs = { x: input1, y: input2, rows, size };
        if (jensenShannonKernel(pairs, losses, grad1, grad2)) return;
      }
      const [first, second] = [newDistribution(size), newDistribution(size)];
      const [row, ratios1, ratios2] = [0, 1, 2].map(() => new Float64Array(size));
      const read = (input: ArrayLike<number>, start: number, distribution: Distribution) => {
        for (let j = 0; j < size; j++) row[j] = input[start + j];
        if (probabilities) readProbabilities(row, distribution);
        else readLogits(row, 1, distribution);
      };
      for (let r = 0; r < rows; r++) {
        const start = r * size;
        read(input1, start, first);
        read(input2, start, second);
        storeLogRatios(first.logarithms, second.logarithms, ratios1, ratios2);
        losses[r] = size === 0 ? Number.NaN : divergence(first, ratios1, second, ratios2);
        if (grad1) storeGradient(first, ratios1, probabilities, grad1, start);
        if (grad2) storeGradient(second, ratios2, probabilities, grad2, start);
      }
    },
  }),
});

/** Writes log(p / m) and log(q / m) with m = (p + q) / 2, given the logarithms of p and q. */
function storeLogRatios(
  logP: Float64Array,
  logQ: Float64Array,
  ratiosP: Float64Array,
  ratiosQ: Float64Array,
): void {
  for (let j = 0; j < logP.length; j++) {
    const isEqual = logP[j] === logQ[j];
    const difference = isEqual ? 0 : logQ[j] - logP[j];
    // The ratio of the larger one is at most half of the difference, so the subtraction below loses one bit at most.
    const ratio = -Math.log1p(Math.expm1(-Math.abs(difference)) / 2);
    const other = ratio - Math.abs(difference);
    ratiosP[j] = difference > 0 ? other : ratio;
    ratiosQ[j] = difference > 0 ? ratio : other;
  }
}

function divergence(
  { probabilities: p }: Distribution,
  ratiosP: Float64Array,
  { probabilities: q }: Distribution,
  ratiosQ: Float64Array,
): number {
  let sum = 0;
  for (let j = 0; j < p.length; j++) {
    const middle = (p[j] + q[j]) / 2;
    sum += divergenceTerm(p[j], middle, ratiosP[j]);
    sum += divergenceTerm(q[j], middle, ratiosQ[j]);
  }
  return sum / 2;
}

/** Writes the derivatives with respect to a distribution's logits or probabilities. `slopes`, the ratios, change. */
function storeGradient(
  { probabilities }: Distribution,
  slopes: Float64Array,
  areProbabilities: boolean,
  gradient: KernelArray,
  start: number,
): void {
  for (let j = 0; j < slopes.length; j++) slopes[j] /= 2;
  if (!areProbabilities) toLogits(probabilities, slopes);
  for (let j = 0; j < slopes.length; j++) gradient[start + j] = slopes[j];
}

/** Replaces derivatives by probabilities with those by logits. */
function toLogits(probabilities: Float64Array, slopes: Float64Array): void {
  const size = slopes.length;
  let mean = 0;
  for (let j = 0; j < size; j++) {
    if (probabilities[j] !== 0) mean += probabilities[j] * slopes[j];
  }
  let top = -1;
  for (let j = 0; j < size; j++) {
    slopes[j] = probabilities[j] === 0 ? 0 : probabilities[j] * (slopes[j] - mean);
    if (probabilities[j] > 0.5) top = j;
  }
  if (top < 0) return;
  // Where one class dominates, its slope is nearly the mean. The derivatives add up to 0.
  slopes[top] = 0;
  slopes[top] = 0 - sumOf(slopes);
}
