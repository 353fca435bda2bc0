import { argmax, exponentials } from "@surprisal/core/authoring";
import { forEachRow, type Rows, type VisitRow } from "./readRows.ts";

/** The most probable class of a row. */
export interface Prediction {
  /** The class: the first of equally probable ones. */
  readonly predicted: number;
  /** Its probability. */
  readonly confidence: number;
  /** 1 − confidence, the sum of the other probabilities. It keeps its digits where confidence rounds to 1. */
  readonly doubt: number;
}

/**
 * Turns logits into unnormalised probabilities, in place. Probabilities are left as they are.
 *
 * @returns the index of the largest, and the sum of all others.
 */
export function toExponentials(
  functionName: string,
  row: Float64Array,
  isProbabilities: boolean,
  index: number,
): { readonly top: number; readonly others: number } {
  const top = argmax(row);
  if (isProbabilities) {
    let others = 0;
    for (let j = 0; j < row.length; j++) if (j !== top) others += row[j];
    return { top, others };
  }
  if (!Number.isFinite(row[top])) {
    throw new RangeError(
      `${functionName}: the largest logit of row ${index} must be finite, got ${row[top]}.`,
    );
  }
  const exps = new Float64Array(row.length);
  const others = exponentials(row, exps, top);
  row.set(exps);
  return { top, others };
}

/** Visits the prediction of every row that is not ignored. */
export function forEachPrediction(
  functionName: string,
  rows: Rows,
  visit: (prediction: Prediction, ...rest: TailOf<Parameters<VisitRow>>) => void,
): void {
  forEachRow(functionName, rows, (row, label, weight, index) => {
    const { top, others } = toExponentials(functionName, row, rows.probabilities, index);
    const sum = row[top] + others;
    const prediction = { predicted: top, confidence: row[top] / sum, doubt: others / sum };
    visit(prediction, label, weight, index);
  });
}

type TailOf<T extends readonly unknown[]> = T extends [unknown, ...infer Rest] ? Rest : never;
