import { DOUBLES } from "./constants";

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
// @ts-ignore: decorator
@inline
export function exp2(t: v128): v128 {
  const t2 = f64x2.mul(t, t);
  const a = f64x2.add(v128.load(DOUBLES, 16), f64x2.mul(t, v128.load(DOUBLES, 32)));
  const b = f64x2.add(v128.load(DOUBLES, 48), f64x2.mul(t, v128.load(DOUBLES, 64)));
  const c = f64x2.add(v128.load(DOUBLES, 80), f64x2.mul(t, v128.load(DOUBLES, 96)));
  const d = f64x2.add(v128.load(DOUBLES, 112), f64x2.mul(t, v128.load(DOUBLES, 128)));
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
  const one = v128.load(DOUBLES, 144);
  const magic = v128.load(DOUBLES, 192);
  const u = f64x2.add(one, s);
  const e = i64x2.shr_u(i64x2.sub(u, v128.load(DOUBLES, 176)), 52);
  const m = i64x2.sub(u, i64x2.shl(e, 52));
  const exponent = f64x2.sub(v128.or(e, magic), magic);
  const f = f64x2.sub(m, one);
  const a = f64x2.div(f, f64x2.add(f, v128.load(DOUBLES, 160)));
  const a2 = f64x2.mul(a, a);
  const a4 = f64x2.mul(a2, a2);
  const low = f64x2.add(v128.load(DOUBLES, 208), f64x2.mul(a2, v128.load(DOUBLES, 224)));
  const middle = f64x2.add(v128.load(DOUBLES, 240), f64x2.mul(a2, v128.load(DOUBLES, 256)));
  const high = f64x2.add(v128.load(DOUBLES, 272), f64x2.mul(a2, v128.load(DOUBLES, 288)));
  const series = f64x2.add(low, f64x2.mul(a4, f64x2.add(middle, f64x2.mul(a4, high))));
  const logM = f64x2.add(f64x2.add(a, a), f64x2.mul(f64x2.mul(a, a2), series));
  const lost = f64x2.sub(s, f64x2.sub(u, one));
  return f64x2.add(f64x2.add(f64x2.mul(exponent, v128.load(DOUBLES)), logM), lost);
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
