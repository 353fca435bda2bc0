import { compensatedSum } from "@surprisal/core/authoring";
import type { Margins } from "./margins.ts";

/** The mean negative log-likelihood at one inverse temperature b = 1/T, and the terms of its derivatives with respect to b. */
export interface Nll {
  readonly value: number;
  /** The mean of Σ p·m, which falls as b grows. The slope of `value` is the labels' mean margin less this. */
  readonly expectedMargin: number;
  /** The derivative of `expectedMargin` by b. */
  readonly expectedMarginSlope: number;
}

/**
 * Returns the mean negative log-likelihood at the inverse temperature b, in the margins' unit.
 *
 * With the margins m = max − x and p = softmax(−b·m), a row has the value b·mₜ + log Σ exp(−b·m), and Σ p·m has the
 * derivative (Σ p·m)² − Σ p·m².
 */
export function nllAt(
  { classes, margins, labelMargin, weights, totalWeight }: Margins,
  inverse: number,
): Nll {
  const sums = [compensatedSum(), compensatedSum(), compensatedSum()];
  const term = new Float64Array(1);
  weights.forEach((weight, r) => {
    const row = margins.subarray(r * classes, (r + 1) * classes);
    rowTerms(row, inverse).forEach((value, i) => {
      term[0] = weight * value;
      sums[i].add(term, 1);
    });
  });
  const [logSum, expectedMargin, expectedMarginSlope] = sums.map(
    (sum) => sum.value() / totalWeight,
  );
  // Where all labels have the largest logits, b may be infinite.
  const labelTerm = labelMargin === 0 ? 0 : inverse * labelMargin;
  return { value: labelTerm + logSum, expectedMargin, expectedMarginSlope };
}

/** Returns log Σ exp(−b·m), Σ p·m and its derivative with respect to b. */
function rowTerms(margins: Float64Array, inverse: number): readonly [number, number, number] {
  let largest = 0; // The number of classes with the largest logit.
  let others = 0;
  let first = 0;
  let second = 0;
  for (const margin of margins) {
    if (margin === 0) largest++;
    // A class of probability 0 has it at every temperature.
    else if (margin < Number.POSITIVE_INFINITY) {
      const exp = Math.exp(-inverse * margin);
      if (exp === 0) continue;
      others += exp;
      first += exp * margin;
      second += exp * margin * margin;
    }
  }
  const sumExp = largest + others;
  const mean = first / sumExp;
  // log1p keeps the digits of a confident row, whose sum is barely above 1.
  return [Math.log1p(largest - 1 + others), mean, mean * mean - second / sumExp];
}
