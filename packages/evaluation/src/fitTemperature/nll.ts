import { compensatedSum } from "@surprisal/core/authoring";
import type { Margins } from "./margins.ts";

/** A function's value, slope and curvature at one place. */
export interface Derivatives {
  readonly value: number;
  readonly slope: number;
  readonly curvature: number;
}

/**
 * Returns the mean negative log-likelihood at the inverse temperature b = 1/T, and its derivatives by b.
 *
 * With the margins m = max − x and p = softmax(−b·m): value = b·mₜ + log Σ exp(−b·m), slope = mₜ − Σ p·m,
 * curvature = Σ p·m² − (Σ p·m)².
 */
export function nllAt(
  { classes, margins, labelMargins, weights, totalWeight }: Margins,
  inverse: number,
): Derivatives {
  const sums = [compensatedSum(), compensatedSum(), compensatedSum()];
  const term = new Float64Array(1);
  labelMargins.forEach((labelMargin, r) => {
    const row = margins.subarray(r * classes, (r + 1) * classes);
    const { value, slope, curvature } = rowNll(row, labelMargin, inverse);
    [value, slope, curvature].forEach((derivative, i) => {
      term[0] = weights[r] * derivative;
      sums[i].add(term, 1);
    });
  });
  const [value, slope, curvature] = sums.map((sum) => sum.value() / totalWeight);
  return { value, slope, curvature };
}

function rowNll(margins: Float64Array, labelMargin: number, inverse: number): Derivatives {
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
  const ownTerm = labelMargin === 0 ? 0 : inverse * labelMargin;
  return {
    // log1p keeps the digits of a sure row, whose sum is 1 and almost nothing.
    value: ownTerm + Math.log1p(largest - 1 + others),
    slope: labelMargin - mean,
    curvature: second / sumExp - mean * mean,
  };
}
