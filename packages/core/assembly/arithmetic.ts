import { double, ofLogarithm } from "./constants";

export const LN2: f64 = 0.6931471805599453;

/** a · b + c. Relaxed SIMD rounds once where the processor can, plain SIMD twice everywhere. */
// @ts-expect-error: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** The same for doubles. */
// @ts-expect-error: decorator
@inline
function madd2(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(a, b, c);
  return f64x2.add(f64x2.mul(a, b), c);
}

/** exp(t) for two doubles within ±0.36, to 4e-11: far below an ulp of float32. */
// @ts-expect-error: decorator
@inline
export function expOfTwo(t: v128): v128 {
  const t2 = f64x2.mul(t, t);
  const a = madd2(t, double(2), double(1));
  const b = madd2(t, double(4), double(3));
  const c = madd2(t, double(6), double(5));
  const d = madd2(t, double(8), double(7));
  return madd2(f64x2.mul(t2, t2), madd2(t2, d, c), madd2(t2, b, a));
}

/**
 * log(1 + others / own) for two pairs of doubles, to 1e-10 relative, however small `others` is;
 * `total` is the sum of both.
 *
 * total / own = 2^e · m with m around 1, and log m = 2 atanh((m − 1) / (m + 1)) as a series, whose
 * argument is written without total / own, so that one division is enough and nothing cancels.
 */
// @ts-expect-error: decorator
@inline
export function logOfRatio(own: v128, others: v128, total: v128): v128 {
  const one = double(9);
  const magic = ofLogarithm(1);
  // The difference of the bits is nearly that of the logarithms: e is rounded, m within 2^±0.59.
  const e = i64x2.shr_u(i64x2.add(i64x2.sub(total, own), ofLogarithm(0)), 52);
  const power = i64x2.add(one, i64x2.shl(e, 52));
  const exponent = f64x2.sub(v128.or(e, magic), magic);
  const above = f64x2.sub(others, f64x2.mul(f64x2.sub(power, one), own));
  const below = f64x2.add(others, f64x2.mul(f64x2.add(power, one), own));
  const a = f64x2.div(above, below);
  const a2 = f64x2.mul(a, a);
  const a4 = f64x2.mul(a2, a2);
  const low = madd2(a2, ofLogarithm(3), ofLogarithm(2));
  const middle = madd2(a2, ofLogarithm(5), ofLogarithm(4));
  const high = madd2(a2, ofLogarithm(7), ofLogarithm(6));
  const series = madd2(a4, madd2(a4, high, middle), low);
  return madd2(exponent, double(0), madd2(f64x2.mul(a, a2), series, f64x2.add(a, a)));
}

/** The upper two of four floats, as doubles. */
// @ts-expect-error: decorator
@inline
export function promoteHigh(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 2, 3));
}

/** Two doubles twice, as four floats. */
// @ts-expect-error: decorator
@inline
export function demote(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/** The sum of the two lanes. */
// @ts-expect-error: decorator
@inline
export function addLanes(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}
