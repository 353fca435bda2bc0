// Rows that lie in one piece and are long: the lanes run along the row.
import { addLanes } from "./arithmetic";
import { float, INVERSE, ONE, scalar } from "./constants";
import { keepRow, sumRow } from "./exponentials";
import { COUNTS, FACTORS, INDEX, LOGITS, LOGS, LONE, OWN, PAD, PLACE, SLOPES, SUMS, TERMS, VALUES } from "./memory";
import { isGradient, isLogSoftmax, isLoss, keeps, times } from "./operation";
import { exponentOf, settle, shiftOf } from "./epilogue";
import { constantsNow } from "./temperature";

/** The greatest element; NaN is passed over: it comes out of the sum. Leaves in PLACE a bit before where it is. */
export function maxOf(x: usize, size: i32): f32 {
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
function scale(x: usize, out: usize, size: i32, factor: f32): void {
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

/** Whether there is NaN among the elements. */
function hasNaN(x: usize, size: i32): bool {
  for (const end = x + (<usize>size << 2); x < end; x += 4) if (isNaN(load<f32>(x))) return true;
  return false;
}

/** The exponentials from x to end, lane by lane; with `keep` they go to `out`. */
// @ts-expect-error: decorator
@inline
function addUp(keep: bool, x: usize, out: usize, end: usize, n: v128): void {
  if (keep) keepRow(x, out, end, n, SUMS);
  else sumRow(x, end, n, SUMS);
}

/** The sum of all lanes of the last exponentials. */
// @ts-expect-error: decorator
@inline
function addedUp(): f64 {
  return addLanes(f64x2.add(v128.load(SUMS), v128.load(SUMS, 16)));
}

/** Σ exp(x − shift) · 2^(−k), by way of the pad; with `keep` the terms go to `out`. */
function addInParts(keep: bool, x: usize, out: usize, size: i32, shift: f32, n: v128): f64 {
  let sum: f64 = 0;
  for (let left = size; left > 0; left -= 128, x += 512, out += 512) {
    const count = min(left, 128);
    const end = PAD + (<usize>((count + 3) >> 2) << 4);
    v128.store(end - 16, f32x4.splat(-Infinity));
    subtract(x, PAD, count, shift, 0, 1);
    addUp(keep, PAD, PAD, end, n);
    sum += addedUp();
    if (keep) memory.copy(out, PAD, <usize>count << 2);
  }
  return sum;
}

/**
 * The sum of the terms of a row, or of a piece of one, whose maximum is given, without the maximum's
 * own: `hide` says that `maxOf` found it there last. Where they are kept, terms go to `out`, with 0 in
 * place of the maximum's.
 *
 * Without a finite maximum no term has a meaning, and the sum only tells whether there is NaN.
 */
export function add(x: usize, out: usize, size: i32, max: f32, hide: bool): f64 {
  if (!isFinite(max)) return hasNaN(x, size) ? NaN : 0;
  const keep = keeps(out != 0);
  const tops = f32x4.splat(max);
  const shift = shiftOf(tops);
  const n = exponentOf(f32x4.sub(tops, shift));
  const top = hide ? find(load<usize>(PLACE), max) : 0;
  // Not always the maximum's own bits: −0 equals 0.
  const hidden = hide ? load<f32>(top) : 0;
  if (hide) store<f32>(top, -Infinity);
  const whole = v128.any_true(shift) ? 0 : size & ~3;
  const bytes = <usize>whole << 2;
  addUp(keep, x, out, x + bytes, n);
  const sum = addedUp() + addInParts(keep, x + bytes, out + bytes, size - whole, f32x4.extract_lane(shift, 0), n);
  if (hide) {
    store<f32>(top, hidden);
    store<usize>(PLACE, top - x);
  }
  return sum;
}

/** The class of a row; below 0, the row counts for nothing. */
// @ts-expect-error: decorator
@inline
export function classOf(row: i32): i32 {
  return isLoss() ? load<i32>(INDEX + (<usize>row << 2)) : 0;
}

/**
 * What comes of a row, or of a piece of one that begins at the row's element `first`: its value, if
 * rows have one, and what is written to `out`, if something is. `others` are the terms of the whole row
 * without the maximum's; `x` holds logits, or the terms where they are kept; `hasTop` says that the
 * maximum's is missing there, at PLACE.
 */
export function finish(
  x: usize, out: usize, size: i32, first: i32, hasTop: bool, row: i32, max: f32, others: f64, logit: f32, empty: f32,
): void {
  const at = VALUES + (<usize>row << 3);
  const target = classOf(row);
  if (target < 0) {
    store<f64>(at, 0);
    if (out != 0) fill(out, size, 0);
    return;
  }
  if (!isFinite(max)) {
    const isEmpty = !isLoss() && !isNaN(others);
    store<f64>(at, isEmpty ? max : NaN);
    if (out != 0) fill(out, size, isEmpty && max < 0 ? empty : NaN);
    return;
  }
  const writes = out != 0;
  const place = <usize>(target - first) << 2;
  const hasTarget = isGradient(writes) && <u32>(target - first) < <u32>size;
  // As wide as they are read: a processor waits for what was written in parts.
  v128.store64_lane(LONE, f32x4.splat(max), 0);
  v128.store64_lane(LONE, f32x4.splat(logit), 0, LOGITS);
  v128.store(SUMS, f64x2.splat(others));
  v128.store(SUMS, f64x2.splat(0), COUNTS);
  if (hasTarget) v128.store64_lane(LONE, v128.load32_splat(x + place), 0, TERMS);
  settle(writes, LONE, LONE + 8, row);
  if (keeps(writes)) {
    if (hasTop) store<f32>(x + load<usize>(PLACE), load<f32>(LONE, OWN));
    scale(x, out, size, load<f32>(LONE, FACTORS));
  }
  if (hasTarget) store<f32>(out + place, load<f32>(LONE, SLOPES));
  if (isLogSoftmax(writes)) subtract(x, out, size, max, load<f32>(LONE, LOGS), scalar(INVERSE, constantsNow()));
}

/** One row, whose place among the numbers per row is `row`. */
export function rowOf(x: usize, out: usize, size: i32, row: i32, empty: f32): void {
  const target = classOf(row);
  if (target < 0) {
    finish(x, out, size, 0, false, row, 0, 0, 0, empty);
    return;
  }
  const logit = load<f32>(x + (<usize>target << 2));
  const max = maxOf(x, size);
  const others = add(x, out, size, max, true);
  finish(keeps(out != 0) ? out : x, out, size, 0, true, row, max, others, logit, empty);
}

/** Rows of `size` floats, one after the other; `out` may be x, or 0 where nothing is written. */
export function rowsOf(x: usize, out: usize, rows: i32, size: i32, empty: f32): void {
  const bytes = <usize>size << 2;
  const step = out == 0 ? 0 : bytes;
  for (let r = 0; r < rows; r++, x += bytes, out += step) rowOf(x, out, size, r, empty);
}
