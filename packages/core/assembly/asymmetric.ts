// The asymmetric loss of single logits, of blocks of float32.
import { sumLanes } from "./arithmetic";
import { accumulate, store, storeScaled } from "./outputs";
import { product, timesPower } from "./products";
import { HALF, ONE, splatElementConstant } from "./elementsConstants";
import { expm1Clamped, expMinusAbs, log1pOfExp, logVector, sigmoidOfExp } from "./elementsVector";

/**
 * Writes y · q^γ₊ · (−log p) + (1 − y) · s^γ₋ · (−log(1 − s)) for the logit x and the label y. p is sigmoid(x), q is 1 − p,
 * and s is max(0, p − clip). The loss has no derivative with respect to y. `differences.ts` explains the other parameters.
 *
 * @param gammaPos γ₊, a small whole number, as is γ₋.
 * @param clipLogit the logit whose probability is clip. Without a clip it is −∞: d is then NaN, and each comparison
 * with d is false.
 */
export function asymmetric(
  x: usize, y: usize, out: usize, gradX: usize, gradY: usize, count: i32, high: f32, low: f32,
  clip: f32, gammaPos: i32, gammaNeg: i32, clipLogit: f64,
): f64 {
  const highs = f32x4.splat(high);
  const lows = f32x4.splat(low);
  const zero = f32x4.splat(0);
  const clips = f32x4.splat(clip);
  const near = f32x4.splat(0.75);
  const clipLogits = f32x4.splat(<f32>clipLogit);
  const clipLogitLows = f32x4.splat(<f32>(clipLogit - <f64><f32>clipLogit));
  const gammasPos = f32x4.splat(<f32>gammaPos);
  const gammasNeg = f32x4.splat(<f32>gammaNeg);
  let sum = f64x2.splat(0);
  for (let offset: usize = 0, end = <usize>count << 2; offset < end; offset += 16) {
    const logit = v128.load(x + offset);
    const label = v128.load(y + offset);
    const one = splatElementConstant(ONE);
    const e = expMinusAbs(logit);
    const p = sigmoidOfExp(logit, e);
    const q = sigmoidOfExp(f32x4.neg(logit), e);
    const log = log1pOfExp(e);
    const surprisal = f32x4.add(f32x4.pmax(f32x4.neg(logit), zero), log);
    const factor = timesPower(label, q, gammaPos);
    // d is the distance of the logit from that of the clip. s is positive where d is. Near the clip, p − clip loses
    // digits, but (1 − clip) · p · (1 − exp(−d)) does not.
    const d = f32x4.sub(f32x4.sub(logit, clipLogits), clipLogitLows);
    const isNear = f32x4.le(f32x4.abs(f32x4.sub(d, near)), near);
    let s = f32x4.sub(p, clips);
    if (v128.any_true(isNear)) {
      const part = f32x4.mul(f32x4.sub(clips, one), expm1Clamped(f32x4.neg(d)));
      s = v128.bitselect(f32x4.mul(part, p), s, isNear);
    }
    const power = timesPower(f32x4.sub(one, label), s, gammaNeg);
    const otherFactor = v128.andnot(power, f32x4.le(d, zero));
    const complement = f32x4.add(q, clips);
    let otherSurprisal = f32x4.add(f32x4.pmax(logit, zero), log);
    let rest = p;
    // Labels below the clip have no loss.
    if (clip != 0 && v128.any_true(f32x4.gt(d, zero))) {
      // 1 − s from the digits of s where that is small, else from those of q. The rounding error is added.
      const isSmall = f32x4.lt(s, splatElementConstant(HALF));
      const difference = v128.bitselect(f32x4.sub(one, s), complement, isSmall);
      const error = v128.and(f32x4.sub(f32x4.sub(one, difference), s), isSmall);
      otherSurprisal = f32x4.neg(f32x4.add(logVector(difference), f32x4.div(error, difference)));
      rest = f32x4.div(f32x4.mul(p, q), complement);
    }
    // A label of coefficient 0 contributes nothing, even if its loss is infinite.
    const loss = f32x4.add(product(factor, surprisal), product(otherFactor, otherSurprisal));
    store(out, offset, loss);
    if (gradX != 0) {
      // Where p · q is 0, a surprisal may be infinite: the limit of their product is 0.
      const pq = f32x4.mul(p, q);
      const isExtreme = f32x4.eq(pq, zero);
      const shrink = v128.andnot(f32x4.mul(f32x4.mul(gammasPos, p), surprisal), isExtreme);
      const ratio = f32x4.div(f32x4.mul(f32x4.mul(gammasNeg, pq), otherSurprisal), s);
      const growth = v128.andnot(ratio, isExtreme);
      const positive = product(factor, f32x4.add(q, shrink));
      const slope = f32x4.sub(product(otherFactor, f32x4.add(rest, growth)), positive);
      storeScaled(gradX, offset, slope, highs, lows);
    }
    sum = accumulate(sum, loss);
  }
  return sumLanes(sum);
}
