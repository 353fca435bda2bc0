import type { FloatInput, IntegerInput } from "@surprisal/core";
import { optionsParser } from "@surprisal/core/authoring";
import { type EvaluationOptions, evaluationSchemas } from "../rows/options.ts";
import { readRows } from "../rows/readRows.ts";
import { findRoot } from "./findRoot.ts";
import { readMargins } from "./margins.ts";
import { nllAt } from "./nll.ts";

/** The result of `fitTemperature`. */
export interface TemperatureFit {
  /**
   * The temperature T for which logits / T have the smallest loss. It is 0 or Infinity where the loss only
   * falls towards that limit, and NaN if no row is left.
   */
  readonly temperature: number;
  /** Why there is no temperature between 0 and ∞; undefined if there is one. */
  readonly limit: "every row is right" | "the logits say nothing" | undefined;
  /** The mean negative log-likelihood (in nats) at temperature 1. */
  readonly nllBefore: number;
  /** The mean negative log-likelihood (in nats) at the temperature found, or in its limit. */
  readonly nllAfter: number;
}

const parseOptions = optionsParser(evaluationSchemas);

/**
 * Finds the temperature that calibrates a classifier: the T for which softmax(logits / T) has the smallest
 * cross-entropy on data that the classifier was not trained on.
 *
 * The order of the classes does not change, and neither does the accuracy. T > 1 makes the predictions less
 * confident, and T < 1 makes them more confident.
 *
 * T = argmin Σ w · (logSumExp(x / T) − xₜ / T)
 *
 * The loss is convex in 1/T. Its derivative is solved to the precision of float64, by Newton's method within
 * a bracket.
 *
 * @param logits logits of shape [C], [N, C] or […, C], or probabilities, in any container of floats.
 * @param labels class indices, of the shape of logits without its class axis.
 * @param options probabilities, axis, ignoreIndex, sampleWeight.
 * @returns temperature, limit, nllBefore and nllAfter. If every row is right, the loss falls until T = 0. If on average the logits of the labels are no larger than the mean of their rows, it falls until T = ∞.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape does not fit, a label is not a class, a row's largest logit is not finite, or
 * the logit of a label is −∞.
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
  const { value: nllBefore } = nllAt(margins, 1);
  const fit = (temperature: number, limit?: TemperatureFit["limit"]): TemperatureFit => {
    return { temperature, limit, nllBefore, nllAfter: nllAt(margins, 1 / temperature).value };
  };

  if (margins.totalWeight === 0) return fit(Number.NaN);
  if (margins.areAllEqual) return fit(Number.POSITIVE_INFINITY, "the logits say nothing");
  if (margins.areAllRight) return fit(0, "every row is right");
  if (nllAt(margins, 0).slope >= 0) return fit(Number.POSITIVE_INFINITY, "the logits say nothing");
  return fit(1 / findRoot((inverse) => nllAt(margins, inverse), 1));
}
