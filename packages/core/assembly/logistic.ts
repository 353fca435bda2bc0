// The binary cross-entropy of blocks of float32, and its parts.
import { sumLanes } from "./arithmetic";
import { accumulate, store, storeScaled } from "./outputs";
import { ONE, splatElementConstant } from "./elementsConstants";
import { expMinusAbs, log1pOfExp, sigmoidOfExp, softplusOfExp } from "./elementsVector";

/** Writes softplus(x) and sigmoid(x), which share their exponential. */
export function softplusSigmoid(x: usize, softplus: usize, sigmoid: usize, count: i32): void {
  for (const end = x + (<usize>count << 2); x < end; x += 16, softplus += 16, sigmoid += 16) {
    const element = v128.load(x);
    const e = expMinusAbs(element);
    v128.store(softplus, softplusOfExp(element, e));
    v128.store(sigmoid, sigmoidOfExp(element, e));
  }
}

/**
 * Writes the binary cross-entropy of the logit x and the probability y, y · softplus(−x) + (1 − y) · softplus(x),
 * and as its derivatives sigmoid(x) − y and −x. `differences.ts` explains the parameters.
 *
 * e is exp(−|x|), and w is the probability of the class that the sign of x speaks against. The loss is
 * |x| · w + log(1 + e). The derivative is w − e / (1 + e) with the sign of x. Neither cancels for a certain y.
 */
export function binaryCrossEntropy(
  x: usize, y: usize, out: usize, gradX: usize, gradY: usize, count: i32, high: f32, low: f32,
): f64 {
  const highs = f32x4.splat(high);
  const lows = f32x4.splat(low);
  let sum = f64x2.splat(0);
  for (let offset: usize = 0, end = <usize>count << 2; offset < end; offset += 16) {
    const logit = v128.load(x + offset);
    const probability = v128.load(y + offset);
    const e = expMinusAbs(logit);
    const complement = f32x4.sub(splatElementConstant(ONE), probability);
    const w = v128.bitselect(probability, complement, i32x4.shr_s(logit, 31));
    const abs = f32x4.abs(logit);
    // A probability of 0 contributes nothing, also where its loss is infinite.
    const product = v128.andnot(f32x4.mul(abs, w), f32x4.eq(w, f32x4.splat(0)));
    const loss = f32x4.add(product, log1pOfExp(e));
    store(out, offset, loss);
    if (gradX != 0) {
      const difference = f32x4.sub(w, f32x4.div(e, f32x4.add(splatElementConstant(ONE), e)));
      const slope = v128.xor(difference, v128.xor(logit, abs));
      storeScaled(gradX, offset, slope, highs, lows);
      storeScaled(gradY, offset, f32x4.neg(logit), highs, lows);
    }
    sum = accumulate(sum, loss);
  }
  return sumLanes(sum);
}
