// What kernels that sum losses and scale gradients have in common.
import { maddF32, sumLanes } from "./arithmetic";

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

/** Returns the sum of eight doubles. */
// @ts-expect-error: decorator
@inline
export function sumOfLanes(a: v128, b: v128, c: v128, d: v128): f64 {
  return sumLanes(f64x2.add(f64x2.add(a, b), f64x2.add(c, d)));
}
