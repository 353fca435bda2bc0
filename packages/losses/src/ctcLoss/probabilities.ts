// Probabilities as mantissa · 2^(256 · exponent): products of thousands of them do not underflow, and no
// step needs a logarithm.
import { expBelowZero } from "@surprisal/core/authoring";
import { acquireFloat64, releaseFloat64 } from "../define/float64Pool.ts";

/** The base of the exponents, its inverse and its logarithm. */
const base = 2 ** 256;
const inverseBase = 2 ** -256;
const logBase = 256 * Math.LN2;

/** A mantissa is 0, whose exponent is −∞, or from `minMantissa` to `maxMantissa`. */
const maxMantissa = 2 ** 128;
const minMantissa = 2 ** -128;
const maxLogMantissa = 128 * Math.LN2;

/** A share whose exponent is smaller is 0 as a number. */
const minExponent = -5;

export interface Probabilities {
  readonly mantissas: Float64Array;
  readonly exponents: Float64Array;
}

/** Takes arrays for `length` probabilities from the pool. */
export function acquire(length: number): Probabilities {
  return { mantissas: acquireFloat64(length), exponents: acquireFloat64(length) };
}

/** Gives the arrays back to the pool. */
export function release({ mantissas, exponents }: Probabilities): void {
  releaseFloat64(mantissas);
  releaseFloat64(exponents);
}

/** Writes 0 from index `first` to `end`. */
export function clear({ mantissas, exponents }: Probabilities, first: number, end: number): void {
  mantissas.fill(0, first, end);
  exponents.fill(Number.NEGATIVE_INFINITY, first, end);
}

/** Returns exp(x). Logarithms of probabilities are at most 0, or by a rounding above. */
export function expOf(x: number): number {
  return x <= 0 ? expBelowZero(x) : Math.exp(x);
}

/** Writes the probability with this logarithm. */
export function setLog({ mantissas, exponents }: Probabilities, i: number, log: number): void {
  if (Math.abs(log) < maxLogMantissa) {
    mantissas[i] = expOf(log);
    exponents[i] = 0;
  } else if (Math.abs(log) < Number.POSITIVE_INFINITY) {
    const exponent = Math.round(log / logBase);
    const rest = log - exponent * logBase;
    mantissas[i] = Math.exp(Math.max(-maxLogMantissa, Math.min(maxLogMantissa, rest)));
    exponents[i] = exponent;
  } else {
    // NaN or +∞ makes every sum NaN: its exponent is above all others.
    mantissas[i] = log < 0 ? 0 : Number.NaN;
    exponents[i] = log < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
}

/** Returns the logarithm of a probability. */
export function logOf({ mantissas, exponents }: Probabilities, index: number): number {
  if (mantissas[index] === 0) return Number.NEGATIVE_INFINITY;
  return Math.log(mantissas[index]) + exponents[index] * logBase;
}

/** Returns a probability as a number. It may overflow or underflow. */
export function toNumber({ mantissas, exponents }: Probabilities, index: number): number {
  return mantissas[index] * base ** exponents[index];
}

/** Copies one probability. */
export function copy(from: Probabilities, i: number, to: Probabilities, j: number): void {
  to.mantissas[j] = from.mantissas[i];
  to.exponents[j] = from.exponents[i];
}

/** Writes the sum of `count` probabilities, `step` apart, to `to[index]`. It is not normalized. */
export function storeSum(
  { mantissas, exponents }: Probabilities,
  first: number,
  count: number,
  step: number,
  to: Probabilities,
  index: number,
): void {
  let sum = mantissas[first];
  let exponent = exponents[first];
  for (let k = 1, i = first + step; k < count; k++, i += step) {
    const difference = exponents[i] - exponent;
    // Terms whose exponents differ by more than 1 differ by a factor of 2²⁵⁶ at least.
    if (difference === 0) sum += mantissas[i];
    else if (difference === -1) sum += mantissas[i] * inverseBase;
    else if (difference > 0) {
      sum = difference === 1 ? mantissas[i] + sum * inverseBase : mantissas[i];
      exponent = exponents[i];
    }
  }
  to.mantissas[index] = sum;
  to.exponents[index] = exponent;
}

/** One time step of a recursion over states. */
export interface Step {
  readonly from: Probabilities;
  /** The index of state 0 in `from`. */
  readonly fromRow: number;
  /** The distance to a neighbour: −1 or 1. */
  readonly neighbour: number;
  /** Holds 1 for each state whose second neighbour counts, else 0. */
  readonly skips: Uint8Array;
  /** The factors of the states, and the index of state 0 in them. */
  readonly factors: Probabilities;
  readonly factorRow: number;
  readonly to: Probabilities;
  readonly toRow: number;
}

/**
 * For each state from `first` to `last` writes (the sum of the state, its neighbour and, if it counts,
 * its second neighbour) · factor. The rows may be the same, since states are computed in ascending
 * order.
 */
export function advance(
  { from, fromRow, neighbour, skips, factors, factorRow, to, toRow }: Step,
  first: number,
  last: number,
): void {
  const { mantissas, exponents } = from;
  const { mantissas: toMantissas, exponents: toExponents } = to;
  const { mantissas: factorMantissas, exponents: factorExponents } = factors;
  for (let s = first; s <= last; s++) {
    const i = fromRow + s;
    const j = i + neighbour;
    const k = j + neighbour;
    const out = toRow + s;
    let exponent = exponents[i];
    let product: number;
    // Most neighbours have the same exponent.
    if (exponents[j] === exponent && exponents[k] === exponent) {
      product = mantissas[i] + mantissas[j] + skips[s] * mantissas[k];
    } else {
      storeSum(from, i, 2 + skips[s], neighbour, to, out);
      product = toMantissas[out];
      exponent = toExponents[out];
    }
    product *= factorMantissas[factorRow + s];
    exponent += factorExponents[factorRow + s];
    if (product >= maxMantissa) {
      product *= inverseBase;
      exponent++;
    } else if (!(product >= minMantissa)) {
      // The exponent of NaN · 0 would be ∞ − ∞, which sums do not see.
      if (Number.isNaN(product)) exponent = Number.POSITIVE_INFINITY;
      else exponent = product === 0 ? Number.NEGATIVE_INFINITY : exponent - 1;
      product *= base;
    }
    toMantissas[out] = product;
    toExponents[out] = exponent;
  }
}

/**
 * Adds a · b / (c · total) of each state from `first` to `last` to the share of its class. It is at
 * most 1.
 */
export function addShares(
  a: Probabilities,
  aRow: number,
  b: Probabilities,
  c: Probabilities,
  cRow: number,
  total: Probabilities,
  first: number,
  last: number,
  classes: Int32Array,
  shares: Float64Array,
): void {
  const scale = 1 / total.mantissas[0];
  const totalExponent = total.exponents[0];
  for (let s = first; s <= last; s++) {
    const divisor = c.mantissas[cRow + s];
    const numerator = a.mantissas[aRow + s] * b.mantissas[s];
    if (numerator === 0) continue;
    const share = (numerator / divisor) * scale;
    const exponent = a.exponents[aRow + s] + b.exponents[s] - c.exponents[cRow + s] - totalExponent;
    if (exponent === 0) shares[classes[s]] += share;
    else if (exponent >= minExponent) shares[classes[s]] += share * base ** exponent;
  }
}
