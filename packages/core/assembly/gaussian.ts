// The negative log-likelihood of normal distributions, of blocks of float32.
import { sumLanes } from "./arithmetic";
import { accumulate, store, storeScaled } from "./outputs";
import { HALF, INFINITY, splatElementConstant, TWO } from "./elementsConstants";
import { logVector } from "./elementsVector";

/**
 * Writes (log v + d² / v) / 2 + constant with d = x − y and v = max(variance, eps). The derivatives are d / v and −d / v.
 * Unless `gradVariance` is 0, it receives (1 − d² / v) / (2 v), the derivatives with respect to the variance.
 * `differences.ts` explains the other parameters.
 *
 * d is divided before it is squared, so that it does not overflow.
 */
export function gaussian(
  x: usize, y: usize, out: usize, gradX: usize, gradY: usize, count: i32, high: f32, low: f32,
  variance: usize, gradVariance: usize, eps: f32, constant: f32,
): f64 {
  const highs = f32x4.splat(high);
  const lows = f32x4.splat(low);
  const zero = f32x4.splat(0);
  const infinity = splatElementConstant(INFINITY);
  const least = f32x4.splat(eps);
  const constants = f32x4.splat(constant);
  let sum = f64x2.splat(0);
  for (let offset: usize = 0, end = <usize>count << 2; offset < end; offset += 16) {
    const first = v128.load(x + offset);
    const second = v128.load(y + offset);
    // In this order, NaN is kept.
    const v = f32x4.pmax(v128.load(variance + offset), least);
    const half = splatElementConstant(HALF);
    const d = f32x4.sub(first, second);
    let halfD = f32x4.mul(half, d);
    let quotient = f32x4.div(d, v);
    const isInfinite = f32x4.eq(f32x4.abs(d), infinity);
    if (v128.any_true(isInfinite)) {
      // The difference has overflowed, which the quotient need not. Its half has not.
      const halves = f32x4.sub(f32x4.mul(half, first), f32x4.mul(half, second));
      halfD = v128.bitselect(halves, halfD, isInfinite);
      const twice = f32x4.mul(splatElementConstant(TWO), f32x4.div(halves, v));
      quotient = v128.bitselect(twice, quotient, isInfinite);
    }
    const square = f32x4.mul(quotient, halfD);
    const loss = f32x4.add(f32x4.add(f32x4.mul(half, logVector(v)), square), constants);
    store(out, offset, loss);
    if (gradX != 0) {
      storeScaled(gradX, offset, quotient, highs, lows);
      storeScaled(gradY, offset, f32x4.sub(zero, quotient), highs, lows);
      if (gradVariance != 0) {
        let slope = f32x4.div(f32x4.sub(half, square), v);
        const isLarge = f32x4.eq(f32x4.abs(square), infinity);
        if (v128.any_true(isLarge)) {
          // d² / v has overflowed, which its quotient by v need not.
          const part = f32x4.mul(f32x4.div(quotient, v), halfD);
          slope = v128.bitselect(f32x4.sub(f32x4.div(half, v), part), slope, isLarge);
        }
        storeScaled(gradVariance, offset, slope, highs, lows);
      }
    }
    sum = accumulate(sum, loss);
  }
  return sumLanes(sum);
}
