// Products that kernels of losses compute.
import { maddF32 } from "./arithmetic";
import { LARGEST, LOWEST, splatElementConstant } from "./elementsConstants";

/**
 * Returns x times a double, given as the sum of two floats. With FMA the product is rounded once, as the part of `low`
 * is far below an ulp. The size of `low` is at most 1, so its products with finite floats are finite.
 */
// @ts-expect-error: decorator
@inline
export function scaled(x: v128, high: v128, low: v128): v128 {
  // ∞ times `low` would be NaN, or the opposite ∞. In this order, NaN is kept.
  const finite = f32x4.pmax(f32x4.pmin(x, splatElementConstant(LARGEST)), splatElementConstant(LOWEST));
  return maddF32(x, high, f32x4.mul(finite, low));
}

/** Returns the same for x that is finite or NaN. */
// @ts-expect-error: decorator
@inline
export function scaledFinite(x: v128, high: v128, low: v128): v128 {
  return maddF32(x, high, f32x4.mul(x, low));
}

/** Returns a · b, or 0 where a is 0, also where b is infinite. */
// @ts-expect-error: decorator
@inline
export function product(a: v128, b: v128): v128 {
  return v128.andnot(f32x4.mul(a, b), f32x4.eq(a, f32x4.splat(0)));
}

/** Returns a · b^exponent, for a small whole exponent. */
// @ts-expect-error: decorator
@inline
export function timesPower(a: v128, b: v128, exponent: i32): v128 {
  for (let k = 0; k < exponent; k++) a = f32x4.mul(a, b);
  return a;
}
