// The binary cross-entropy of probabilities, of blocks of float32. That of logits is in `logistic.ts`.
import { promoteHigh, sumLanes } from "./arithmetic";
import { boundOf, scaled } from "./products";
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
  x: usize, y: usize, out: usize, gradient: usize, opposite: usize, count: i32, high: f32, low: f32,
  leastLog: f32, leastProduct: f32,
): f64 {
  const hasOut = out != 0;
  const hasGradient = gradient != 0;
  const hasOpposite = opposite != 0;
  const highs = f32x4.splat(high);
  const lows = f32x4.splat(low);
  const bound = boundOf(low);
  const leastLogs = f32x4.splat(leastLog);
  const leastProducts = f32x4.splat(leastProduct);
  let a = f64x2.splat(0);
  let b = a;
  for (const end = x + (<usize>count << 2); x < end; x += 16, y += 16) {
    const probability = v128.load(x);
    const target = v128.load(y);
    const one = splatElementConstant(ONE);
    // In this order, NaN is kept.
    const log = f32x4.pmax(logVector(probability), leastLogs);
    const logOfRest = f32x4.pmax(log1pVector(f32x4.neg(probability)), leastLogs);
    const loss = f32x4.sub(f32x4.mul(f32x4.sub(target, one), logOfRest), f32x4.mul(target, log));
    if (hasOut) {
      v128.store(out, loss);
      out += 16;
    }
    if (hasGradient) {
      const product = f32x4.mul(probability, f32x4.sub(one, probability));
      const slope = f32x4.div(f32x4.sub(probability, target), f32x4.pmax(product, leastProducts));
      v128.store(gradient, scaled(slope, highs, lows, bound));
      gradient += 16;
      if (hasOpposite) {
        v128.store(opposite, scaled(f32x4.sub(logOfRest, log), highs, lows, bound));
        opposite += 16;
      }
    }
    a = f64x2.add(a, f64x2.promote_low_f32x4(loss));
    b = f64x2.add(b, promoteHigh(loss));
  }
  return sumLanes(f64x2.add(a, b));
}
