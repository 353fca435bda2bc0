// Multiplies the gradients of a row by the derivative of a function of its loss.
import { demotePair, promoteHigh } from "./arithmetic";

/** Returns four floats times two pairs of factors, rounded once; 0 stays 0, whatever the factor. */
// @ts-expect-error: decorator
@inline
export function timesFactors(x: v128, low: v128, high: v128): v128 {
  const lowProducts = f64x2.mul(f64x2.promote_low_f32x4(x), low);
  const highProducts = f64x2.mul(promoteHigh(x), high);
  return v128.and(demotePair(lowProducts, highProducts), f32x4.ne(x, f32x4.splat(0)));
}

/** Multiplies one row, whose `size` floats are `stride` bytes apart. */
export function rescaleRow(out: usize, stride: usize, size: i32, factor: f64): void {
  for (; size > 0; size--, out += stride) {
    const element = load<f32>(out);
    if (element != 0) store<f32>(out, <f32>(<f64>element * factor));
  }
}
