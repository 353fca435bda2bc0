// The Poisson loss of blocks of float32.
import { sumLanes } from "./arithmetic";
import { accumulate, store, storeScaled } from "./outputs";
import { INFINITY, splatElementConstant } from "./elementsConstants";
import { expVector } from "./elementsVector";

/** Writes exp(x) − y · x. The derivatives are exp(x) − y and −x. `differences.ts` explains the parameters. */
export function poisson(
  x: usize, y: usize, out: usize, gradX: usize, gradY: usize, count: i32, high: f32, low: f32,
): f64 {
  const highs = f32x4.splat(high);
  const lows = f32x4.splat(low);
  const infinity = splatElementConstant(INFINITY);
  let sum = f64x2.splat(0);
  for (let offset: usize = 0, end = <usize>count << 2; offset < end; offset += 16) {
    const logarithm = v128.load(x + offset);
    const counted = v128.load(y + offset);
    const expected = expVector(logarithm);
    const difference = f32x4.sub(expected, f32x4.mul(counted, logarithm));
    // The product may overflow, too, but exp(x) is far larger.
    const isFinite = v128.and(f32x4.lt(logarithm, infinity), f32x4.lt(f32x4.abs(counted), infinity));
    const isOverflow = v128.and(f32x4.eq(expected, infinity), isFinite);
    const loss = v128.bitselect(expected, difference, isOverflow);
    store(out, offset, loss);
    if (gradX != 0) {
      storeScaled(gradX, offset, f32x4.sub(expected, counted), highs, lows);
      storeScaled(gradY, offset, f32x4.neg(logarithm), highs, lows);
    }
    sum = accumulate(sum, loss);
  }
  return sumLanes(sum);
}
