// Products that kernels of losses compute.
import { maddF32 } from "./arithmetic";

/** Returns the bound of `scaled` for the lower part of a factor. */
// @ts-expect-error: decorator
@inline
export function boundOf(low: f32): v128 {
  return f32x4.splat(f32.MAX_VALUE / max<f32>(1, 2 * abs<f32>(low)));
}

/**
 * Returns x times a double, given as the sum of two floats. With FMA the product is rounded once, as the part of `low`
 * is far below an ulp. That part is bounded: of ∞ it would be NaN, or the opposite ∞. Elements beyond the bound are
 * infinite, or have an infinite product.
 */
// @ts-expect-error: decorator
@inline
export function scaled(x: v128, high: v128, low: v128, bound: v128): v128 {
  // In this order, NaN is kept.
  const bounded = f32x4.pmax(f32x4.pmin(x, bound), f32x4.neg(bound));
  return maddF32(x, high, f32x4.mul(bounded, low));
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
