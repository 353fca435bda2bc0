// Multiplies gradients by a factor for each row (f64, at GRAD_SCALES): the derivative of a function of its loss.
import { demotePair, promoteHigh } from "./arithmetic";
import { GRAD_SCALES } from "./memory";

/** Returns four floats times two pairs of factors, rounded once; 0 stays 0, whatever the factor. */
// @ts-expect-error: decorator
@inline
export function timesFactors(x: v128, low: v128, high: v128): v128 {
  const lowProducts = f64x2.mul(f64x2.promote_low_f32x4(x), low);
  const highProducts = f64x2.mul(promoteHigh(x), high);
  return v128.and(demotePair(lowProducts, highProducts), f32x4.ne(x, f32x4.splat(0)));
}

/** The same for two floats. */
// @ts-expect-error: decorator
@inline
function pairTimesFactor(x: v128, factor: v128): v128 {
  const products = f64x2.mul(f64x2.promote_low_f32x4(x), factor);
  return v128.and(f32x4.demote_f64x2_zero(products), f32x4.ne(x, f32x4.splat(0)));
}

/** Multiplies `rows` successive rows of `size` floats. */
export function rescaleRows(out: usize, rows: i32, size: i32): void {
  for (let r: usize = 0; r < <usize>rows; r++) {
    const factor = v128.load64_splat(GRAD_SCALES + (r << 3));
    const end = out + (<usize>size << 2);
    for (; out + 16 <= end; out += 16) v128.store(out, timesFactors(v128.load(out), factor, factor));
    if (out + 8 <= end) {
      v128.store64_lane(out, pairTimesFactor(v128.load64_zero(out), factor), 0);
      out += 8;
    }
    if (out < end) {
      v128.store32_lane(out, pairTimesFactor(v128.load32_zero(out), factor), 0);
      out += 4;
    }
  }
}

/** Multiplies one row, whose `size` floats are `stride` bytes apart. */
export function rescaleRow(out: usize, stride: usize, size: i32, factor: f64): void {
  for (; size > 0; size--, out += stride) {
    const element = load<f32>(out);
    if (element != 0) store<f32>(out, <f32>(<f64>element * factor));
  }
}
