/** a · b + c. Relaxed SIMD rounds once where the processor can, plain SIMD twice everywhere. */
// @ts-expect-error: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/**
 * exp(x) · 2^(−k) for four floats, to 1 ulp; `bias` is 127 − k, `low` is where results end: 0 from
 * there down, so that −∞ gives 0 and never reaches the reduction, which would make it NaN.
 *
 * x = n · ln 2 + t (Cody and Waite, two constants), exp(t) = 1 + t + t² · q(t) with q of degree 4,
 * and n − k goes into the exponent's bits: shifting exponents instead of values leaves x − max
 * unrounded, which costs up to 65 ulp.
 */
// @ts-expect-error: decorator
@inline
export function exp4(
  x: v128, low: v128, bias: v128,
  log2e: v128, magic: v128, high: v128, rest: v128,
  c6: v128, c5: v128, c4: v128, c3: v128, c2: v128,
): v128 {
  // pmax in this order keeps NaN.
  x = f32x4.pmax(x, low);
  const z = madd(x, log2e, magic);
  const n = f32x4.sub(z, magic);
  const t = madd(n, rest, madd(n, high, x));
  const q = madd(madd(madd(madd(c6, t, c5), t, c4), t, c3), t, c2);
  const r = madd(q, f32x4.mul(t, t), t);
  const s = i32x4.shl(i32x4.add(z, bias), 23);
  return madd(s, r, s);
}

/** exp(t) for two doubles within ±0.36, to 4e-11: far below an ulp of float32. */
// @ts-expect-error: decorator
@inline
export function exp2(t: v128): v128 {
  const t2 = f64x2.mul(t, t);
  const a = f64x2.add(f64x2.splat(0.999999999961529), f64x2.mul(t, f64x2.splat(1.0000000002440694)));
  const b = f64x2.add(f64x2.splat(0.5000000104848193), f64x2.mul(t, f64x2.splat(0.1666666512150873)));
  const c = f64x2.add(f64x2.splat(0.04166622454592082), f64x2.mul(t, f64x2.splat(0.008333561546331832)));
  const d = f64x2.add(f64x2.splat(0.0013948242516149672), f64x2.mul(t, f64x2.splat(0.0001977510554814258)));
  const low = f64x2.add(a, f64x2.mul(t2, b));
  const high = f64x2.add(c, f64x2.mul(t2, d));
  return f64x2.add(low, f64x2.mul(f64x2.mul(t2, t2), high));
}

/**
 * log(1 + s) for two doubles from 0 up, to 1e-10 relative, however small s is: the part of s that
 * 1 + s rounds away is added again.
 *
 * u = 1 + s = 2^e · m with m around 1, and log m = 2 atanh((m − 1) / (m + 1)) as a series.
 */
// @ts-expect-error: decorator
@inline
export function log1p2(s: v128): v128 {
  const one = f64x2.splat(1);
  const u = f64x2.add(one, s);
  const above = i64x2.sub(u, i64x2.splat(0x3fe6a09e667f3bcd)); // the bits of √½
  const e = i64x2.shr_u(above, 52);
  const m = i64x2.sub(u, i64x2.shl(e, 52));
  // A small whole number as a double: its bits behind those of 2⁵².
  const exponent = f64x2.sub(v128.or(e, i64x2.splat(0x4330000000000000)), f64x2.splat(4503599627370496));
  const f = f64x2.sub(m, one);
  const a = f64x2.div(f, f64x2.add(f, f64x2.splat(2)));
  const a2 = f64x2.mul(a, a);
  let series = f64x2.splat(2.0 / 13);
  series = f64x2.add(f64x2.mul(series, a2), f64x2.splat(2.0 / 11));
  series = f64x2.add(f64x2.mul(series, a2), f64x2.splat(2.0 / 9));
  series = f64x2.add(f64x2.mul(series, a2), f64x2.splat(2.0 / 7));
  series = f64x2.add(f64x2.mul(series, a2), f64x2.splat(2.0 / 5));
  series = f64x2.add(f64x2.mul(series, a2), f64x2.splat(2.0 / 3));
  const logM = f64x2.add(f64x2.add(a, a), f64x2.mul(f64x2.mul(a, a2), series));
  const lost = f64x2.div(f64x2.sub(s, f64x2.sub(u, one)), u);
  return f64x2.add(f64x2.add(f64x2.mul(exponent, f64x2.splat(0.6931471805599453)), logM), lost);
}

/** The upper two of four floats, as doubles. */
// @ts-expect-error: decorator
@inline
export function promoteHigh(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 2, 3));
}

/** The sum of the two lanes. */
// @ts-expect-error: decorator
@inline
export function addLanes(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}
