// The binary cross-entropy of logits with weights of class 1, of blocks of float32.
import { sumLanes } from "./arithmetic";
import { accumulate, store, storeScaled } from "./outputs";
import { product } from "./products";
import { ONE, splatElementConstant } from "./elementsConstants";
import { expMinusAbs, log1pOfExp, sigmoidOfExp } from "./elementsVector";

/**
 * Writes (1 − y) · softplus(x) + w · y · softplus(−x) for the logit x, the probability y and the weight w. Its derivatives
 * are (1 − y) · sigmoid(x) − w · y · sigmoid(−x) with respect to x, and w · softplus(−x) − softplus(x) with respect to y.
 * There is none with respect to w: `gradWeight` is ignored. `differences.ts` explains the other parameters.
 */
export function weightedBinaryCrossEntropy(
  x: usize, y: usize, out: usize, gradX: usize, gradY: usize, count: i32, high: f32, low: f32,
  weight: usize, gradWeight: usize,
): f64 {
  const highs = f32x4.splat(high);
  const lows = f32x4.splat(low);
  const zero = f32x4.splat(0);
  let sum = f64x2.splat(0);
  for (let offset: usize = 0, end = <usize>count << 2; offset < end; offset += 16) {
    const logit = v128.load(x + offset);
    const probability = v128.load(y + offset);
    const minusLogit = f32x4.neg(logit);
    const negative = f32x4.sub(splatElementConstant(ONE), probability);
    const w = v128.load(weight + offset);
    const e = expMinusAbs(logit);
    const log = log1pOfExp(e);
    const above = f32x4.pmax(logit, zero);
    const below = f32x4.pmax(minusLogit, zero);
    const softplus = f32x4.add(above, log);
    const otherSoftplus = f32x4.add(below, log);
    // A class of coefficient 0 contributes nothing, even if its loss is infinite. The weight comes last: its product with
    // a probability may underflow where the loss does not.
    const otherLoss = product(w, product(probability, otherSoftplus));
    const loss = f32x4.add(product(negative, softplus), otherLoss);
    store(out, offset, loss);
    if (gradX != 0) {
      const slope = f32x4.mul(negative, sigmoidOfExp(logit, e));
      const positive = f32x4.mul(w, probability);
      const otherSlope = f32x4.mul(positive, sigmoidOfExp(minusLogit, e));
      storeScaled(gradX, offset, f32x4.sub(slope, otherSlope), highs, lows);
      if (gradY != 0) {
        // softplus(x) is max(0, x) + log. No large terms cancel in this form.
        const rest = f32x4.mul(f32x4.sub(w, splatElementConstant(ONE)), log);
        const slopeByY = f32x4.add(f32x4.sub(product(w, below), above), rest);
        storeScaled(gradY, offset, slopeByY, highs, lows);
      }
    }
    sum = accumulate(sum, loss);
  }
  return sumLanes(sum);
}
