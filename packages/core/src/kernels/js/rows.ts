import type { KernelArray } from "../../types.ts";
import { expBelowZero } from "./exp.ts";

/** Copies a row into `row`. */
export function loadRow(
  x: ArrayLike<number>,
  start: number,
  stride: number,
  row: Float64Array,
): void {
  if (stride === 1 && row.length >= 64 && isFloatArray(x)) {
    row.set(x.subarray(start, start + row.length));
    return;
  }
  for (let j = 0, k = start; j < row.length; j++, k += stride) row[j] = x[k];
}

/** Writes `row` back to where `loadRow` would read it. */
export function storeRow(row: Float64Array, out: KernelArray, start: number, stride: number): void {
  if (stride === 1 && row.length >= 64 && isFloatArray(out)) {
    out.set(row, start);
    return;
  }
  for (let j = 0, k = start; j < row.length; j++, k += stride) out[k] = row[j];
}

/** Where the maximum stands: the first of several, or the first NaN if there is one. */
export function argmax(row: Float64Array, from = 0, end = row.length): number {
  let top = from;
  let max = row[from];
  for (let j = from; j < end; j++) {
    const value = row[j];
    if (value <= max) continue;
    if (Number.isNaN(value)) return j;
    top = j;
    max = value;
  }
  return top;
}

/**
 * Puts `exp((row[j] − max) / temperature)` into `exps`.
 *
 * The sum leaves the maximum's own 1 out: where one class dominates, 1 + S would round S away,
 * and S is what the loss and the gradient are made of.
 *
 * @returns S = Σ exps over all but `top`; NaN if the maximum is not finite, since then no element
 * has a meaning relative to it. Good for 1 + S; see `exponentials` for log(1 + S).
 */
export function uncorrectedExponentials(
  row: Float64Array,
  exps: Float64Array,
  top: number,
  temperature: number,
  from: number,
  end: number,
): number {
  const max = row[top];
  let sum = max - max;
  let lost = 0; // Kahan's compensation: 131072 terms must add up as exactly as three.
  row[top] = Number.NEGATIVE_INFINITY; // Adds nothing.
  for (let j = from; j < end; ) {
    let part = 0; // Compensating every single term would take longer than its exponential.
    for (const stop = Math.min(j + 8, end); j < stop; j++) {
      const e = expBelowZero(temperature === 1 ? row[j] - max : (row[j] - max) / temperature);
      exps[j] = e;
      part += e;
    }
    const term: number = part - lost;
    const next = sum + term;
    lost = next - sum - term;
    sum = next;
  }
  row[top] = max;
  exps[top] = 1;
  return sum;
}

/** The same, with S so exact that log(1 + S) is, too, however small. */
export function exponentials(
  row: Float64Array,
  exps: Float64Array,
  top: number,
  temperature = 1,
  from = 0,
  end = row.length,
): number {
  const sum = uncorrectedExponentials(row, exps, top, temperature, from, end);
  // Above that, no logarithm of 1 + S is off by more than 3e-16, relative, for what shifts have lost.
  const isSmall = 16 * sum * sum < end - from;
  return isSmall ? sum + shiftErrors(row, exps, top, from, end) / temperature : sum;
}

/** What the sum of exponentials has lost to the rounding of row[j] − max. */
function shiftErrors(
  row: Float64Array,
  exps: Float64Array,
  top: number,
  from: number,
  end: number,
): number {
  const max = row[top];
  let sum = 0;
  for (let j = from; j < end; j++) {
    if (exps[j] === 0) continue;
    const shifted = row[j] - max;
    const given = shifted - row[j];
    sum += exps[j] * (row[j] - (shifted - given) - (max + given));
  }
  return sum;
}

/** −log softmax(x)ₜ of one row of float32, whose differences are nearly exact in doubles; NaN where it is not finite. */
export function crossEntropyOfRow(x: Float32Array, target: number): number {
  let top = 0;
  for (let j = 1; j < x.length; j++) if (x[j] > x[top]) top = j;
  const max = x[top];
  let sum = max - max;
  let lost = 0; // As in `plainExponentials`.
  let part = 0;
  for (let j = 0; j < x.length; j++) {
    if (j !== top) part += expBelowZero(x[j] - max);
    if (j % 8 === 7 || j === x.length - 1) {
      const term: number = part - lost;
      const next = sum + term;
      lost = next - sum - term;
      sum = next;
      part = 0;
    }
  }
  return Math.log1p(sum) - (x[target] - max);
}

function isFloatArray(x: unknown): x is Float32Array | Float64Array {
  return x instanceof Float32Array || x instanceof Float64Array;
}
