// Multiplies gradients by a factor for each row (f64, at GRAD_SCALES): the derivative of a function of its loss.
import { demotePair, promoteHigh } from "./arithmetic";
import { GRAD_SCALES } from "./memory";

/** Returns four floats times two pairs of factors, rounded once; 0 stays 0, whatever the factor. */
// @ts-expect-error: decorator
@inline
function product(x: v128, low: v128, high: v128): v128 {
  const lowProducts = f64x2.mul(f64x2.promote_low_f32x4(x), low);
  const highProducts = f64x2.mul(promoteHigh(x), high);
  return v128.and(demotePair(lowProducts, highProducts), f32x4.ne(x, f32x4.splat(0)));
}

/** The same for two floats. */
// @ts-expect-error: decorator
@inline
function pairProduct(x: v128, factor: v128): v128 {
  const products = f64x2.mul(f64x2.promote_low_f32x4(x), factor);
  return v128.and(f32x4.demote_f64x2_zero(products), f32x4.ne(x, f32x4.splat(0)));
}

/** Multiplies `rows` successive rows of `size` floats. */
export function rescaleRows(out: usize, rows: i32, size: i32): void {
  for (let r: usize = 0; r < <usize>rows; r++) {
    const factor = v128.load64_splat(GRAD_SCALES + (r << 3));
    const end = out + (<usize>size << 2);
    for (; out + 16 <= end; out += 16) v128.store(out, product(v128.load(out), factor, factor));
    if (out + 8 <= end) {
      v128.store64_lane(out, pairProduct(v128.load64_zero(out), factor), 0);
      out += 8;
    }
    if (out < end) {
      v128.store32_lane(out, pairProduct(v128.load32_zero(out), factor), 0);
      out += 4;
    }
  }
}

/**
 * Multiplies the rows along the middle axis of an array of shape [outer, size, inner]. Successive elements of a row
 * are `floatStride` floats apart, which is a multiple of four and at least `inner`.
 */
export function rescaleStridedRows(out: usize, outer: i32, size: i32, inner: i32, floatStride: i32): void {
  let factors = GRAD_SCALES;
  for (; outer > 0; outer--, factors += <usize>inner << 3) {
    for (let j = 0; j < size; j++, out += <usize>floatStride << 2) {
      for (let i: usize = 0, end = <usize>inner << 2; i < end; i += 16) {
        const factor = factors + (i << 1);
        v128.store(out + i, product(v128.load(out + i), v128.load(factor), v128.load(factor + 16)));
      }
    }
  }
}
