// Arithmetic of blocks of float32.
//
// `x`, `out` and further arrays are addresses. `count` is a multiple of four. An output may equal an input.
import { maddF32, promoteHigh, sumLanes } from "./arithmetic";

/** Writes (x − y)², and 2 (x − y) to `gradient` unless that is 0. */
export function squaredDifference(x: usize, y: usize, out: usize, gradient: usize, count: i32): void {
  const hasGradient = gradient != 0;
  for (const end = x + (<usize>count << 2); x < end; x += 16, y += 16, out += 16) {
    const difference = f32x4.sub(v128.load(x), v128.load(y));
    v128.store(out, f32x4.mul(difference, difference));
    if (hasGradient) {
      v128.store(gradient, f32x4.add(difference, difference));
      gradient += 16;
    }
  }
}

/** Returns the sum of floats, in float64. */
export function sum(x: usize, count: i32): f64 {
  let a = f64x2.splat(0);
  let b = a;
  let c = a;
  let d = a;
  const end = x + (<usize>count << 2);
  for (const pairsEnd = x + (<usize>(count & ~7) << 2); x < pairsEnd; x += 32) {
    const first = v128.load(x);
    const second = v128.load(x, 16);
    a = f64x2.add(a, f64x2.promote_low_f32x4(first));
    b = f64x2.add(b, promoteHigh(first));
    c = f64x2.add(c, f64x2.promote_low_f32x4(second));
    d = f64x2.add(d, promoteHigh(second));
  }
  if (x < end) {
    const last = v128.load(x);
    a = f64x2.add(a, f64x2.promote_low_f32x4(last));
    b = f64x2.add(b, promoteHigh(last));
  }
  return sumLanes(f64x2.add(f64x2.add(a, b), f64x2.add(c, d)));
}

/**
 * Multiplies floats by a double, given as the sum of two floats. With FMA the product is rounded once, as the
 * part of `low` is far below an ulp. That part is bounded: of ∞ it would be NaN, or the opposite ∞. Elements beyond the
 * bound are infinite, or have an infinite product.
 */
export function scale(x: usize, high: f32, low: f32, count: i32): void {
  const highs = f32x4.splat(high);
  const lows = f32x4.splat(low);
  const largest: f32 = f32.MAX_VALUE / max<f32>(1, 2 * abs<f32>(low));
  const bound = f32x4.splat(largest);
  const minusBound = f32x4.splat(-largest);
  for (const end = x + (<usize>count << 2); x < end; x += 16) {
    const element = v128.load(x);
    // In this order, NaN is kept.
    const bounded = f32x4.pmax(f32x4.pmin(element, bound), minusBound);
    v128.store(x, maddF32(element, highs, f32x4.mul(bounded, lows)));
  }
}
