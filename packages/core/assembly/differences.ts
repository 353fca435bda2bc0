// Losses of the difference of two arrays of float32.
//
// Each kernel writes its losses to `out`, and their derivatives times high + low: those with respect to x to `gradX`,
// and those with respect to y to `gradY`. Here the second are the opposites of the first. It writes nothing to an
// address that is 0; `gradY` needs `gradX`. It returns the sum of the losses. All arrays are addresses. `count` is
// a multiple of four. An output may equal an input. In `pmin` and `pmax`, the first argument may be NaN, which they keep.
import { sumLanes } from "./arithmetic";
import { HALF, INFINITY, ONE, splatElementConstant } from "./elementsConstants";
import { accumulate, store, storeScaled, storeScaledFinite } from "./outputs";

/** Half of a smaller beta is below an ulp of the largest float. */
const LARGE_BETA: f32 = 1e30;

/** Returns whether a difference has overflowed, given their sizes. */
// @ts-expect-error: decorator
@inline
function hasOverflow(sizes: v128): bool {
  return v128.any_true(f32x4.eq(sizes, splatElementConstant(INFINITY)));
}

/** Returns half of x − y, which does not overflow. */
// @ts-expect-error: decorator
@inline
function halfDifference(x: v128, y: v128): v128 {
  const half = splatElementConstant(HALF);
  return f32x4.sub(f32x4.mul(half, x), f32x4.mul(half, y));
}

/** Returns a · (|x − y| − b), where the difference has overflowed, which the product need not. */
// @ts-expect-error: decorator
@inline
function productOfOverflow(a: v128, x: v128, y: v128, b: v128): v128 {
  const half = splatElementConstant(HALF);
  const rest = f32x4.sub(f32x4.abs(halfDifference(x, y)), f32x4.mul(half, b));
  return f32x4.mul(f32x4.add(a, a), rest);
}

/** |x − y|. The derivative is its sign: 0 at 0 and at NaN. */
export function absoluteDifference(
  x: usize, y: usize, out: usize, gradX: usize, gradY: usize, count: i32, high: f32, low: f32,
): f64 {
  const highs = f32x4.splat(high);
  const lows = f32x4.splat(low);
  const zero = f32x4.splat(0);
  const one = splatElementConstant(ONE);
  let sum = f64x2.splat(0);
  for (let offset: usize = 0, end = <usize>count << 2; offset < end; offset += 16) {
    const difference = f32x4.sub(v128.load(x + offset), v128.load(y + offset));
    const loss = f32x4.abs(difference);
    store(out, offset, loss);
    if (gradX != 0) {
      const sign = v128.xor(difference, loss);
      const slope = v128.and(v128.or(sign, one), f32x4.gt(loss, zero));
      storeScaledFinite(gradX, offset, slope, highs, lows);
      storeScaledFinite(gradY, offset, f32x4.sub(zero, slope), highs, lows);
    }
    sum = accumulate(sum, loss);
  }
  return sumLanes(sum);
}

/**
 * s · (|d| − s / 2) with d = x − y and s = min(|d|, delta). The derivative is d between −delta and delta.
 *
 * No element is squared, so nothing overflows where the loss does not, except the difference, if delta is below 1.
 */
export function huber(
  x: usize, y: usize, out: usize, gradX: usize, gradY: usize, count: i32, high: f32, low: f32,
  delta: f32,
): f64 {
  const highs = f32x4.splat(high);
  const lows = f32x4.splat(low);
  const zero = f32x4.splat(0);
  const limit = f32x4.splat(delta);
  const minusLimit = f32x4.splat(-delta);
  const half = splatElementConstant(HALF);
  const mayOverflow = delta < 1;
  let sum = f64x2.splat(0);
  for (let offset: usize = 0, end = <usize>count << 2; offset < end; offset += 16) {
    const first = v128.load(x + offset);
    const second = v128.load(y + offset);
    const difference = f32x4.sub(first, second);
    const size = f32x4.abs(difference);
    const squared = f32x4.pmin(size, limit);
    const halfSquared = f32x4.mul(half, squared);
    let loss = f32x4.mul(squared, f32x4.sub(size, halfSquared));
    if (mayOverflow && hasOverflow(size)) {
      loss = productOfOverflow(squared, first, second, halfSquared);
    }
    store(out, offset, loss);
    if (gradX != 0) {
      const slope = f32x4.pmax(f32x4.pmin(difference, limit), minusLimit);
      storeScaledFinite(gradX, offset, slope, highs, lows);
      storeScaledFinite(gradY, offset, f32x4.sub(zero, slope), highs, lows);
    }
    sum = accumulate(sum, loss);
  }
  return sumLanes(sum);
}

/**
 * s / beta · (|d| − s / 2) with d = x − y and s = min(|d|, beta). The derivative is d / beta between −1 and 1.
 *
 * The loss is at least |d| − beta / 2. So the difference overflows where the loss does not only if beta is large.
 *
 * @param inverse 1 / beta: two divisions would take as long as everything else.
 */
export function smoothL1(
  x: usize, y: usize, out: usize, gradX: usize, gradY: usize, count: i32, high: f32, low: f32,
  beta: f32, inverse: f32,
): f64 {
  const highs = f32x4.splat(high);
  const lows = f32x4.splat(low);
  const zero = f32x4.splat(0);
  const limit = f32x4.splat(beta);
  const factor = f32x4.splat(inverse);
  const half = splatElementConstant(HALF);
  const one = splatElementConstant(ONE);
  const minusOne = f32x4.neg(one);
  const mayOverflow = beta > LARGE_BETA;
  let sum = f64x2.splat(0);
  for (let offset: usize = 0, end = <usize>count << 2; offset < end; offset += 16) {
    const first = v128.load(x + offset);
    const second = v128.load(y + offset);
    const difference = f32x4.sub(first, second);
    const size = f32x4.abs(difference);
    const squared = f32x4.pmin(size, limit);
    // The quotient first: the product of two sizes may overflow or underflow where the loss does not.
    const quotient = f32x4.mul(squared, factor);
    const halfSquared = f32x4.mul(half, squared);
    let loss = f32x4.mul(quotient, f32x4.sub(size, halfSquared));
    if (mayOverflow && hasOverflow(size)) {
      loss = productOfOverflow(quotient, first, second, halfSquared);
    }
    store(out, offset, loss);
    if (gradX != 0) {
      const slope = f32x4.pmax(f32x4.pmin(f32x4.mul(difference, factor), one), minusOne);
      storeScaledFinite(gradX, offset, slope, highs, lows);
      storeScaledFinite(gradY, offset, f32x4.sub(zero, slope), highs, lows);
    }
    sum = accumulate(sum, loss);
  }
  return sumLanes(sum);
}

/**
 * max(0, m) with m = margin − t · (x − y). The derivative is −t where m is at least 0, also where t is NaN. The margin
 * is the sum of two floats. There is no derivative with respect to t.
 */
export function marginRanking(
  x: usize, y: usize, out: usize, gradX: usize, gradY: usize, count: i32, high: f32, low: f32,
  t: usize, gradT: usize, marginHigh: f32, marginLow: f32,
): f64 {
  const zero = f32x4.splat(0);
  const highs = f32x4.splat(high);
  const lows = f32x4.splat(low);
  const marginHighs = f32x4.splat(marginHigh);
  const marginLows = f32x4.splat(marginLow);
  const half = splatElementConstant(HALF);
  const infinity = splatElementConstant(INFINITY);
  let sum = f64x2.splat(0);
  for (let offset: usize = 0, end = <usize>count << 2; offset < end; offset += 16) {
    const first = v128.load(x + offset);
    const second = v128.load(y + offset);
    const difference = f32x4.sub(first, second);
    const label = v128.load(t + offset);
    let missing = f32x4.add(f32x4.sub(marginHighs, f32x4.mul(label, difference)), marginLows);
    const isInfinite = f32x4.eq(f32x4.abs(difference), infinity);
    if (v128.any_true(isInfinite)) {
      // The difference has overflowed, which the loss need not. Its half has not.
      const halfMargin = f32x4.add(f32x4.mul(half, marginHighs), f32x4.mul(half, marginLows));
      const halfMissing = f32x4.sub(halfMargin, f32x4.mul(label, halfDifference(first, second)));
      missing = v128.bitselect(f32x4.add(halfMissing, halfMissing), missing, isInfinite);
    }
    const loss = f32x4.pmax(missing, zero);
    store(out, offset, loss);
    if (gradX != 0) {
      const isPassed = v128.or(f32x4.ge(missing, zero), f32x4.ne(label, label));
      const slope = f32x4.sub(zero, v128.and(label, isPassed));
      storeScaled(gradX, offset, slope, highs, lows);
      storeScaled(gradY, offset, f32x4.sub(zero, slope), highs, lows);
    }
    sum = accumulate(sum, loss);
  }
  return sumLanes(sum);
}
