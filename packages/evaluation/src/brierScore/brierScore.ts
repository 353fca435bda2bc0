import { defineMetric, type Metric } from "../rows/defineMetric.ts";
import type { EvaluationOptions, ParsedEvaluationOptions } from "../rows/options.ts";
import { toExponentials } from "../rows/predictions.ts";
import { forEachRow } from "../rows/readRows.ts";

/**
 * Computes the mean squared distance between the probabilities and the true class.
 *
 * Its expected value is smallest for the true probabilities, so it rewards honest ones.
 *
 * brierScore = Σ w · ((1 − pₜ)² + Σⱼ≠ₜ pⱼ²) / Σ w
 *
 * This is Brier's own score, from 0 to 2. scikit-learn's default for two classes is half of it.
 *
 * @param logits logits of shape [C], [N, C] or […, C], or probabilities, in any container of floats.
 * @param labels class indices, of the shape of logits without its class axis.
 * @param options probabilities, axis, ignoreIndex, sampleWeight.
 * @returns a number from 0 (sure and right) to 2 (sure and wrong); NaN if no row is left.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape does not fit, a label is not a class, or a row's largest logit is not finite.
 *
 * @example
 * ```ts
 * import { brierScore } from "@surprisal/evaluation";
 *
 * brierScore([[0.7, 0.2, 0.1]], [0], { probabilities: true }); // 0.14…
 * brierScore([[40, 0]], [0]); // 3.60970277569083e-35
 * ```
 *
 * Source: Brier, "Verification of forecasts expressed in terms of probability" (1950).
 */
export const brierScore: Metric<EvaluationOptions, number> = /* @__PURE__ */ defineMetric<
  EvaluationOptions,
  ParsedEvaluationOptions,
  number
>({
  name: "brierScore",
  version: 1,
  options: {},
  sumOptions: () => ({}),
  length: () => 2,
  add(functionName, rows, [score, total]) {
    forEachRow(functionName, rows, (row, label, weight, index) => {
      const { top, others } = toExponentials(functionName, row, rows.probabilities, index);
      total.add(weight);
      score.add(weight * squaredDistance(row, label, top, others));
    });
  },
  result: ([score, total]) => score / total,
});

/**
 * Returns (1 − pₜ)² + Σⱼ≠ₜ pⱼ² of unnormalised probabilities. 1 − pₜ is the sum of the others, so that
 * nothing cancels.
 *
 * @param others the sum of all but the largest element, which is at `top`.
 */
function squaredDistance(row: Float64Array, label: number, top: number, others: number): number {
  const sum = row[top] + others;
  let rest = others;
  if (label !== top) {
    rest = row[top];
    for (let j = 0; j < row.length; j++) if (j !== top && j !== label) rest += row[j];
  }
  let squares = (rest / sum) ** 2;
  for (let j = 0; j < row.length; j++) if (j !== label) squares += (row[j] / sum) ** 2;
  return squares;
}
