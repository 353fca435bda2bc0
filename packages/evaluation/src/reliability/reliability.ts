import { numeric, type OptionSchemas, picklist } from "@surprisal/core/authoring";
import { defineMetric, type Metric } from "../rows/defineMetric.ts";
import type { EvaluationOptions, ParsedEvaluationOptions } from "../rows/options.ts";
import type { Rows } from "../rows/readRows.ts";
import {
  addToBin,
  type Bin,
  type BinnedPrediction,
  binsOf,
  type Edges,
  equalWidthEdges,
  findBin,
  forEachBinnedPrediction,
  sumsPerBin,
} from "./bins.ts";
import { quantileEdges } from "./quantiles.ts";

export type { Bin } from "./bins.ts";

/** Options of functions that sort predictions into bins. */
export interface BinningOptions extends EvaluationOptions {
  /**
   * The number of bins.
   *
   * @defaultValue 15
   */
  bins?: number | undefined;
  /**
   * Bins of equal width from 0 to 1, or bins that hold equally many predictions, as far as equal confidences allow:
   * those always share a bin.
   *
   * @defaultValue "width"
   */
  binning?: "width" | "quantile" | undefined;
}

/** The parsed options of functions that sort predictions into bins. */
export interface ParsedBinningOptions extends ParsedEvaluationOptions {
  bins: number;
  binning: "width" | "quantile";
}

/** The largest number of bins. */
const maxBins = 10_000;

export const binningSchemas: OptionSchemas<
  Omit<ParsedBinningOptions, keyof ParsedEvaluationOptions>
> = /* @__PURE__ */ Object.freeze({
  bins: /* @__PURE__ */ Object.freeze({
    .../* @__PURE__ */ numeric(15, `a whole number from 1 to ${maxBins}`, isBinCount),
    otherNames: /^n(um)?bin$/,
  }),
  binning: /* @__PURE__ */ picklist("width", "quantile"),
});

/**
 * Sorts predictions by their confidence into bins, and compares confidence and accuracy in each: the data of
 * a reliability diagram.
 *
 * The confidence of a row is its largest probability. A classifier is calibrated if of the predictions
 * made with confidence 0.8, 80 % are right.
 *
 * @param logits logits of shape [C], [N, C] or […, C], or probabilities, in any container of floats.
 * @param labels class indices, of the shape of logits without its class axis.
 * @param options bins, binning, probabilities, axis, ignoreIndex, sampleWeight.
 * @returns the bins in ascending order, each with its interval, count, accuracy, confidence and gap. A bin
 * may be empty.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape does not fit, a label is not a class, an option is out of range, or a row's
 * largest logit is not finite.
 *
 * @example
 * ```ts
 * import { reliability } from "@surprisal/evaluation";
 *
 * const probabilities = [[0.9, 0.1], [0.8, 0.2], [0.6, 0.4]];
 * const bins = reliability(probabilities, [0, 1, 0], { bins: 2, probabilities: true });
 * bins[1].count; // 3
 * bins[1].accuracy; // 0.666…
 * bins[1].confidence; // 0.766…
 * ```
 *
 * Source: Niculescu-Mizil & Caruana, "Predicting good probabilities with supervised learning" (ICML 2005);
 * scikit-learn's `calibration_curve`.
 */
export const reliability: Metric<BinningOptions, Bin[]> = /* @__PURE__ */ defineBinnedMetric<
  BinningOptions,
  ParsedBinningOptions,
  Bin[]
>("reliability", binningSchemas, (bins, _, weightUnit) =>
  bins.map((bin) => ({ ...bin, count: bin.count * weightUnit })),
);

/** Makes a metric of bins. Bins of equal width can be accumulated; quantiles need all data at once. */
export function defineBinnedMetric<
  Options extends BinningOptions,
  Parsed extends ParsedBinningOptions,
  Result,
>(
  name: string,
  options: OptionSchemas<Omit<Parsed, keyof ParsedEvaluationOptions>>,
  result: (bins: Bin[], options: Parsed, weightUnit: number) => Result,
): Metric<Options, Result> {
  return defineMetric<Options, Parsed, Result, Edges>({
    name,
    version: 1,
    options,
    sumOptions({ bins, binning }) {
      if (binning === "quantile") {
        throw new RangeError(
          `${name}.accumulator: binning must be "width", got "quantile", which needs all predictions at once.`,
        );
      }
      return { bins };
    },
    length: ({ bins }) => bins * sumsPerBin,
    add(functionName, rows, sums, { bins, binning }) {
      if (binning === "quantile") return addToQuantiles(functionName, rows, bins, sums);
      const edges = equalWidthEdges(bins);
      forEachBinnedPrediction(functionName, rows, (prediction) => {
        addToBin(sums, findBin(edges.upper, prediction.confidence), prediction);
      });
      return edges;
    },
    result: (sums, parsed, edges = equalWidthEdges(parsed.bins), weightUnit = 1) =>
      result(binsOf(sums, edges), parsed, weightUnit),
  });
}

/** Adds the rows to bins that hold equally many of them, and returns the edges of these bins. */
function addToQuantiles(
  functionName: string,
  rows: Rows,
  bins: number,
  sums: Parameters<typeof addToBin>[0],
): Edges {
  const predictions: BinnedPrediction[] = [];
  forEachBinnedPrediction(functionName, rows, (prediction) => predictions.push(prediction));
  const edges = quantileEdges(predictions, bins);
  for (const prediction of predictions) {
    addToBin(sums, findBin(edges.upper, prediction.confidence), prediction);
  }
  return edges;
}

function isBinCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1 && value <= maxBins;
}
