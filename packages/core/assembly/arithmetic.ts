// Vector arithmetic that WebAssembly has no instruction for.
import {
  F64_EXP_C0, F64_EXP_C1, F64_EXP_C2, F64_EXP_C3, F64_EXP_C4, F64_EXP_C5, F64_EXP_C6, F64_EXP_C7, F64_LN2, F64_ONE,
  LOG_ATANH_C3, LOG_ATANH_C5, LOG_ATANH_C7, LOG_ATANH_C9, LOG_ATANH_C11, LOG_ATANH_C13, LOG_HALF_EXPONENT,
  LOG_MAGIC_BIAS, splatF64Constant, splatLogConstant,
} from "./constants";

export const LN2: f64 = 0.6931471805599453;

/** Returns a · b + c in float32. Relaxed SIMD rounds once where the processor has FMA; plain SIMD rounds twice. */
// @ts-expect-error: decorator
@inline
export function maddF32(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Returns a · b + c in float64. */
// @ts-expect-error: decorator
@inline
export function maddF64(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(a, b, c);
  return f64x2.add(f64x2.mul(a, b), c);
}

/** Returns exp(t) of two doubles for |t| ≤ 0.36. The error is 4e-11, far below an ulp of float32. */
// @ts-expect-error: decorator
@inline
export function expF64(t: v128): v128 {
  const t2 = f64x2.mul(t, t);
  const c01 = maddF64(t, splatF64Constant(F64_EXP_C1), splatF64Constant(F64_EXP_C0));
  const c23 = maddF64(t, splatF64Constant(F64_EXP_C3), splatF64Constant(F64_EXP_C2));
  const c45 = maddF64(t, splatF64Constant(F64_EXP_C5), splatF64Constant(F64_EXP_C4));
  const c67 = maddF64(t, splatF64Constant(F64_EXP_C7), splatF64Constant(F64_EXP_C6));
  return maddF64(f64x2.mul(t2, t2), maddF64(t2, c67, c45), maddF64(t2, c23, c01));
}

/**
 * Returns log(1 + a / b) of two pairs of positive doubles, given `sum` = a + b. The relative error is
 * 1e-10, also where a / b is tiny.
 *
 * The quotient sum / b is 2^e · m with m near 1, and log m = 2 atanh(q) with q = (m − 1) / (m + 1).
 * Multiplying numerator and denominator of q by 2^e · b leaves one division and no cancellation.
 */
// @ts-expect-error: decorator
@inline
export function log1pRatio(b: v128, a: v128, sum: v128): v128 {
  const one = splatF64Constant(F64_ONE);
  const magicBias = splatLogConstant(LOG_MAGIC_BIAS);
  // The bits of a positive double, as an integer, are nearly 2^52 · log2 of it. Their difference, rounded
  // to a multiple of 2^52, is therefore e, and m is within 2^±0.59.
  const e = i64x2.shr_u(i64x2.add(i64x2.sub(sum, b), splatLogConstant(LOG_HALF_EXPONENT)), 52);
  const power = i64x2.add(one, i64x2.shl(e, 52));
  const exponent = f64x2.sub(v128.or(e, magicBias), magicBias);
  const numerator = f64x2.sub(a, f64x2.mul(f64x2.sub(power, one), b));
  const denominator = f64x2.add(a, f64x2.mul(f64x2.add(power, one), b));
  const q = f64x2.div(numerator, denominator);
  const q2 = f64x2.mul(q, q);
  const q4 = f64x2.mul(q2, q2);
  const c35 = maddF64(q2, splatLogConstant(LOG_ATANH_C5), splatLogConstant(LOG_ATANH_C3));
  const c79 = maddF64(q2, splatLogConstant(LOG_ATANH_C9), splatLogConstant(LOG_ATANH_C7));
  const c1113 = maddF64(q2, splatLogConstant(LOG_ATANH_C13), splatLogConstant(LOG_ATANH_C11));
  const series = maddF64(q4, maddF64(q4, c1113, c79), c35);
  return maddF64(exponent, splatF64Constant(F64_LN2), maddF64(f64x2.mul(q, q2), series, f64x2.add(q, q)));
}

/** Returns the upper two of four floats as doubles. */
// @ts-expect-error: decorator
@inline
export function promoteHigh(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 2, 3));
}

/** Returns the lower two of four masks of 32 bits as masks of 64 bits. */
// @ts-expect-error: decorator
@inline
export function lowMasks(masks: v128): v128 {
  return v128.shuffle<i32>(masks, masks, 0, 0, 1, 1);
}

/** Returns the upper two of four masks of 32 bits as masks of 64 bits. */
// @ts-expect-error: decorator
@inline
export function highMasks(masks: v128): v128 {
  return v128.shuffle<i32>(masks, masks, 2, 2, 3, 3);
}

/** Rounds the four doubles of two vectors to the four floats of one. */
// @ts-expect-error: decorator
@inline
export function demotePair(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/** Returns the sum of the two doubles of a vector. */
// @ts-expect-error: decorator
@inline
export function sumLanes(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}
