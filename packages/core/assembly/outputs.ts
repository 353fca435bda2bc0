// How kernels of losses write their results. They write nothing to an array whose address is 0.
import { promoteHigh } from "./arithmetic";
import { scaled, scaledFinite } from "./products";

/** Stores four floats. */
// @ts-expect-error: decorator
@inline
export function store(array: usize, offset: usize, x: v128): void {
  if (array != 0) v128.store(array + offset, x);
}

/** Stores four floats times a double; see `scaled`. */
// @ts-expect-error: decorator
@inline
export function storeScaled(array: usize, offset: usize, x: v128, high: v128, low: v128): void {
  if (array != 0) v128.store(array + offset, scaled(x, high, low));
}

/** Stores four floats times a double; see `scaledFinite`. */
// @ts-expect-error: decorator
@inline
export function storeScaledFinite(array: usize, offset: usize, x: v128, high: v128, low: v128): void {
  if (array != 0) v128.store(array + offset, scaledFinite(x, high, low));
}

/** Returns a sum of pairs of doubles plus four floats. */
// @ts-expect-error: decorator
@inline
export function accumulate(sum: v128, x: v128): v128 {
  return f64x2.add(sum, f64x2.add(f64x2.promote_low_f32x4(x), promoteHigh(x)));
}
