// Rows that lie in one piece and are long: the lanes run along the row.
import { addLanes, exp2, exp4, log1p2, madd, promoteHigh } from "./arithmetic";
import { CONSTANTS } from "./constants";

/** What is made of each row. */
export enum Result {
  SOFTMAX,
  LOG_SOFTMAX,
  LOG_SUM_EXP,
  LOSS,
  LOSS_AND_GRADIENT,
}

/** Above this, log2 e times a float and its neighbours no longer tell ulps apart: shift the values first. */
export const LARGE: f32 = 208;

export const LN2: f64 = 0.6931471805599453;
export const LOG2E: f32 = 1.44269502;

/** The greatest element. NaN is passed over: it comes out of the sum. */
export function maxOf(x: usize, size: i32): f32 {
  let a = f32x4.splat(-Infinity);
  let b = a;
  let c = a;
  let d = a;
  const end = x + (<usize>size << 2);
  for (; x + 64 <= end; x += 64) {
    a = f32x4.pmax(a, v128.load(x));
    b = f32x4.pmax(b, v128.load(x, 16));
    c = f32x4.pmax(c, v128.load(x, 32));
    d = f32x4.pmax(d, v128.load(x, 48));
  }
  for (; x + 16 <= end; x += 16) a = f32x4.pmax(a, v128.load(x));
  a = f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d));
  a = f32x4.pmax(a, v128.shuffle<i32>(a, a, 2, 3, 0, 1));
  a = f32x4.pmax(a, v128.shuffle<i32>(a, a, 1, 0, 3, 2));
  let max = f32x4.extract_lane(a, 0);
  for (; x < end; x += 4) {
    const value = load<f32>(x);
    if (value > max) max = value;
  }
  return max;
}

/** The place of the first element that equals `value`, which there is. */
export function find(x: usize, value: f32): usize {
  const wanted = f32x4.splat(value);
  while (!v128.any_true(f32x4.eq(v128.load(x), wanted))) x += 16;
  while (load<f32>(x) != value) x += 4;
  return x;
}

/**
 * Σ exp(x − shift) · 2^(−k), and with `keep` the terms go to `out`.
 *
 * Eight lanes, at most 16 terms deep, then folded into doubles. Equal terms round alike in every
 * lane, so depth shows: 128 deep, ties are off by 12 ulp, and one float lane over 50257 classes
 * by a thousand.
 */
// @ts-expect-error: decorator
@inline
function sumExps(keep: bool, x: usize, out: usize, size: i32, shift: f32, k: i32): f64 {
  const log2e = v128.load(CONSTANTS);
  const magic = v128.load(CONSTANTS, 16);
  const high = v128.load(CONSTANTS, 32);
  const rest = v128.load(CONSTANTS, 48);
  const c6 = v128.load(CONSTANTS, 64);
  const c5 = v128.load(CONSTANTS, 80);
  const c4 = v128.load(CONSTANTS, 96);
  const c3 = v128.load(CONSTANTS, 112);
  const c2 = v128.load(CONSTANTS, 128);
  const offset = f32x4.splat(shift);
  const low = f32x4.splat(<f32>(<f64>(k - 127) * LN2));
  const bias = i32x4.splat(127 - k);
  let total = f64x2.splat(0);
  const end = x + (<usize>size << 2);
  const end8 = x + ((<usize>size >> 3) << 5);
  while (x < end8) {
    const stop = min(end8, x + 512);
    let s0 = f32x4.splat(0);
    let s1 = s0;
    for (; x < stop; x += 32) {
      const e0 = exp4(f32x4.sub(v128.load(x), offset), low, bias, log2e, magic, high, rest, c6, c5, c4, c3, c2);
      const e1 = exp4(f32x4.sub(v128.load(x, 16), offset), low, bias, log2e, magic, high, rest, c6, c5, c4, c3, c2);
      s0 = f32x4.add(s0, e0);
      s1 = f32x4.add(s1, e1);
      if (keep) {
        v128.store(out, e0);
        v128.store(out, e1, 16);
        out += 32;
      }
    }
    total = f64x2.add(total, f64x2.add(fold(s0), fold(s1)));
  }
  for (; x < end; x += 4) {
    const e = exp4(
      f32x4.sub(f32x4.splat(load<f32>(x)), offset),
      low, bias, log2e, magic, high, rest, c6, c5, c4, c3, c2,
    );
    total = f64x2.add(total, f64x2.replace_lane(f64x2.promote_low_f32x4(e), 1, 0));
    if (keep) {
      v128.store_lane<f32>(out, e, 0);
      out += 4;
    }
  }
  return addLanes(total);
}

// @ts-expect-error: decorator
@inline
function fold(sum: v128): v128 {
  return f64x2.add(f64x2.promote_low_f32x4(sum), promoteHigh(sum));
}

/** Σ exp(x − shift) · 2^(−k). */
export function sum(x: usize, size: i32, shift: f32, k: i32): f64 {
  return sumExps(false, x, 0, size, shift, k);
}

/** The same, and its terms go to `out`. */
export function terms(x: usize, out: usize, size: i32, shift: f32, k: i32): f64 {
  return sumExps(true, x, out, size, shift, k);
}

/** out = x · factor. */
export function scale(x: usize, out: usize, size: i32, factor: f32): void {
  const f = f32x4.splat(factor);
  const end = x + (<usize>size << 2);
  for (; x + 64 <= end; x += 64, out += 64) {
    v128.store(out, f32x4.mul(v128.load(x), f));
    v128.store(out, f32x4.mul(v128.load(x, 16), f), 16);
    v128.store(out, f32x4.mul(v128.load(x, 32), f), 32);
    v128.store(out, f32x4.mul(v128.load(x, 48), f), 48);
  }
  for (; x < end; x += 4, out += 4) store<f32>(out, load<f32>(x) * factor);
}

/** out = (x − a) − b: in this order, so that a large a does not swallow b. */
export function subtract(x: usize, out: usize, size: i32, a: f32, b: f32): void {
  const va = f32x4.splat(a);
  const vb = f32x4.splat(b);
  const end = x + (<usize>size << 2);
  for (; x + 16 <= end; x += 16, out += 16) {
    v128.store(out, f32x4.sub(f32x4.sub(v128.load(x), va), vb));
  }
  for (; x < end; x += 4, out += 4) store<f32>(out, load<f32>(x) - a - b);
}

/** out = value everywhere. */
export function fill(out: usize, size: i32, value: f32): void {
  const v = f32x4.splat(value);
  const end = out + (<usize>size << 2);
  for (; out + 16 <= end; out += 16) v128.store(out, v);
  for (; out < end; out += 4) store<f32>(out, value);
}

/** What a row is to be shifted by, and then scaled by 2^(−k), for exponentials around 1. */
// @ts-expect-error: decorator
@inline
export function shiftOf(max: f32): f32 {
  return abs<f32>(max) >= LARGE ? max : 0;
}

// @ts-expect-error: decorator
@inline
export function exponentOf(shifted: f32): i32 {
  return <i32>nearest<f32>(shifted * LOG2E);
}

/** exp of the shifted maximum, by the same exponent: what the maximum's own term is, exactly. */
export function topTerm(shifted: f32, k: i32): f64 {
  return f64x2.extract_lane(exp2(f64x2.splat(<f64>shifted - <f64>k * LN2)), 0);
}

export function log1p(s: f64): f64 {
  return f64x2.extract_lane(log1p2(f64x2.splat(s)), 0);
}

/** Whether there is NaN among the elements. */
function hasNaN(x: usize, size: i32): bool {
  for (const end = x + (<usize>size << 2); x < end; x += 4) if (isNaN(load<f32>(x))) return true;
  return false;
}

/** A row whose maximum is infinite: nothing has a meaning relative to it. */
function infiniteRow(result: Result, x: usize, out: usize, size: i32, max: f32, empty: f32, at: usize): void {
  const nothing = max < 0 && !hasNaN(x, size);
  if (result == Result.SOFTMAX || result == Result.LOG_SOFTMAX) fill(out, size, nothing ? empty : NaN);
  else if (result == Result.LOG_SUM_EXP) store<f64>(at, nothing || max > 0 && !hasNaN(x, size) ? max : NaN);
  else {
    store<f64>(at, NaN);
    if (result == Result.LOSS_AND_GRADIENT) fill(out, size, NaN);
  }
}

/**
 * @param x rows of `size` floats, one after the other. The greatest is hidden while the others are
 * added up, and put back.
 * @param out room for the same, may be x; not used by LOG_SUM_EXP and LOSS.
 * @param values one double per row: where LOG_SUM_EXP and the losses go.
 * @param index one class per row, −1 for none; scales: one double per row.
 */
export function rowsOf(
  result: Result, x: usize, out: usize, rows: i32, size: i32,
  empty: f32, values: usize, index: usize, scales: usize,
): void {
  const bytes = <usize>size << 2;
  for (let r = 0; r < rows; r++, x += bytes, out += bytes, values += 8, index += 4, scales += 8) {
    let target = 0;
    if (result == Result.LOSS || result == Result.LOSS_AND_GRADIENT) {
      target = load<i32>(index);
      if (target < 0) {
        store<f64>(values, 0);
        if (result == Result.LOSS_AND_GRADIENT) fill(out, size, 0);
        continue;
      }
    }
    const max = maxOf(x, size);
    if (!(abs<f32>(max) < Infinity)) {
      infiniteRow(result, x, out, size, max, empty, values);
      continue;
    }
    const logit = load<f32>(x + (<usize>target << 2));
    const top = find(x, max) - x;
    const shift = shiftOf(max);
    const k = exponentOf(max - shift);
    const own = topTerm(max - shift, k);
    store<f32>(x + top, -Infinity);
    const keep = result == Result.SOFTMAX || result == Result.LOSS_AND_GRADIENT;
    const others = keep ? terms(x, out, size, shift, k) : sum(x, size, shift, k);
    store<f32>(x + top, max);
    if (keep) store<f32>(out + top, <f32>own);
    const total = own + others;
    if (result == Result.SOFTMAX) {
      scale(out, out, size, <f32>(1 / total));
      continue;
    }
    const logTotal = log1p(others / own);
    if (result == Result.LOG_SOFTMAX) subtract(x, out, size, max, <f32>logTotal);
    else if (result == Result.LOG_SUM_EXP) store<f64>(values, <f64>max + logTotal);
    else {
      store<f64>(values, <f64>max - <f64>logit + logTotal);
      if (result == Result.LOSS_AND_GRADIENT) {
        const upstream = load<f64>(scales);
        const at = out + (<usize>target << 2);
        const p = <f64>load<f32>(at) / total;
        scale(out, out, size, <f32>(upstream / total));
        // p − 1 would cancel where the target dominates.
        store<f32>(at, <f32>(upstream * (logit == max ? -others / total : p - 1)));
      }
    }
  }
}
