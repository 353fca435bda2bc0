// Arithmetic of blocks of float32.
//
// `x`, `out` and further arrays are addresses. `count` is a multiple of four. An output may equal an input.
import { demotePair, promoteHigh, sumLanes } from "./arithmetic";
import { accumulate, store, storeScaled } from "./outputs";
import { scaled } from "./products";

/** Writes (x − y)², and as its derivative 2 (x − y). `differences.ts` explains the parameters. */
export function squaredDifference(
  x: usize, y: usize, out: usize, gradX: usize, gradY: usize, count: i32, high: f32, low: f32,
): f64 {
  const zero = f32x4.splat(0);
  // The factor is doubled, as the double of a difference may overflow where its product does not.
  const highs = f32x4.splat(2 * high);
  const lows = f32x4.splat(2 * low);
  let sum = f64x2.splat(0);
  for (let offset: usize = 0, end = <usize>count << 2; offset < end; offset += 16) {
    const difference = f32x4.sub(v128.load(x + offset), v128.load(y + offset));
    const loss = f32x4.mul(difference, difference);
    store(out, offset, loss);
    if (gradX != 0) {
      storeScaled(gradX, offset, difference, highs, lows);
      storeScaled(gradY, offset, f32x4.sub(zero, difference), highs, lows);
    }
    sum = accumulate(sum, loss);
  }
  return sumLanes(sum);
}

/** Returns the sum of floats, in float64. */
export function sum(x: usize, count: i32): f64 {
  let a = f64x2.splat(0);
  let b = a;
  let c = a;
  let d = a;
  const end = x + (<usize>count << 2);
  for (const pairsEnd = x + (<usize>(count & ~7) << 2); x < pairsEnd; x += 32) {
    const first = v128.load(x);
    const second = v128.load(x, 16);
    a = f64x2.add(a, f64x2.promote_low_f32x4(first));
    b = f64x2.add(b, promoteHigh(first));
    c = f64x2.add(c, f64x2.promote_low_f32x4(second));
    d = f64x2.add(d, promoteHigh(second));
  }
  if (x < end) {
    const last = v128.load(x);
    a = f64x2.add(a, f64x2.promote_low_f32x4(last));
    b = f64x2.add(b, promoteHigh(last));
  }
  return sumLanes(f64x2.add(f64x2.add(a, b), f64x2.add(c, d)));
}

/** Multiplies floats by a double, given as the sum of two floats. */
export function scale(x: usize, high: f32, low: f32, count: i32): void {
  const highs = f32x4.splat(high);
  const lows = f32x4.splat(low);
  for (const end = x + (<usize>count << 2); x < end; x += 16) {
    v128.store(x, scaled(v128.load(x), highs, lows));
  }
}

/** Multiplies floats by doubles times a factor. Where a double is 0, the product is 0, whatever the float is. */
export function weigh(x: usize, weights: usize, factor: f64, count: i32): void {
  const factors = f64x2.splat(factor);
  const zero = f64x2.splat(0);
  for (const end = x + (<usize>count << 2); x < end; x += 16, weights += 32) {
    const element = v128.load(x);
    const low = v128.load(weights);
    const high = v128.load(weights, 16);
    const lowProduct = f64x2.mul(f64x2.promote_low_f32x4(element), f64x2.mul(low, factors));
    const highProduct = f64x2.mul(promoteHigh(element), f64x2.mul(high, factors));
    const isIgnored = v128.shuffle<i32>(f64x2.eq(low, zero), f64x2.eq(high, zero), 0, 2, 4, 6);
    v128.store(x, v128.andnot(demotePair(lowProduct, highProduct), isIgnored));
  }
}

/** Returns a + b − `sum` exactly, where `sum` is a + b rounded: Knuth's TwoSum. */
// @ts-expect-error: decorator
@inline
function twoSumError(a: v128, b: v128, sum: v128): v128 {
  const added = f64x2.sub(sum, a);
  return f64x2.add(f64x2.sub(a, f64x2.sub(sum, added)), f64x2.sub(b, added));
}

/** Returns the same for single numbers. */
// @ts-expect-error: decorator
@inline
function scalarTwoSumError(a: f64, b: f64, sum: f64): f64 {
  const added = sum - a;
  return a - (sum - added) + (b - added);
}

/**
 * Returns the sum of doubles that are 0, or at least `least` and below `limit`; NaN if another one is among them. It adds as
 * `sumOf` in JavaScript does, to the same bits.
 */
export function plainSum(x: usize, count: i32, least: f64, limit: f64): f64 {
  const zero = f64x2.splat(0);
  const leasts = f64x2.splat(least);
  const limits = f64x2.splat(limit);
  let sum01 = zero;
  let sum23 = zero;
  let error01 = zero;
  let error23 = zero;
  let isOther = zero;
  for (const end = x + (<usize>count << 3); x < end; x += 32) {
    const low = v128.load(x);
    const high = v128.load(x, 16);
    const lowInRange = v128.and(f64x2.ge(low, leasts), f64x2.lt(low, limits));
    const highInRange = v128.and(f64x2.ge(high, leasts), f64x2.lt(high, limits));
    isOther = v128.or(isOther, v128.andnot(f64x2.ne(low, zero), lowInRange));
    isOther = v128.or(isOther, v128.andnot(f64x2.ne(high, zero), highInRange));
    const next01 = f64x2.add(sum01, low);
    const next23 = f64x2.add(sum23, high);
    error01 = f64x2.add(error01, twoSumError(sum01, low, next01));
    error23 = f64x2.add(error23, twoSumError(sum23, high, next23));
    sum01 = next01;
    sum23 = next23;
  }
  if (v128.any_true(isOther)) return NaN;
  const sum0 = f64x2.extract_lane(sum01, 0);
  const sum1 = f64x2.extract_lane(sum01, 1);
  const sum2 = f64x2.extract_lane(sum23, 0);
  const sum3 = f64x2.extract_lane(sum23, 1);
  const first = sum0 + sum1;
  const second = sum2 + sum3;
  const total = first + second;
  const error =
    scalarTwoSumError(sum0, sum1, first) +
    scalarTwoSumError(sum2, sum3, second) +
    scalarTwoSumError(first, second, total);
  const errorFirst = f64x2.extract_lane(error01, 0) + f64x2.extract_lane(error01, 1);
  const errorSecond = f64x2.extract_lane(error23, 0) + f64x2.extract_lane(error23, 1);
  return total + (error + (errorFirst + errorSecond));
}
