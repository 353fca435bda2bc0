// The focal loss of single logits, of blocks of float32.
import { sumLanes } from "./arithmetic";
import { accumulate, store, storeScaled } from "./outputs";
import { product, timesPower } from "./products";
import { ONE, splatElementConstant } from "./elementsConstants";
import { expMinusAbs, log1pOfExp, sigmoidOfExp } from "./elementsVector";

/**
 * Writes w · m^γ · c. c is the cross-entropy of the logit x and the label y. m is p · (1 − y) + (1 − p) · y with
 * p = sigmoid(x). w is `weight0` for y = 0 and `weight1` for y = 1. The loss has no derivative with respect to y.
 * `differences.ts` explains the other parameters.
 *
 * The derivative is w · m^γ · (p − y + γ · (1 − 2 y) · p · (1 − p) · c / m).
 *
 * @param gamma γ, a small whole number.
 */
export function sigmoidFocal(
  x: usize, y: usize, out: usize, gradX: usize, gradY: usize, count: i32, high: f32, low: f32,
  weight0: f32, weight1: f32, gamma: i32,
): f64 {
  const highs = f32x4.splat(high);
  const lows = f32x4.splat(low);
  const zero = f32x4.splat(0);
  const weights0 = f32x4.splat(weight0);
  const weights1 = f32x4.splat(weight1);
  const gammas = f32x4.splat(<f32>gamma);
  let sum = f64x2.splat(0);
  for (let offset: usize = 0, end = <usize>count << 2; offset < end; offset += 16) {
    const logit = v128.load(x + offset);
    const label = v128.load(y + offset);
    const one = splatElementConstant(ONE);
    const rest = f32x4.sub(one, label);
    const e = expMinusAbs(logit);
    const p = sigmoidOfExp(logit, e);
    const q = sigmoidOfExp(f32x4.neg(logit), e);
    const log = log1pOfExp(e);
    const softplus = f32x4.add(f32x4.pmax(logit, zero), log);
    const otherSoftplus = f32x4.add(f32x4.pmax(f32x4.neg(logit), zero), log);
    // A label of coefficient 0 contributes nothing, even if its loss is infinite.
    const crossEntropy = f32x4.add(product(rest, softplus), product(label, otherSoftplus));
    const miss = f32x4.add(f32x4.mul(q, label), f32x4.mul(p, rest));
    const weight = f32x4.add(f32x4.mul(weights1, label), f32x4.mul(weights0, rest));
    const factor = timesPower(weight, miss, gamma);
    const loss = product(factor, crossEntropy);
    store(out, offset, loss);
    if (gradX != 0) {
      const slope = f32x4.sub(f32x4.mul(rest, p), f32x4.mul(label, q));
      // Where p · q is 0, the cross-entropy may be infinite, or m may be 0: the limit is 0.
      const pq = f32x4.mul(p, q);
      const sign = f32x4.sub(rest, label);
      const shrink = product(pq, f32x4.div(f32x4.mul(f32x4.mul(gammas, sign), crossEntropy), miss));
      storeScaled(gradX, offset, product(factor, f32x4.add(slope, shrink)), highs, lows);
    }
    sum = accumulate(sum, loss);
  }
  return sumLanes(sum);
}
