// The Kullback–Leibler divergence of blocks of float32.
import { sumLanes } from "./arithmetic";
import { accumulate, store, storeScaled } from "./outputs";
import { ONE, splatElementConstant } from "./elementsConstants";
import { logVector } from "./elementsVector";

/**
 * Writes y · (log y − x), or 0 where y is 0, and as its derivatives −y and log y − x + 1. `differences.ts` explains the
 * parameters.
 */
export function klDivergence(
  x: usize, y: usize, out: usize, gradX: usize, gradY: usize, count: i32, high: f32, low: f32,
): f64 {
  const highs = f32x4.splat(high);
  const lows = f32x4.splat(low);
  const zero = f32x4.splat(0);
  let sum = f64x2.splat(0);
  for (let offset: usize = 0, end = <usize>count << 2; offset < end; offset += 16) {
    const probability = v128.load(y + offset);
    const difference = f32x4.sub(logVector(probability), v128.load(x + offset));
    const loss = v128.andnot(f32x4.mul(probability, difference), f32x4.eq(probability, zero));
    store(out, offset, loss);
    if (gradX != 0) {
      storeScaled(gradX, offset, f32x4.neg(probability), highs, lows);
      if (gradY != 0) {
        const slope = f32x4.add(difference, splatElementConstant(ONE));
        storeScaled(gradY, offset, slope, highs, lows);
      }
    }
    sum = accumulate(sum, loss);
  }
  return sumLanes(sum);
}
