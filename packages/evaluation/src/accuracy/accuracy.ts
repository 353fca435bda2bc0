import { numeric } from "@surprisal/core/authoring";
import { defineMetric, type Metric } from "../rows/defineMetric.ts";
import type { EvaluationOptions, ParsedEvaluationOptions } from "../rows/options.ts";
import { forEachRow } from "../rows/readRows.ts";

/** Options of `accuracy`. */
export interface AccuracyOptions extends EvaluationOptions {
  /**
   * A row is right if its label is among this many most probable classes. Among classes with equal logits,
   * the first comes first.
   *
   * @defaultValue 1
   */
  topK?: number | undefined;
}

interface ParsedOptions extends ParsedEvaluationOptions {
  topK: number;
}

/**
 * Computes the share of rows whose label is the most probable class, or among the `topK` most probable.
 *
 * accuracy = Σ w · [rank of the label ≤ topK] / Σ w
 *
 * A class whose logit equals the label's comes first if its index is lower. A NaN comes before every number,
 * as in `argmax` of NumPy and PyTorch.
 *
 * @param logits logits of shape [C], [N, C] or […, C], or probabilities, in any container of floats.
 * @param labels class indices, of the shape of logits without its class axis.
 * @param options topK, probabilities, axis, ignoreIndex, sampleWeight.
 * @returns a number from 0 to 1; NaN if no row is left.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape does not fit, a label is not a class, or an option is out of range.
 *
 * @example
 * ```ts
 * import { accuracy } from "@surprisal/evaluation";
 *
 * const logits = [[2, 1, 0], [0, 2, 1]];
 * accuracy(logits, [0, 2]); // 0.5
 * accuracy(logits, [0, 2], { topK: 2 }); // 1
 * ```
 *
 * Source: scikit-learn's `accuracy_score` and `top_k_accuracy_score`.
 */
export const accuracy: Metric<AccuracyOptions, number> = /* @__PURE__ */ defineMetric<
  AccuracyOptions,
  ParsedOptions,
  number
>({
  name: "accuracy",
  version: 1,
  options: { topK: numeric(1, "a whole number of at least 1", isCount) },
  sumOptions: ({ topK }) => ({ topK }),
  length: () => 2,
  add(functionName, rows, [right, total], { topK }) {
    forEachRow(functionName, rows, (row, label, weight) => {
      total.add(weight);
      if (rankOf(row, label) <= topK) right.add(weight);
    });
  },
  result: ([right, total]) => right / total,
});

/** Returns the label's place in the row, from 1 on. */
function rankOf(row: Float64Array, label: number): number {
  const score = row[label];
  let rank = 1;
  for (let j = 0; j < row.length; j++) {
    const isFirst = row[j] === score || (Number.isNaN(row[j]) && Number.isNaN(score));
    const isHigher = row[j] > score || (Number.isNaN(row[j]) && !Number.isNaN(score));
    if (isHigher || (isFirst && j < label)) rank++;
  }
  return rank;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}
