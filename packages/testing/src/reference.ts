import { Decimal } from "decimal.js";
import { ulpAt } from "./ulp.ts";

const Exact = Decimal.clone({ precision: 40, toExpNeg: -9e15, minE: -9e15 });

/** The number itself: decimal.js would take the shortest decimal that rounds to it. */
function exactly(value: number): Decimal {
  const digits = Math.abs(value).toString(2);
  const magnitude = new Exact(`0b${digits}`);
  return value < 0 ? magnitude.neg() : magnitude;
}

/** By how many of its ulps a float64 misses exp(x). */
export function missOfExp(x: number, actual: number): number {
  const miss = exactly(actual).minus(exactly(x).exp()).abs();
  return Number(miss.div(exactly(ulpAt(actual, "float64"))));
}

/** What softmax and its logarithm are, for one row. */
export interface Reference {
  readonly softmax: ArrayLike<number>;
  readonly logSoftmax: ArrayLike<number>;
  readonly logSumExp: number;
  /** softmax − one-hot, where `target` is the class: cross-entropy's gradient. */
  gradient(target: number): Float64Array;
}

/** To 40 digits, then rounded to float64: the truth, about 20 µs per class. */
export function exactReference(x: Float64Array): Reference {
  const max = exactly(Math.max(...x));
  const exps = Array.from(x, (v) =>
    Number.isFinite(v) ? exactly(v).minus(max).exp() : new Exact(0),
  );
  const sum = exps.reduce((total, e) => total.plus(e), new Exact(0));
  const logSum = sum.ln();
  const p = exps.map((e) => e.div(sum));
  return {
    softmax: p.map(Number),
    logSoftmax: Array.from(x, (v) =>
      Number.isFinite(v) ? Number(exactly(v).minus(max).minus(logSum)) : v,
    ),
    logSumExp: Number(max.plus(logSum)),
    gradient: (target) => Float64Array.from(p, (pj, j) => Number(j === target ? pj.minus(1) : pj)),
  };
}

/** log Σ wⱼ exp(xⱼ) of finite numbers, to 60 digits less those that cancel; NaN if the sum is negative. */
export function exactWeightedLogSumExp(x: ArrayLike<number>, weights: ArrayLike<number>): number {
  const Wide = Decimal.clone({ precision: 60, toExpNeg: -9e15, minE: -9e15, maxE: 9e15 });
  const wide = (value: number) => new Wide(exactly(value));
  const total = Array.from(x, (value, j) => wide(weights[j]).times(wide(value).exp())).reduce(
    (sum, term) => sum.plus(term),
    new Wide(0),
  );
  if (total.isZero()) return Number.NEGATIVE_INFINITY;
  return total.isNegative() ? Number.NaN : Number(total.ln());
}

/**
 * In float64 with the sum of the others kept apart: within 1.5e-16 of the exact one, so a reference
 * for float32, and fast.
 */
export function float64Reference(x: Float64Array): Reference {
  let top = 0;
  for (let j = 0; j < x.length; j++) if (x[j] > x[top]) top = j;
  const exps = x.map((v) => Math.exp(v - x[top]));
  const others = pairwiseSum(
    exps.map((e, j) => (j === top ? 0 : e)),
    0,
    x.length,
  );
  const p = exps.map((e) => e / (1 + others));
  const logSum = Math.log1p(others);
  return {
    softmax: p,
    logSoftmax: x.map((v) => v - x[top] - logSum),
    logSumExp: x[top] + logSum,
    gradient: (target) =>
      p.map((pj, j) => {
        if (j !== target) return pj;
        return target === top ? -others / (1 + others) : pj - 1;
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
