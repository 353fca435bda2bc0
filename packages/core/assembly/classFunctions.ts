// Functions f of the cross-entropy ℓ of a class, and of its probability p, in the forms that are computed here.
import { maddF64 } from "./arithmetic";
import { constant, LARGEST, LOWEST, ONE, powerOfTwo, restOfExp } from "./doubleExponentials";

// The forms, with their parameters a and b.
/** f = u^a · ℓ with u = 1 − p, for a whole number a ≥ 1. */
export const FOCAL: i32 = 0;
/** f = a · ℓ + b · u. */
export const LINEAR: i32 = 1;
/** f = (1 − p^a) / a, b = 1 / a. */
export const POWER: i32 = 2;

/** Returns u^(exponent − 1) of two doubles. */
// @ts-expect-error: decorator
@inline
function lowerPower(u: v128, exponent: f64): v128 {
  if (exponent == 2) return u;
  let power = constant(ONE);
  for (let i: f64 = 1; i < exponent; i++) power = f64x2.mul(power, u);
  return power;
}

/** Returns what f and f′ share: u^(a − 1), or of p^a = 2ⁿ · exp(t) what remains without 2ⁿ. */
// @ts-expect-error: decorator
@inline
export function sharedPart(form: i32, crossEntropy: v128, u: v128, a: v128): v128 {
  if (form == FOCAL) return lowerPower(u, f64x2.extract_lane(a, 0));
  return form == POWER ? restOfExp(f64x2.neg(f64x2.mul(crossEntropy, a))) : u;
}

/** Returns f of two classes. */
// @ts-expect-error: decorator
@inline
export function lossOf(form: i32, crossEntropy: v128, u: v128, shared: v128, a: v128, b: v128): v128 {
  if (form == FOCAL) return f64x2.mul(f64x2.mul(shared, u), crossEntropy);
  if (form == POWER) {
    const power = powerOfTwo(f64x2.neg(f64x2.mul(crossEntropy, a)));
    return f64x2.mul(f64x2.sub(f64x2.sub(constant(ONE), power), shared), b);
  }
  // 0 · ∞ is 0 here.
  const finite = f64x2.extract_lane(a, 0) == 0 ? f64x2.pmin(crossEntropy, constant(LARGEST)) : crossEntropy;
  return maddF64(a, finite, f64x2.mul(b, u));
}

/** Returns f′ of two classes. */
// @ts-expect-error: decorator
@inline
export function slopeOf(form: i32, crossEntropy: v128, p: v128, u: v128, shared: v128, a: v128, b: v128): v128 {
  if (form == POWER) {
    const x = f64x2.neg(f64x2.mul(crossEntropy, a));
    return v128.andnot(f64x2.add(powerOfTwo(x), shared), f64x2.lt(x, constant(LOWEST)));
  }
  if (form == LINEAR) return maddF64(b, p, a);
  // p is 0 where the cross-entropy is infinite. pmin in this order keeps NaN.
  const product = f64x2.mul(p, f64x2.pmin(crossEntropy, constant(LARGEST)));
  return f64x2.mul(shared, maddF64(a, product, u));
}
