import { double } from "./constants";

/** a · b + c. Relaxed SIMD rounds once where the processor can, plain SIMD twice everywhere. */
// @ts-expect-error: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** exp(t) for two doubles within ±0.36, to 4e-11: far below an ulp of float32. */
// @ts-ignore: decorator
@inline
export function exp2(t: v128): v128 {
  const t2 = f64x2.mul(t, t);
  const a = f64x2.add(double(1), f64x2.mul(t, double(2)));
  const b = f64x2.add(double(3), f64x2.mul(t, double(4)));
  const c = f64x2.add(double(5), f64x2.mul(t, double(6)));
  const d = f64x2.add(double(7), f64x2.mul(t, double(8)));
  const low = f64x2.add(a, f64x2.mul(t2, b));
  const high = f64x2.add(c, f64x2.mul(t2, d));
  return f64x2.add(low, f64x2.mul(f64x2.mul(t2, t2), high));
}

/**
 * log(1 + s) for two doubles from 0 up, to 1e-10 relative, however small s is: the part of s that
 * 1 + s rounds away is added again (and not divided by 1 + s, which would change less than that).
 *
 * u = 1 + s = 2^e · m with m around 1, and log m = 2 atanh((m − 1) / (m + 1)) as a series.
 */
// @ts-ignore: decorator
@inline
export function log1p2(s: v128): v128 {
  const one = double(9);
  const magic = double(12);
  const u = f64x2.add(one, s);
  const e = i64x2.shr_u(i64x2.sub(u, double(11)), 52);
  const m = i64x2.sub(u, i64x2.shl(e, 52));
  const exponent = f64x2.sub(v128.or(e, magic), magic);
  const f = f64x2.sub(m, one);
  const a = f64x2.div(f, f64x2.add(f, double(10)));
  const a2 = f64x2.mul(a, a);
  const a4 = f64x2.mul(a2, a2);
  const low = f64x2.add(double(13), f64x2.mul(a2, double(14)));
  const middle = f64x2.add(double(15), f64x2.mul(a2, double(16)));
  const high = f64x2.add(double(17), f64x2.mul(a2, double(18)));
  const series = f64x2.add(low, f64x2.mul(a4, f64x2.add(middle, f64x2.mul(a4, high))));
  const logM = f64x2.add(f64x2.add(a, a), f64x2.mul(f64x2.mul(a, a2), series));
  const lost = f64x2.sub(s, f64x2.sub(u, one));
  return f64x2.add(f64x2.add(f64x2.mul(exponent, double(0)), logM), lost);
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
