// Elementary functions of four floats. Each holds for every float32: NaN stays NaN, and infinities, zeros and
// subnormal numbers give what IEEE 754 recommends.
import { maddF32 } from "./arithmetic";
import {
  E0, E1, E2, E3, E4, HALF, HIGHEST_EXP, INFINITY, L0, L1, L2, L3, LN2_HI, LN2_LO, LOG2E, LOWEST_EXP,
  LOWEST_EXPM1, MAGIC_BIAS, MINUS_LN2_HI, MINUS_LN2_LO, ONE, SMALLEST_NORMAL, splatElementConstant as constant,
  SQRT_HALF, SUBNORMAL_SCALE, SUBNORMAL_SCALE_LOG2, TINY, TWO,
} from "./elementsConstants";
import { expm1Reduced, reduceArgument, roundToExponent } from "./exponentials";

/** Returns 1.5 · 2²³ + 127 + n for x = n · ln 2 + t with |t| ≤ ln 2 / 2. */
// @ts-expect-error: decorator
@inline
export function biasedExponentOf(x: v128): v128 {
  return roundToExponent(x, constant(MAGIC_BIAS), constant(LOG2E));
}

/** Returns exp(t) − 1 for x = n · ln 2 + t. */
// @ts-expect-error: decorator
@inline
export function expm1OfRemainder(x: v128, biasedExponent: v128): v128 {
  const n = f32x4.sub(biasedExponent, constant(MAGIC_BIAS));
  const t = reduceArgument(x, n, constant(MINUS_LN2_HI), constant(MINUS_LN2_LO));
  return expm1Reduced(t, constant(E4), constant(E3), constant(E2), constant(E1), constant(E0));
}

/** Returns exp(x) for x in the range of the reduction. The power of 2 is two factors, as it may be subnormal or ∞. */
// @ts-expect-error: decorator
@inline
function expClamped(x: v128): v128 {
  const biasedExponent = biasedExponentOf(x);
  const p = expm1OfRemainder(x, biasedExponent);
  const n = i32x4.sub(biasedExponent, constant(MAGIC_BIAS));
  const half = i32x4.shr_s(n, 1);
  const one = constant(ONE);
  const a = i32x4.add(i32x4.shl(half, 23), one);
  const b = i32x4.add(i32x4.shl(i32x4.sub(n, half), 23), one);
  return f32x4.mul(maddF32(a, p, a), b);
}

/** Returns exp(x). */
// @ts-expect-error: decorator
@inline
export function expVector(x: v128): v128 {
  // pmin and pmax in this order keep NaN.
  return expClamped(f32x4.pmin(f32x4.pmax(x, constant(LOWEST_EXP)), constant(HIGHEST_EXP)));
}

/** Returns exp(−|x|). */
// @ts-expect-error: decorator
@inline
export function expMinusAbs(x: v128): v128 {
  return expClamped(f32x4.pmax(f32x4.neg(f32x4.abs(x)), constant(LOWEST_EXP)));
}

/** Returns x where |x| < 2⁻²⁵, which includes ±0, else `y`. */
// @ts-expect-error: decorator
@inline
function selectTiny(x: v128, y: v128): v128 {
  return v128.bitselect(x, y, f32x4.lt(f32x4.abs(x), constant(TINY)));
}

/** Returns exp(x) − 1 for x from LOWEST_EXPM1 to HIGHEST_EXP. */
// @ts-expect-error: decorator
@inline
export function expm1Clamped(x: v128): v128 {
  const biasedExponent = biasedExponentOf(x);
  const p = expm1OfRemainder(x, biasedExponent);
  // Half of the power, because the power itself may be 2^128.
  const power = i32x4.shl(i32x4.sub(biasedExponent, i32x4.splat(1)), 23);
  const half = maddF32(power, p, f32x4.sub(power, constant(HALF)));
  return f32x4.add(half, half);
}

/** Returns exp(x) − 1. */
// @ts-expect-error: decorator
@inline
export function expm1Vector(x: v128): v128 {
  return selectTiny(x, expm1Clamped(f32x4.pmin(f32x4.pmax(x, constant(LOWEST_EXPM1)), constant(HIGHEST_EXP))));
}

/** Returns tanh(x) = −e / (2 + e) for e = exp(−2|x|) − 1, with the sign of x. */
// @ts-expect-error: decorator
@inline
export function tanhVector(x: v128): v128 {
  const abs = f32x4.abs(x);
  const a = f32x4.pmax(f32x4.neg(f32x4.add(abs, abs)), constant(LOWEST_EXPM1));
  const biasedExponent = biasedExponentOf(a);
  const p = expm1OfRemainder(a, biasedExponent);
  const power = i32x4.shl(biasedExponent, 23);
  const e = maddF32(power, p, f32x4.sub(power, constant(ONE)));
  const quotient = f32x4.div(e, f32x4.add(e, constant(TWO)));
  return v128.or(f32x4.abs(quotient), v128.xor(x, abs));
}

/** Returns s = f / (2 + f). log(1 + f) is 2 atanh(s). */
// @ts-expect-error: decorator
@inline
function atanhArgument(f: v128): v128 {
  return f32x4.div(f, f32x4.add(f, constant(TWO)));
}

/** Returns r with 2 atanh(s) = s · (2 + r) for |s| ≤ 1/3. */
// @ts-expect-error: decorator
@inline
function atanhSeries(s: v128): v128 {
  const z = f32x4.mul(s, s);
  return f32x4.mul(z, maddF32(
    maddF32(maddF32(constant(L3), z, constant(L2)), z, constant(L1)), z, constant(L0)));
}

/**
 * Returns k · ln 2 + log(1 + f) for 1 + f from √½ to √2, after fdlibm: f itself is exact, and the rest is small.
 *
 * Where the sum cancels, the last addition is exact.
 */
// @ts-expect-error: decorator
@inline
function logReduced(f: v128, k: v128): v128 {
  const s = atanhArgument(f);
  const halfSquare = f32x4.mul(f32x4.mul(f, constant(HALF)), f);
  const rest = maddF32(s, f32x4.add(halfSquare, atanhSeries(s)), f32x4.mul(k, constant(LN2_LO)));
  return f32x4.add(f32x4.mul(k, constant(LN2_HI)), f32x4.sub(f, f32x4.sub(halfSquare, rest)));
}

/** Returns k for x = 2^k · m with m from √½ to √2: the upper nine bits of the difference of x and √½ as integers. */
// @ts-expect-error: decorator
@inline
function exponentOf(x: v128): v128 {
  return i32x4.shr_s(i32x4.sub(x, constant(SQRT_HALF)), 23);
}

/** Returns log(x) for 0 and ∞, NaN for NaN and below 0, else `y`. */
// @ts-expect-error: decorator
@inline
function selectEnds(x: v128, y: v128): v128 {
  const zero = f32x4.splat(0);
  const infinity = constant(INFINITY);
  const isInside = v128.and(f32x4.gt(x, zero), f32x4.lt(x, infinity));
  const outside = v128.or(x, f32x4.lt(x, zero));
  return v128.bitselect(y, v128.bitselect(f32x4.neg(infinity), outside, f32x4.eq(x, zero)), isInside);
}

/** Returns log(x). */
// @ts-expect-error: decorator
@inline
export function logVector(x: v128): v128 {
  const isSubnormal = f32x4.lt(x, constant(SMALLEST_NORMAL));
  const normal = v128.bitselect(f32x4.mul(x, constant(SUBNORMAL_SCALE)), x, isSubnormal);
  const exponent = exponentOf(normal);
  const m = i32x4.sub(normal, i32x4.shl(exponent, 23));
  const scale = v128.and(isSubnormal, constant(SUBNORMAL_SCALE_LOG2));
  const k = f32x4.sub(f32x4.convert_i32x4_s(exponent), scale);
  const f = f32x4.sub(m, constant(ONE));
  return selectEnds(x, logReduced(f, k));
}

/** Returns log(1 + x). */
// @ts-expect-error: decorator
@inline
export function log1pVector(x: v128): v128 {
  const one = constant(ONE);
  const sum = f32x4.add(x, one);
  const k = exponentOf(sum);
  // f = 2^−k · (1 + x) − 1 from x itself, as the sum is rounded. The power is two factors: k may be 128.
  const half = i32x4.shr_s(k, 1);
  const a = i32x4.sub(one, i32x4.shl(half, 23));
  const b = i32x4.sub(one, i32x4.shl(i32x4.sub(k, half), 23));
  const f = maddF32(f32x4.mul(x, a), b, f32x4.sub(f32x4.mul(a, b), one));
  return selectTiny(x, selectEnds(sum, logReduced(f, f32x4.convert_i32x4_s(k))));
}

/** Returns log(1 + e) = e − s · (e − r) for e from 0 to 1. */
// @ts-expect-error: decorator
@inline
export function log1pOfExp(e: v128): v128 {
  const s = atanhArgument(e);
  return f32x4.sub(e, f32x4.mul(s, f32x4.sub(e, atanhSeries(s))));
}

/** Returns 1 / (1 + exp(−x)), given e = exp(−|x|). */
// @ts-expect-error: decorator
@inline
export function sigmoidOfExp(x: v128, e: v128): v128 {
  const one = constant(ONE);
  const numerator = v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0)));
  return f32x4.div(numerator, f32x4.add(one, e));
}

/** Returns log(1 + exp(x)), given e = exp(−|x|). */
// @ts-expect-error: decorator
@inline
export function softplusOfExp(x: v128, e: v128): v128 {
  return f32x4.add(f32x4.pmax(x, f32x4.splat(0)), log1pOfExp(e));
}

/**
 * Returns log(exp(a) + exp(b)).
 *
 * The rounding error r of a − b would be a relative error of exp(−|a − b|), of many ulp where that is small, so
 * it is added: exp(d + r) = exp(d) (1 + r).
 */
// @ts-expect-error: decorator
@inline
export function logAddExpVector(a: v128, b: v128): v128 {
  const larger = f32x4.max(a, b);
  const smaller = f32x4.min(a, b);
  const rounded = f32x4.sub(smaller, larger);
  const back = f32x4.sub(rounded, smaller);
  const r = f32x4.sub(
    f32x4.sub(smaller, f32x4.sub(rounded, back)),
    f32x4.add(larger, back),
  );
  // The difference of equal infinities would be NaN.
  const difference = v128.andnot(rounded, f32x4.eq(a, b));
  const e = expMinusAbs(difference);
  const correction = f32x4.mul(e, r);
  // r is NaN where a number is infinite.
  const finite = v128.and(correction, f32x4.eq(correction, correction));
  return f32x4.add(larger, log1pOfExp(f32x4.add(e, finite)));
}
