import type { KernelArray } from "../../types.ts";
import { bufferPool } from "../bufferPool.ts";
import { minBulkCopyLength } from "../limits.ts";
import { sumOf } from "./compensatedSum.ts";
import { expBelowZero } from "./exp.ts";

/** Copies the elements from `start` on, `stride` apart, into `row`. */
export function loadRow(
  x: ArrayLike<number>,
  start: number,
  stride: number,
  row: Float64Array,
): void {
  if (stride === 1 && row.length >= minBulkCopyLength && isFloatArray(x)) {
    row.set(x.subarray(start, start + row.length));
    return;
  }
  for (let j = 0, k = start; j < row.length; j++, k += stride) row[j] = x[k];
}

/** Copies `row` back to the elements from `start` on, `stride` apart. */
export function storeRow(row: Float64Array, out: KernelArray, start: number, stride: number): void {
  if (stride === 1 && row.length >= minBulkCopyLength && isFloatArray(out)) {
    out.set(row, start);
    return;
  }
  for (let j = 0, k = start; j < row.length; j++, k += stride) out[k] = row[j];
}

/** Multiplies the elements from `start` to `end` by a factor; 0 stays 0. */
export function rescaleRow(row: KernelArray, start: number, end: number, factor: number): void {
  for (let j = start; j < end; j++) if (row[j] !== 0) row[j] *= factor;
}

/**
 * Replaces a row's logits by s·tanh(x/s) and writes the derivatives, sech²(x/s), to `slopes`.
 *
 * −∞ becomes −s, or stays −∞ if `skipMasked`.
 */
export function softcapRow(
  row: Float64Array,
  softcap: number,
  skipMasked: boolean,
  slopes: Float64Array,
): void {
  for (let j = 0; j < row.length; j++) {
    const ratio = row[j] / softcap;
    // 1 − tanh² would cancel for large logits.
    const e = Math.exp(-2 * Math.abs(ratio));
    slopes[j] = (4 * e) / (1 + e) ** 2;
    if (!(skipMasked && row[j] === Number.NEGATIVE_INFINITY)) row[j] = softcap * Math.tanh(ratio);
  }
}

/** Returns the index of the largest element: the first of equal ones, or the first NaN. */
export function argmax(row: Float64Array, start = 0, end = row.length): number {
  let top = start;
  let max = row[start];
  for (let j = start; j < end; j++) {
    const value = row[j];
    if (value <= max) continue;
    if (Number.isNaN(value)) return j;
    top = j;
    max = value;
  }
  return top;
}

/** Returns (x − max) / temperature, by way of halves where x − max overflows. */
export function scaledDifference(x: number, max: number, temperature: number): number {
  const difference = x - max;
  if (difference !== Number.NEGATIVE_INFINITY) return difference / temperature;
  return ((x / 2 - max / 2) / temperature) * 2;
}

/**
 * Writes `exp((row[j] − max) / temperature)` to `exps`, where `top` is the index of the maximum.
 *
 * The sum excludes the maximum's own 1. Where one class dominates, 1 + S would round S away, and
 * the loss and the gradient are made of S.
 *
 * @returns S = Σ exps over all but `top`; NaN if the maximum is not finite, since no element has a
 * meaning relative to it. Exact enough for 1 + S; use `exponentials` for log(1 + S).
 */
export function uncorrectedExponentials(
  row: Float64Array,
  exps: Float64Array,
  top: number,
  temperature: number,
  start: number,
  end: number,
): number {
  const max = row[top];
  let sum = max - max;
  let error = 0; // Kahan's compensation: 131072 terms must add up as exactly as three.
  row[top] = Number.NEGATIVE_INFINITY; // Adds 0.
  for (let j = start; j < end; ) {
    let part = 0; // Compensating every single term would take longer than its exponential.
    for (const stop = Math.min(j + 8, end); j < stop; j++) {
      const shifted = temperature === 1 ? row[j] - max : scaledDifference(row[j], max, temperature);
      const e = expBelowZero(shifted);
      exps[j] = e;
      part += e;
    }
    const term: number = part - error;
    const next = sum + term;
    error = next - sum - term;
    sum = next;
  }
  row[top] = max;
  exps[top] = 1;
  return sum;
}

/** Does the same with S exact enough for log(1 + S), however small S is. */
export function exponentials(
  row: Float64Array,
  exps: Float64Array,
  top: number,
  temperature = 1,
  start = 0,
  end = row.length,
): number {
  const sum = uncorrectedExponentials(row, exps, top, temperature, start, end);
  // For a larger sum, the rounding of row[j] − max changes log(1 + S) by at most 3e-16, relative.
  const isSmall = 16 * sum * sum < end - start;
  return isSmall ? sum + shiftError(row, exps, top, start, end) / temperature : sum;
}

/** Returns what the sum of exponentials has lost to the rounding of row[j] − max. */
function shiftError(
  row: Float64Array,
  exps: Float64Array,
  top: number,
  start: number,
  end: number,
): number {
  const max = row[top];
  let sum = 0;
  for (let j = start; j < end; j++) {
    if (exps[j] === 0) continue;
    // Knuth's two-sum: the exact error of `shifted`.
    const shifted = row[j] - max;
    // If the difference overflows, its error divided by the temperature is negligible.
    if (shifted === Number.NEGATIVE_INFINITY) continue;
    const subtracted = shifted - row[j];
    sum += exps[j] * (row[j] - (shifted - subtracted) - (max + subtracted));
  }
  return sum;
}

/** Exponentials below this may have lost digits, or everything. Their product with a large factor may not. */
export const minExactTerm = 2 ** -960;

/** Returns factor · exp(x), even if exp(x) alone underflows. */
export function expTimes(x: number, factor: number): number {
  if (!(x < -660)) return factor * Math.exp(x);
  const root = expBelowZero(x / 4);
  return factor * root * root * root * root;
}

/** Writes factor · exp(row[j] − max) to the row, given the exponentials. */
function storeScaledExponentials(
  rows: Float64Array,
  exps: Float64Array,
  start: number,
  end: number,
  max: number,
  factor: number,
): void {
  for (let j = start; j < end; j++) {
    const isExact = exps[j] >= minExactTerm;
    rows[j] = isExact ? factor * exps[j] : expTimes(rows[j] - max, factor);
  }
}

/**
 * Returns −log softmax(row)[target] of the row from `start` to `end`, and with `gradScale` replaces the row by
 * gradScale · (softmax(row) − one-hot). Both are NaN if the target is out of bounds, and 0 if it is negative.
 */
export function crossEntropyRow(
  rows: Float64Array,
  exps: Float64Array,
  start: number,
  end: number,
  target: number,
  gradScale?: number,
): number {
  if (target < 0 || target >= end - start) {
    const value = target < 0 ? 0 : Number.NaN;
    rows.fill(value, start, end);
    return value;
  }
  const targetIndex = start + target;
  const top = argmax(rows, start, end);
  const sumExpExcludingMax = exponentials(rows, exps, top, 1, start, end);
  const loss = Math.log1p(sumExpExcludingMax) - (rows[targetIndex] - rows[top]);
  if (gradScale === undefined) return loss;
  const total = 1 + sumExpExcludingMax;
  const factor = gradScale / total;
  const mayUnderflow = Math.abs(gradScale) > 1;
  if (mayUnderflow) storeScaledExponentials(rows, exps, start, end, rows[top], factor);
  else for (let j = start; j < end; j++) rows[j] = factor * exps[j];
  if (mayUnderflow && targetIndex === top && sumExpExcludingMax < minExactTerm) {
    rows[top] = 0;
    rows[top] = 0 - sumOf(rows, start, end);
    return loss;
  }
  // p − 1 would cancel where the target dominates.
  const targetGradient =
    targetIndex === top ? 0 - sumExpExcludingMax / total : exps[targetIndex] / total - 1;
  rows[targetIndex] = gradScale * targetGradient;
  return loss;
}

/** Writes gradScale · (softmax(x) − one-hot) of one row. It leaves the row as it is. */
export function crossEntropyGradientOfRow(
  x: KernelArray,
  target: number,
  gradScale: number,
  gradient: Float64Array,
): void {
  const exps = expPool.acquire(x.length);
  for (let j = 0; j < x.length; j++) gradient[j] = x[j];
  crossEntropyRow(gradient, exps, 0, x.length, target, gradScale);
  expPool.release(exps);
}

/** Returns −log softmax(x)[target] of one row; NaN where it is not finite. It leaves the row as it is. */
export function crossEntropyOfRow(x: KernelArray, target: number): number {
  return x instanceof Float32Array ? ofFloat32Row(x, target) : ofFloat64Row(x, target);
}

const expPool = /* @__PURE__ */ bufferPool((length) => new Float64Array(length));

function ofFloat64Row(x: Float64Array, target: number): number {
  const exps = expPool.acquire(x.length);
  const loss = crossEntropyRow(x, exps, 0, x.length, target, undefined);
  expPool.release(exps);
  return Number.isFinite(loss) ? loss : Number.NaN;
}

/** Differences of float32 are nearly exact in float64, so nothing has to be corrected. */
function ofFloat32Row(x: Float32Array, target: number): number {
  let top = 0;
  for (let j = 1; j < x.length; j++) if (x[j] > x[top]) top = j;
  const max = x[top];
  let sum = max - max;
  let error = 0; // As in `uncorrectedExponentials`.
  let part = 0;
  for (let j = 0; j < x.length; j++) {
    if (j !== top) part += expBelowZero(x[j] - max);
    if (j % 8 === 7 || j === x.length - 1) {
      const term: number = part - error;
      const next = sum + term;
      error = next - sum - term;
      sum = next;
      part = 0;
    }
  }
  return Math.log1p(sum) - (x[target] - max);
}

function isFloatArray(x: unknown): x is Float32Array | Float64Array {
  return x instanceof Float32Array || x instanceof Float64Array;
}
