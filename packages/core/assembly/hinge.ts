// The hinge embedding loss of blocks of float32.
import { sumLanes } from "./arithmetic";
import { ONE, splatElementConstant } from "./elementsConstants";
import { accumulate, store, storeScaledFinite } from "./outputs";

/**
 * Writes x where the label y is 1, max(0, m) with m = margin − x where it is −1, and the sum of both for other labels.
 * The derivative of max(0, m) is −1 where m is at least 0. There is none with respect to y. The margin is the sum of two
 * floats. `differences.ts` explains the other parameters.
 */
export function hinge(
  x: usize, y: usize, out: usize, gradX: usize, gradY: usize, count: i32, high: f32, low: f32,
  marginHigh: f32, marginLow: f32,
): f64 {
  const highs = f32x4.splat(high);
  const lows = f32x4.splat(low);
  const zero = f32x4.splat(0);
  const one = splatElementConstant(ONE);
  const minusOne = f32x4.neg(one);
  const marginHighs = f32x4.splat(marginHigh);
  const marginLows = f32x4.splat(marginLow);
  let sum = f64x2.splat(0);
  for (let offset: usize = 0, end = <usize>count << 2; offset < end; offset += 16) {
    const distance = v128.load(x + offset);
    const label = v128.load(y + offset);
    const isSimilar = f32x4.ne(label, minusOne);
    const isOther = f32x4.ne(label, one);
    const missing = f32x4.add(f32x4.sub(marginHighs, distance), marginLows);
    const similar = v128.and(distance, isSimilar);
    const loss = f32x4.add(similar, v128.and(f32x4.pmax(missing, zero), isOther));
    store(out, offset, loss);
    if (gradX != 0) {
      const isMissed = v128.and(isOther, f32x4.ge(missing, zero));
      const slope = f32x4.sub(v128.and(one, isSimilar), v128.and(one, isMissed));
      storeScaledFinite(gradX, offset, slope, highs, lows);
    }
    sum = accumulate(sum, loss);
  }
  return sumLanes(sum);
}
