import type { FloatInput, IntegerInput } from "@surprisal/core";
import { lossOptionNames, optionsParser } from "@surprisal/core/authoring";
import { type EvaluationOptions, evaluationSchemas } from "../rows/options.ts";
import { readRows } from "../rows/readRows.ts";
import { findRoot } from "./findRoot.ts";
import { type Margins, readMargins } from "./margins.ts";
import { nllAt } from "./nll.ts";

/** The result of `fitTemperature`. */
export interface TemperatureFit {
  /**
   * The temperature T for which logits / T have the smallest loss. It is 0 or Infinity where the loss only
   * falls towards that limit, and NaN if no row is left.
   */
  readonly temperature: number;
  /** Why there is no temperature between 0 and ∞; undefined if there is one. */
  readonly limit:
    | "every row is right"
    | "every row is right or tied"
    | "the logits say nothing"
    | undefined;
  /** The mean negative log-likelihood (in nats) at temperature 1. */
  readonly nllBefore: number;
  /** The mean negative log-likelihood (in nats) at the temperature found, or in its limit. */
  readonly nllAfter: number;
}

const parseOptions = optionsParser(evaluationSchemas, lossOptionNames);

/**
 * Finds the temperature that calibrates a classifier: the T for which softmax(logits / T) has the smallest
 * cross-entropy on data that the classifier was not trained on.
 *
 * The order of the classes does not change, and neither does the accuracy. T > 1 makes the predictions less
 * confident, and T < 1 makes them more confident.
 *
 * T = argmin Σ w · (logSumExp(x / T) − xₜ / T)
 *
 * The loss is convex in 1/T. The root of its derivative is found to the precision of float64, by Newton's method within
 * a bracket.
 *
 * @param logits logits of shape [C], [N, C] or […, C], or probabilities, in any container of floats.
 * @param labels class indices, of the shape of logits without its class axis.
 * @param options probabilities, axis, ignoreIndex, sampleWeight.
 * @returns temperature, limit, nllBefore and nllAfter. If every label has the largest logit of its row, alone or beside others, the loss falls until T = 0. If on average the logits of the labels are no larger than the mean of their rows, it falls until T = ∞.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape does not fit, a label is not a class, a row's largest logit is not finite, or
 * the logit of a label is −∞. Also if float64 cannot hold the temperature.
 *
 * @example
 * ```ts
 * import { fitTemperature } from "@surprisal/evaluation";
 *
 * // Sure every time, and right two times of three: T = 4 / ln 2.
 * fitTemperature([[4, 0], [4, 0], [4, 0]], [0, 0, 1]).temperature; // 5.770…
 * fitTemperature([[4, 0], [0, 4]], [0, 1]).limit; // "every row is right"
 * ```
 *
 * Source: Guo, Pleiss, Sun & Weinberger, "On calibration of modern neural networks", arXiv 1706.04599.
 */
export function fitTemperature(
  logits: FloatInput,
  labels: IntegerInput,
  options?: EvaluationOptions,
): TemperatureFit {
  const functionName = "fitTemperature";
  const rows = readRows(functionName, logits, labels, parseOptions(functionName, options));
  const margins = readMargins(functionName, rows);
  const { unit, labelMargin, totalWeight } = margins;
  const { value: nllBefore } = nllAt(margins, unit);
  const fit = (inverse: number, limit?: TemperatureFit["limit"]): TemperatureFit => {
    const { value: nllAfter } = nllAt(margins, inverse);
    return { temperature: unit / inverse, limit, nllBefore, nllAfter };
  };

  if (totalWeight === 0) return fit(Number.NaN);
  if (margins.areAllEqual) return fit(0, "the logits say nothing");
  if (labelMargin === 0) {
    const limit = margins.hasTies ? "every row is right or tied" : "every row is right";
    return fit(Number.POSITIVE_INFINITY, limit);
  }
  if (saysNothing(margins)) return fit(0, "the logits say nothing");
  const evaluate = (inverse: number) => {
    const { expectedMargin, expectedMarginSlope } = nllAt(margins, inverse);
    return { value: expectedMargin, slope: expectedMarginSlope };
  };
  const inverse = findRoot(evaluate, labelMargin);
  checkRange(functionName, unit, inverse);
  return fit(inverse);
}

/**
 * Returns whether the loss does not fall from T = ∞ on: whether its slope there, the labels' mean margin less the mean
 * of all margins, is at least 0 up to rounding.
 *
 * Each mean has a relative error of at most (classes + 4) · 2⁻⁵³: a rounding for every term of a row's sum, its
 * division, the weight, the sum of the rows and the total weight. The errors of the two means add up.
 */
function saysNothing(margins: Margins): boolean {
  const { expectedMargin } = nllAt(margins, 0);
  const error = (margins.classes + 4) * Number.EPSILON * expectedMargin;
  return margins.labelMargin >= expectedMargin - error;
}

function checkRange(functionName: string, unit: number, inverse: number): void {
  const temperature = unit / inverse;
  if (temperature > 0 && temperature < Number.POSITIVE_INFINITY) return;
  const [distance, verb] = temperature > 0 ? ["large", "Divide"] : ["small", "Multiply"];
  throw new RangeError(
    `${functionName}: the distances between the logits are so ${distance} that float64 cannot hold the temperature. ${verb} all logits by one number; the temperature changes by the same factor.`,
  );
}
