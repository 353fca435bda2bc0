// Rows that lie in one piece and are long: the lanes run along the row.
import { addLanes, logOfRatio } from "./arithmetic";
import { EXPONENT, float, HIGH, INVERSE, LOG2E, ONE, scalar } from "./constants";
import { keepRow, MAGIC, sumRow } from "./exponentials";
import { FOUND, INDEX, PAD, PLACE, SCALES, SUMS, VALUES } from "./memory";
import { isGradient, isLogSoftmax, isLoss, keeps, Result, times } from "./result";
import { constantsNow, ownOf } from "./temperature";

/**
 * From this exponent of the maximum on, values are shifted first. Below, all exponents that count are below
 * 2⁹, so that their products with the 15 bits of −ln 2 are exact; above, so are all differences that count.
 */
export const LARGE: f32 = 300;

/** The greatest element; NaN is passed over: it comes out of the sum. Leaves in PLACE a bit before where it is. */
function maxOf(x: usize, size: i32): f32 {
  let max: f32 = -Infinity;
  let best = f32x4.splat(max);
  store<usize>(PLACE, x);
  const end = x + (<usize>size << 2);
  const whole = x + (<usize>(size & ~3) << 2);
  while (x < whole) {
    const from = x;
    const stop = min(whole, x + 512);
    let a = best;
    let b = best;
    let c = best;
    let d = best;
    for (; x + 64 <= stop; x += 64) {
      a = f32x4.pmax(a, v128.load(x));
      b = f32x4.pmax(b, v128.load(x, 16));
      c = f32x4.pmax(c, v128.load(x, 32));
      d = f32x4.pmax(d, v128.load(x, 48));
    }
    for (; x < stop; x += 16) a = f32x4.pmax(a, v128.load(x));
    a = f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d));
    if (!v128.any_true(f32x4.gt(a, best))) continue;
    a = f32x4.pmax(a, v128.shuffle<i32>(a, a, 2, 3, 0, 1));
    best = f32x4.pmax(a, v128.shuffle<i32>(a, a, 1, 0, 3, 2));
    max = f32x4.extract_lane(best, 0);
    store<usize>(PLACE, from);
  }
  for (; x < end; x += 4) {
    const value = load<f32>(x);
    if (value > max) {
      max = value;
      store<usize>(PLACE, x);
    }
  }
  return max;
}

/** The place of the first element from x on that equals `value`, which there is. */
function find(x: usize, value: f32): usize {
  const wanted = f32x4.splat(value);
  while (!v128.any_true(f32x4.eq(v128.load(x), wanted))) x += 16;
  while (load<f32>(x) != value) x += 4;
  return x;
}

/** out = x · factor. Rounding does not make a probability greater than 1. */
export function scale(x: usize, out: usize, size: i32, factor: f32): void {
  const one = float(ONE);
  const f = f32x4.splat(factor);
  const end = x + (<usize>size << 2);
  for (; x + 64 <= end; x += 64, out += 64) {
    v128.store(out, times(v128.load(x), f, one));
    v128.store(out, times(v128.load(x, 16), f, one), 16);
    v128.store(out, times(v128.load(x, 32), f, one), 32);
    v128.store(out, times(v128.load(x, 48), f, one), 48);
  }
  for (; x < end; x += 4, out += 4) v128.store_lane<f32>(out, times(v128.load32_zero(x), f, one), 0);
}

/** out = (x − a) · factor − b: in this order, so that a large a does not swallow b. */
export function subtract(x: usize, out: usize, size: i32, a: f32, b: f32, factor: f32): void {
  const va = f32x4.splat(a);
  const vb = f32x4.splat(b);
  const f = f32x4.splat(factor);
  const end = x + (<usize>size << 2);
  for (; x + 16 <= end; x += 16, out += 16) {
    v128.store(out, f32x4.sub(f32x4.mul(f32x4.sub(v128.load(x), va), f), vb));
  }
  for (; x < end; x += 4, out += 4) store<f32>(out, (load<f32>(x) - a) * factor - b);
}

/** out = value everywhere. */
function fill(out: usize, size: i32, value: f32): void {
  for (const end = out + (<usize>size << 2); out < end; out += 4) store<f32>(out, value);
}

// @ts-expect-error: decorator
@inline
function isFinite(max: f32): bool {
  return abs<f32>(max) < Infinity;
}

/** The sum of all lanes of the last exponentials. */
// @ts-expect-error: decorator
@inline
function addedUp(): f64 {
  return addLanes(f64x2.add(v128.load(SUMS), v128.load(SUMS, 16)));
}

/** Σ exp(x − shift) · 2^(−k), by way of the pad; with `keep` the terms go to `out`. */
function addInParts(keep: bool, x: usize, out: usize, size: i32, shift: f32, low: v128, magic: v128): f64 {
  let sum: f64 = 0;
  for (let left = size; left > 0; left -= 128, x += 512, out += 512) {
    const count = min(left, 128);
    const end = PAD + (<usize>((count + 3) >> 2) << 4);
    v128.store(end - 16, f32x4.splat(-Infinity));
    subtract(x, PAD, count, shift, 0, 1);
    keepRow(PAD, PAD, end, low, magic, SUMS);
    sum += addedUp();
    if (keep) memory.copy(out, PAD, <usize>count << 2);
  }
  return sum;
}

/**
 * Goes through a row once. Leaves in FOUND: its maximum and, if that is finite, `shift` and `k`, the
 * maximum's own exp(max − shift) · 2^(−k), and the sum of the others'; with `keep` these go to `out`.
 *
 * The greatest is hidden while the others are added up, and put back.
 */
export function survey(keep: bool, x: usize, out: usize, size: i32): void {
  const max = maxOf(x, size);
  store<f64>(FOUND, max);
  if (!isFinite(max)) return;
  const log2e = scalar(LOG2E, constantsNow());
  const shift: f32 = abs<f32>(max * log2e) >= LARGE ? max : 0;
  const n = nearest<f32>((max - shift) * log2e);
  const k = n + scalar(EXPONENT, constantsNow());
  const own = f64x2.extract_lane(ownOf(f64x2.splat(<f64>(max - shift)), f64x2.splat(<f64>n)), 0);
  const low = f32x4.splat((127 - k) * scalar(HIGH, constantsNow()));
  const magic = f32x4.splat(MAGIC - k);
  const top = find(load<usize>(PLACE), max);
  const place = top - x;
  store<f32>(top, -Infinity);
  const whole = shift == 0 ? size & ~3 : 0;
  const bytes = <usize>whole << 2;
  if (keep) keepRow(x, out, x + bytes, low, magic, SUMS);
  else sumRow(x, x + bytes, low, magic, SUMS);
  const others = addedUp() + addInParts(keep, x + bytes, out + bytes, size - whole, shift, low, magic);
  store<f32>(top, max);
  if (keep) store<f32>(out + place, <f32>own);
  store<f64>(FOUND, shift, 8);
  store<f64>(FOUND, k, 16);
  store<f64>(FOUND, own, 24);
  store<f64>(FOUND, others, 32);
}

/** Whether there is NaN among the elements. */
function hasNaN(x: usize, size: i32): bool {
  for (const end = x + (<usize>size << 2); x < end; x += 4) if (isNaN(load<f32>(x))) return true;
  return false;
}

/** A row whose maximum is infinite: nothing has a meaning relative to it. */
function infiniteRow(result: Result, x: usize, out: usize, size: i32, max: f32, empty: f32, at: usize): void {
  const isEmpty = !isLoss() && !hasNaN(x, size);
  store<f64>(at, isEmpty ? max : NaN);
  if (keeps(result) || isLogSoftmax(result)) fill(out, size, isEmpty && max < 0 ? empty : NaN);
}

/** One row, whose place among the numbers per row is `row`. */
export function rowOf(result: Result, x: usize, out: usize, size: i32, row: i32, empty: f32): void {
  const at = VALUES + (<usize>row << 3);
  let target = 0;
  if (isLoss()) {
    target = load<i32>(INDEX + (<usize>row << 2));
    if (target < 0) {
      store<f64>(at, 0);
      if (keeps(result)) fill(out, size, 0);
      return;
    }
  }
  const logit = load<f32>(x + (<usize>target << 2));
  survey(keeps(result), x, out, size);
  const max = <f32>load<f64>(FOUND);
  if (!isFinite(max)) {
    infiniteRow(result, x, out, size, max, empty, at);
    return;
  }
  const own = load<f64>(FOUND, 24);
  const others = load<f64>(FOUND, 32);
  const total = own + others;
  if (!isLoss() && keeps(result)) {
    scale(out, out, size, <f32>(1 / total));
    return;
  }
  const logTotal = f64x2.extract_lane(logOfRatio(f64x2.splat(own), f64x2.splat(others), f64x2.splat(total)), 0);
  if (isLogSoftmax(result)) {
    subtract(x, out, size, max, <f32>logTotal, scalar(INVERSE, constantsNow()));
    return;
  }
  store<f64>(at, (isLoss() ? <f64>max - <f64>logit : <f64>max) + logTotal);
  if (!isGradient(result)) return;
  const upstream = load<f64>(SCALES + (<usize>row << 3));
  const slope = out + (<usize>target << 2);
  const p = <f64>load<f32>(slope) / total;
  scale(out, out, size, <f32>(upstream / total));
  // p − 1 would cancel where the target dominates.
  store<f32>(slope, <f32>(upstream * (logit == max ? -others / total : p - 1)));
}

/** Rows of `size` floats, one after the other; `out` may be x, and is not used where only values come out. */
export function rowsOf(result: Result, x: usize, out: usize, rows: i32, size: i32, empty: f32): void {
  const bytes = <usize>size << 2;
  for (let r = 0; r < rows; r++, x += bytes, out += bytes) rowOf(result, x, out, size, r, empty);
}
