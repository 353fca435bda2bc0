import { argmax } from "@surprisal/core/authoring";
import { forEachRow, type Rows } from "../rows/readRows.ts";

/** The rows as distances from their maximum: max − x, from 0 to ∞. */
export interface Margins {
  readonly classes: number;
  /** One row after another. */
  readonly margins: Float64Array;
  /** The margin of each row's label. */
  readonly labelMargins: Float64Array;
  readonly weights: Float64Array;
  readonly totalWeight: number;
  /** Whether each label has the largest logit of its row. */
  readonly areAllRight: boolean;
  /** Whether all classes of each row have the same logit, but for those that are masked. */
  readonly areAllEqual: boolean;
}

/** Reads the rows that are not ignored. Probabilities become logarithms. */
export function readMargins(functionName: string, rows: Rows): Margins {
  const classes = rows.layout.size;
  const count = rows.labels.reduce((sum, label) => (label < 0 ? sum : sum + 1), 0);
  const margins = new Float64Array(count * classes);
  const labelMargins = new Float64Array(count);
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
    for (let j = 0; j < classes; j++) margins[r * classes + j] = max - row[j];
    labelMargins[r] = max - row[label];
    weights[r++] = weight;
  });
  const areAllEqual = margins.every((margin) => margin === 0 || margin === Infinity);
  const areAllRight = labelMargins.every((margin) => margin === 0);
  const totalWeight = weights.reduce((sum, weight) => sum + weight, 0);
  return { classes, margins, labelMargins, weights, totalWeight, areAllRight, areAllEqual };
}
