// exp of pairs of doubles, exact enough for results in float32.
import { maddF64 } from "./arithmetic";

/** Float64 constants. They are loaded, because V8 rebuilds a constant vector in every iteration of a loop. */
const CONSTANTS: usize = memory.data<f64>([
  1.4426950408889634, // log2 e
  6755399441056767, // 1.5 · 2⁵² + 1023. Adding it rounds to an integer, and adds the exponent's bias of 1023.
  // −ln 2 in two parts: products of the high one, which has 33 bits, with whole numbers are exact.
  -0.6931471803691238, -1.9082149292705877e-10,
  -708, // Below this, where exp(x) is less than 4e-308, it is 0 here.
  1,
  1.7976931348623157e308, // the largest finite number
  // exp(t) = 1 + t + t² · (e0 + e1 t + … + e5 t⁵) for |t| ≤ ln 2 / 2. The error is 5e-11, far below an ulp of float32.
  0.5000000067642877, 0.1666666586941542, 0.04166629509251558, 0.008333497008450746, 0.0013944648663032817,
  0.0001979035239679518,
]);

// Indices into CONSTANTS. The coefficients of the series follow E0.
export const LOG2E: i32 = 0;
export const MAGIC_BIAS: i32 = 1;
export const MINUS_LN2_HI: i32 = 2;
export const MINUS_LN2_LO: i32 = 3;
export const LOWEST: i32 = 4;
export const ONE: i32 = 5;
export const LARGEST: i32 = 6;
export const E0: i32 = 7;

/** Returns a constant of CONSTANTS in both lanes. */
// @ts-expect-error: decorator
@inline
export function constant(index: i32): v128 {
  return v128.load64_splat(CONSTANTS + (<usize>index << 3));
}

/** Returns exp(t) − 1 for x = n · ln 2 + t, with the constants of the same names. */
// @ts-expect-error: decorator
@inline
function expm1Reduced(
  x: v128, n: v128, minusLn2Hi: v128, minusLn2Lo: v128, e0: v128, e1: v128, e2: v128, e3: v128, e4: v128, e5: v128,
): v128 {
  const t = maddF64(n, minusLn2Lo, maddF64(n, minusLn2Hi, x));
  const t2 = f64x2.mul(t, t);
  // Estrin's scheme: a chain of dependent operations takes longer.
  const low = maddF64(maddF64(e3, t, e2), t2, maddF64(e1, t, e0));
  return maddF64(maddF64(maddF64(e5, t, e4), f64x2.mul(t2, t2), low), t2, t);
}

/** Returns exp(x) for x ≤ 0, with the constants of the same names; NaN stays NaN. */
// @ts-expect-error: decorator
@inline
export function expWith(
  x: v128, log2e: v128, magicBias: v128, minusLn2Hi: v128, minusLn2Lo: v128, lowest: v128, e0: v128, e1: v128, e2: v128,
  e3: v128, e4: v128, e5: v128,
): v128 {
  // pmax in this order keeps NaN.
  const clamped = f64x2.pmax(x, lowest);
  const biasedExponent = maddF64(clamped, log2e, magicBias);
  const n = f64x2.sub(biasedExponent, magicBias);
  const power = i64x2.shl(biasedExponent, 52);
  const result = maddF64(power, expm1Reduced(clamped, n, minusLn2Hi, minusLn2Lo, e0, e1, e2, e3, e4, e5), power);
  return v128.andnot(result, f64x2.lt(x, lowest));
}

/** Returns the power 2ⁿ in exp(x) = 2ⁿ · exp(t), for x ≤ 0. */
// @ts-expect-error: decorator
@inline
export function powerOfTwo(x: v128): v128 {
  return i64x2.shl(maddF64(f64x2.pmax(x, constant(LOWEST)), constant(LOG2E), constant(MAGIC_BIAS)), 52);
}

/** Returns exp(x) − 2ⁿ, for x ≤ 0. */
// @ts-expect-error: decorator
@inline
export function restOfExp(x: v128): v128 {
  const clamped = f64x2.pmax(x, constant(LOWEST));
  const magicBias = constant(MAGIC_BIAS);
  const n = f64x2.sub(maddF64(clamped, constant(LOG2E), magicBias), magicBias);
  return f64x2.mul(powerOfTwo(x), expm1Reduced(
    clamped, n, constant(MINUS_LN2_HI), constant(MINUS_LN2_LO), constant(E0), constant(E0 + 1), constant(E0 + 2),
    constant(E0 + 3), constant(E0 + 4), constant(E0 + 5),
  ));
}
