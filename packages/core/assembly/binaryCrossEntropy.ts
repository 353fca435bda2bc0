// The binary cross-entropy of probabilities, of blocks of float32. That of logits is in `logistic.ts`.
import { sumLanes } from "./arithmetic";
import { accumulate, store, storeScaled } from "./outputs";
import { ONE, splatElementConstant } from "./elementsConstants";
import { log1pVector, logVector } from "./elementsVector";

/**
 * Writes −y · log x − (1 − y) · log(1 − x). The derivatives are (x − y) / (x · (1 − x)) and log(1 − x) − log x.
 * `differences.ts` explains the other parameters.
 *
 * @param leastLog the least logarithm.
 * @param leastProduct the least denominator.
 */
export function binaryCrossEntropy(
  x: usize, y: usize, out: usize, gradX: usize, gradY: usize, count: i32, high: f32, low: f32,
  leastLog: f32, leastProduct: f32,
): f64 {
  const highs = f32x4.splat(high);
  const lows = f32x4.splat(low);
  const leastLogs = f32x4.splat(leastLog);
  const leastProducts = f32x4.splat(leastProduct);
  let sum = f64x2.splat(0);
  for (let offset: usize = 0, end = <usize>count << 2; offset < end; offset += 16) {
    const probability = v128.load(x + offset);
    const target = v128.load(y + offset);
    const one = splatElementConstant(ONE);
    // In this order, NaN is kept.
    const log = f32x4.pmax(logVector(probability), leastLogs);
    const logOfRest = f32x4.pmax(log1pVector(f32x4.neg(probability)), leastLogs);
    const loss = f32x4.sub(f32x4.mul(f32x4.sub(target, one), logOfRest), f32x4.mul(target, log));
    store(out, offset, loss);
    if (gradX != 0) {
      const product = f32x4.mul(probability, f32x4.sub(one, probability));
      const slope = f32x4.div(f32x4.sub(probability, target), f32x4.pmax(product, leastProducts));
      storeScaled(gradX, offset, slope, highs, lows);
      if (gradY != 0) storeScaled(gradY, offset, f32x4.sub(logOfRest, log), highs, lows);
    }
    sum = accumulate(sum, loss);
  }
  return sumLanes(sum);
}
