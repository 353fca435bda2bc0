import { picklist } from "@surprisal/core/authoring";
import type { Bin } from "../reliability/bins.ts";
import {
  type BinningOptions,
  binningSchemas,
  defineBinnedMetric,
  type ParsedBinningOptions,
} from "../reliability/reliability.ts";
import type { Metric } from "../rows/defineMetric.ts";

/** Options of `calibrationError`. */
export interface CalibrationErrorOptions extends BinningOptions {
  /**
   * How the gaps of the bins become one number: their mean (1), the root of their mean square (2), or the
   * largest (`"max"`). The means are weighted by the number of predictions.
   *
   * @defaultValue 1
   */
  norm?: 1 | 2 | "max" | undefined;
}

interface ParsedOptions extends ParsedBinningOptions {
  norm: 1 | 2 | "max";
}

/**
 * Computes the distance between confidence and accuracy: the expected calibration error.
 *
 * 0.02 means that a prediction's confidence is off by 2 percentage points on average.
 *
 * calibrationError = Σ (n_b / n) · |accuracy_b − confidence_b|, over the bins b of `reliability`
 *
 * @param logits logits of shape [C], [N, C] or […, C], or probabilities, in any container of floats.
 * @param labels class indices, of the shape of logits without its class axis.
 * @param options norm, bins, binning, probabilities, axis, ignoreIndex, sampleWeight.
 * @returns a number from 0 to 1; NaN if no row is left.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape does not fit, a label is not a class, an option is out of range, or a row's
 * largest logit is not finite.
 *
 * @example
 * ```ts
 * import { calibrationError } from "@surprisal/evaluation";
 *
 * const probabilities = [[0.9, 0.1], [0.8, 0.2], [0.6, 0.4]];
 * calibrationError(probabilities, [0, 1, 0], { probabilities: true }); // 0.433…
 * calibrationError(probabilities, [0, 1, 0], { probabilities: true, norm: "max" }); // 0.8
 * ```
 *
 * Source: Naeini, Cooper & Hauskrecht (AAAI 2015); Guo, Pleiss, Sun & Weinberger, arXiv 1706.04599.
 */
export const calibrationError: Metric<CalibrationErrorOptions, number> =
  /* @__PURE__ */ defineBinnedMetric<CalibrationErrorOptions, ParsedOptions, number>(
    "calibrationError",
    { ...binningSchemas, norm: picklist<ParsedOptions["norm"]>(1, 2, "max") },
    (bins, options) => errorOf(bins, options.norm),
  );

function errorOf(bins: readonly Bin[], norm: ParsedOptions["norm"]): number {
  const filled = bins.filter(({ count }) => count > 0);
  const total = filled.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return Number.NaN;
  const largest = filled.reduce((max, { gap }) => Math.max(max, Math.abs(gap)), 0);
  if (norm === "max" || largest === 0) return largest;
  const meanOf = (termOf: (gap: number) => number) =>
    filled.reduce((sum, { count, gap }) => sum + (count / total) * termOf(Math.abs(gap)), 0);
  if (norm === 1) return meanOf((gap) => gap);
  // The squares of tiny gaps would be 0, but not those of their ratios.
  return largest * Math.sqrt(meanOf((gap) => (gap / largest) ** 2));
}
