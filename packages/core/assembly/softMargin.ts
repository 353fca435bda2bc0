// The soft margin loss of blocks of float32.
import { sumLanes } from "./arithmetic";
import { accumulate, store, storeScaled } from "./outputs";
import { expMinusAbs, sigmoidOfExp, softplusOfExp } from "./elementsVector";

/**
 * Writes log(1 + exp(z)) with z = −y · x, and as its derivative −y · sigmoid(z). It has none with respect to y.
 * `differences.ts` explains the parameters.
 */
export function softMargin(
  x: usize, y: usize, out: usize, gradX: usize, gradY: usize, count: i32, high: f32, low: f32,
): f64 {
  const highs = f32x4.splat(high);
  const lows = f32x4.splat(low);
  let sum = f64x2.splat(0);
  for (let offset: usize = 0, end = <usize>count << 2; offset < end; offset += 16) {
    const label = f32x4.neg(v128.load(y + offset));
    const z = f32x4.mul(label, v128.load(x + offset));
    const e = expMinusAbs(z);
    const loss = softplusOfExp(z, e);
    store(out, offset, loss);
    if (gradX != 0) storeScaled(gradX, offset, f32x4.mul(label, sigmoidOfExp(z, e)), highs, lows);
    sum = accumulate(sum, loss);
  }
  return sumLanes(sum);
}
