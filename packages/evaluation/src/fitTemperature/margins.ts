import { argmax, sumOf } from "@surprisal/core/authoring";
import { powerOfTwo } from "../rows/balanceWeights.ts";
import { forEachRow, type Rows } from "../rows/readRows.ts";

/** The rows as distances from their maximum, max − x, from 0 to ∞, in a unit that is a power of two. */
export interface Margins {
  /** The unit of all margins, which makes the largest about 1: products of margins cannot overflow. */
  readonly unit: number;
  readonly classes: number;
  /** One row after another. */
  readonly margins: Float64Array;
  /** The weighted mean of the labels' margins. */
  readonly labelMargin: number;
  /** The weights, scaled by a power of two. */
  readonly weights: Float64Array;
  readonly totalWeight: number;
  /** Whether a row has other classes with the largest logit beside its label. */
  readonly hasTies: boolean;
  /** Whether all classes of each row have the same logit, but for those that are masked. */
  readonly areAllEqual: boolean;
}

/** The logits, labels and weights of the rows that are not ignored. */
interface ValidRows {
  readonly logits: Float64Array;
  readonly labels: Int32Array;
  readonly weights: Float64Array;
}

/** Reads the rows that are not ignored. Probabilities become logarithms. */
export function readMargins(functionName: string, rows: Rows): Margins {
  const classes = rows.layout.size;
  const { logits, labels, weights } = readValidRows(functionName, rows);
  const unit = replaceByMargins(logits, classes);
  scaleWeights(weights);
  const labelMargins = Float64Array.from(labels, (label, r) => logits[r * classes + label]);
  const totalWeight = sumOf(weights);
  const margins = logits;
  return {
    unit,
    classes,
    margins,
    labelMargin: sumOf(labelMargins.map((margin, r) => margin * weights[r])) / totalWeight,
    weights,
    totalWeight,
    hasTies: labelMargins.some((margin, r) => margin === 0 && countZeros(margins, r, classes) > 1),
    areAllEqual: margins.every((margin) => margin === 0 || margin === Number.POSITIVE_INFINITY),
  };
}

function readValidRows(functionName: string, rows: Rows): ValidRows {
  const classes = rows.layout.size;
  const count = rows.labels.reduce((sum, label) => (label < 0 ? sum : sum + 1), 0);
  const logits = new Float64Array(count * classes);
  const labels = new Int32Array(count);
  const weights = new Float64Array(count);
  let r = 0;
  forEachRow(functionName, rows, (row, label, weight, index) => {
    if (rows.probabilities) for (let j = 0; j < classes; j++) row[j] = Math.log(row[j]);
    const max = row[argmax(row)];
    if (!Number.isFinite(max)) {
      throw new RangeError(
        `${functionName}: the largest logit of row ${index} must be finite, got ${max}.`,
      );
    }
    if (row[label] === Number.NEGATIVE_INFINITY) {
      throw new RangeError(
        `${functionName}: the label of row ${index} is impossible, so its loss is infinite at every temperature. Set the label to ignoreIndex, or give the row the sampleWeight 0.`,
      );
    }
    logits.set(row, r * classes);
    labels[r] = label;
    weights[r++] = weight;
  });
  return { logits, labels, weights };
}

/** Replaces the logits of each row by their margins, and returns the unit. */
function replaceByMargins(logits: Float64Array, classes: number): number {
  const forEachLogit = (visit: (max: number, x: number, i: number) => void) => {
    for (let start = 0; start < logits.length; start += classes) {
      const max = logits[argmax(logits, start, start + classes)];
      for (let i = start; i < start + classes; i++) visit(max, logits[i], i);
    }
  };
  let largest = 0;
  forEachLogit((max, x) => {
    if (x !== Number.NEGATIVE_INFINITY) largest = Math.max(largest, max - x);
  });
  const unit = powerOfTwo(largest);
  forEachLogit((max, x, i) => {
    const margin = max - x;
    // The distance of two large logits may overflow, unless the unit divides them first.
    logits[i] = Number.isFinite(margin) ? margin / unit : max / unit - x / unit;
  });
  return unit;
}

/** Makes the largest weight about 1, so that products with weights do not underflow. */
function scaleWeights(weights: Float64Array): void {
  const unit = powerOfTwo(weights.reduce((a, b) => Math.max(a, b), 0));
  for (let r = 0; r < weights.length; r++) weights[r] /= unit;
}

function countZeros(margins: Float64Array, row: number, classes: number): number {
  const start = row * classes;
  return margins.subarray(start, start + classes).reduce((n, m) => (m === 0 ? n + 1 : n), 0);
}
