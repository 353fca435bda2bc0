import { Decimal } from "decimal.js";
import { ulpAt } from "./ulp.ts";

const Exact = Decimal.clone({ precision: 40, toExpNeg: -9e15, minE: -9e15 });

/** Converts a number exactly: decimal.js would take the shortest decimal that rounds to it. */
function toDecimal(value: number): Decimal {
  const digits = Math.abs(value).toString(2);
  const magnitude = new Exact(`0b${digits}`);
  return value < 0 ? magnitude.neg() : magnitude;
}

/** Returns the error of a float64 approximation of exp(x), in its own ulps. */
export function missOfExp(x: number, actual: number): number {
  const error = toDecimal(actual).minus(toDecimal(x).exp()).abs();
  return Number(error.div(toDecimal(ulpAt(actual, "float64"))));
}

/** The results of softmax and related functions for one row. */
export interface Reference {
  readonly softmax: ArrayLike<number>;
  readonly logSoftmax: ArrayLike<number>;
  readonly logSumExp: number;
  /** Returns the gradient of cross-entropy: softmax − one-hot. */
  gradient(target: number): Float64Array;
}

/** Computes with 40 digits and rounds to float64. It takes about 20 µs per distinct logit. */
export function exactReference(x: Float64Array): Reference {
  const max = toDecimal(Math.max(...x));
  const logits = [...new Set(x)];
  const expOf = tabulate(logits, (v) =>
    Number.isFinite(v) ? toDecimal(v).minus(max).exp() : new Exact(0),
  );
  const sum = x.reduce((total, v) => total.plus(expOf(v)), new Exact(0));
  const logSum = sum.ln();
  const probabilityOf = tabulate(logits, (v) => Number(expOf(v).div(sum)));
  const logProbOf = tabulate(logits, (v) =>
    Number.isFinite(v) ? Number(toDecimal(v).minus(max).minus(logSum)) : v,
  );
  return {
    softmax: x.map(probabilityOf),
    logSoftmax: x.map(logProbOf),
    logSumExp: Number(max.plus(logSum)),
    gradient(target) {
      const gradient = x.map(probabilityOf);
      gradient[target] = Number(expOf(x[target]).div(sum).minus(1));
      return gradient;
    },
  };
}

/** Returns a function that has computed its results. */
function tabulate<T>(values: readonly number[], compute: (value: number) => T) {
  const table = new Map(values.map((value) => [value, compute(value)]));
  return (value: number) => table.get(value) as T;
}

/** log Σ wⱼ exp(xⱼ) of finite numbers, to 60 digits less those that cancel; NaN if the sum is negative. */
export function exactWeightedLogSumExp(x: ArrayLike<number>, weights: ArrayLike<number>): number {
  const Wide = Decimal.clone({ precision: 60, toExpNeg: -9e15, minE: -9e15, maxE: 9e15 });
  const wide = (value: number) => new Wide(toDecimal(value));
  const total = Array.from(x, (value, j) => wide(weights[j]).times(wide(value).exp())).reduce(
    (sum, term) => sum.plus(term),
    new Wide(0),
  );
  if (total.isZero()) return Number.NEGATIVE_INFINITY;
  return total.isNegative() ? Number.NaN : Number(total.ln());
}

/**
 * Computes in float64, with a separate sum of all terms but the largest. The error is at most 1.5e-16,
 * which is enough for a reference of float32, and it is fast.
 */
export function float64Reference(x: Float64Array): Reference {
  let argmax = 0;
  for (let j = 0; j < x.length; j++) if (x[j] > x[argmax]) argmax = j;
  const exps = x.map((v) => Math.exp(v - x[argmax]));
  const sumExpExcludingMax = pairwiseSum(
    exps.map((e, j) => (j === argmax ? 0 : e)),
    0,
    x.length,
  );
  const p = exps.map((e) => e / (1 + sumExpExcludingMax));
  const logSum = Math.log1p(sumExpExcludingMax);
  return {
    softmax: p,
    logSoftmax: x.map((v) => v - x[argmax] - logSum),
    logSumExp: x[argmax] + logSum,
    gradient: (target) =>
      p.map((pj, j) => {
        if (j !== target) return pj;
        return target === argmax ? -sumExpExcludingMax / (1 + sumExpExcludingMax) : pj - 1;
      }),
  };
}

function pairwiseSum(values: Float64Array, from: number, to: number): number {
  if (to - from <= 8) {
    let sum = 0;
    for (let i = from; i < to; i++) sum += values[i];
    return sum;
  }
  const middle = (from + to) >> 1;
  return pairwiseSum(values, from, middle) + pairwiseSum(values, middle, to);
}
