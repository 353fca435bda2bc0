// The Kullback–Leibler divergence of the distributions of rows of logits.
import { demotePair, maddF32, promoteHigh, sumLanes } from "./arithmetic";
import { floatConstant, S0 } from "./divergenceConstants";
import { INVERSE, logSumDifference, LOSS, MAX, paddedBytes, STATS_BYTES } from "./distributions";

export { exponentials, maxima } from "./distributions";

/** Returns log(q / p) of two classes, given their logits. `logSums` is the logarithm of the sum of y less that of x. */
// @ts-expect-error: decorator
@inline
function logRatio(x: v128, y: v128, maxX: v128, maxY: v128, factor: v128, logSums: v128): v128 {
  return f64x2.sub(f64x2.mul(f64x2.sub(f64x2.sub(y, maxY), f64x2.sub(x, maxX)), factor), logSums);
}

/** Returns q − p, given t = log(q / p) and exp(t) − 1 − t of two classes. */
// @ts-expect-error: decorator
@inline
function differenceOf(p: v128, q: v128, t: v128, rest: v128, isAlike: v128): v128 {
  return v128.bitselect(f64x2.mul(p, f64x2.add(t, rest)), f64x2.sub(q, p), isAlike);
}

/** Returns p · (exp(t) − 1 − t), given the difference q − p. */
// @ts-expect-error: decorator
@inline
function termOf(p: v128, t: v128, rest: v128, difference: v128, isAlike: v128, isImpossible: v128): v128 {
  // p · t is NaN where p is 0 and t is infinite.
  const direct = f64x2.sub(difference, v128.andnot(f64x2.mul(p, t), isImpossible));
  return v128.bitselect(f64x2.mul(p, rest), direct, isAlike);
}

/**
 * Adds KL(p ‖ q) of each row to its loss, for p = softmax(x · factor) and q = softmax(y · factor), given their
 * exponentials. Writes scale · (q − p), if `gradient` is not 0, with one scale for each row. Up to three floats behind the
 * last row are overwritten.
 *
 * The divergence is the sum of p · (exp(t) − 1 − t) = q − p − p · t with t = log(q / p). No term is below 0. Where the
 * distributions are alike, nothing cancels but the two logarithms of t. Only the series of exp(t) is float32.
 */
export function kullbackLeibler(
  x: usize, y: usize, expsX: usize, expsY: usize, rows: i32, size: i32, factor: f64, statsX: usize, statsY: usize,
  gradient: usize, scales: usize,
): void {
  const bytes = <usize>size << 2;
  const padded = paddedBytes(size);
  const factors = f64x2.splat(factor);
  const zero = f64x2.splat(0);
  const one = f64x2.splat(1);
  const s0 = floatConstant(S0);
  const s1 = floatConstant(S0 + 1);
  const s2 = floatConstant(S0 + 2);
  const s3 = floatConstant(S0 + 3);
  const s4 = floatConstant(S0 + 4);
  const s5 = floatConstant(S0 + 5);
  const s6 = floatConstant(S0 + 6);
  const s7 = floatConstant(S0 + 7);
  for (const end = statsX + <usize>rows * STATS_BYTES; statsX < end; statsX += STATS_BYTES, statsY += STATS_BYTES) {
    const maxX = v128.load64_splat(statsX, MAX);
    const maxY = v128.load64_splat(statsY, MAX);
    const inverseX = v128.load64_splat(statsX, INVERSE);
    const inverseY = v128.load64_splat(statsY, INVERSE);
    const logSums = logSumDifference(statsX, statsY);
    let sum = zero;
    let k: usize = 0;
    for (const rowEnd = expsX + padded; expsX < rowEnd; expsX += 32, expsY += 32, k += 16) {
      const logitsX = v128.load(x + k);
      const logitsY = v128.load(y + k);
      const p0 = f64x2.mul(v128.load(expsX), inverseX);
      const p1 = f64x2.mul(v128.load(expsX, 16), inverseX);
      const q0 = f64x2.mul(v128.load(expsY), inverseY);
      const q1 = f64x2.mul(v128.load(expsY, 16), inverseY);
      const t0 = logRatio(
        f64x2.promote_low_f32x4(logitsX), f64x2.promote_low_f32x4(logitsY), maxX, maxY, factors, logSums);
      const t1 = logRatio(promoteHigh(logitsX), promoteHigh(logitsY), maxX, maxY, factors, logSums);
      const t = demotePair(t0, t1);
      const t2 = f32x4.mul(t, t);
      const low = maddF32(maddF32(s3, t, s2), t2, maddF32(s1, t, s0));
      const high = maddF32(maddF32(s7, t, s6), t2, maddF32(s5, t, s4));
      const series = maddF32(high, f32x4.mul(t2, t2), low);
      const rest0 = f64x2.mul(f64x2.mul(t0, t0), f64x2.promote_low_f32x4(series));
      const rest1 = f64x2.mul(f64x2.mul(t1, t1), promoteHigh(series));
      const isImpossible0 = f64x2.eq(p0, zero);
      const isImpossible1 = f64x2.eq(p1, zero);
      // Not where t is NaN, either.
      const isAlike0 = v128.andnot(f64x2.le(f64x2.abs(t0), one), isImpossible0);
      const isAlike1 = v128.andnot(f64x2.le(f64x2.abs(t1), one), isImpossible1);
      const difference0 = differenceOf(p0, q0, t0, rest0, isAlike0);
      const difference1 = differenceOf(p1, q1, t1, rest1, isAlike1);
      sum = f64x2.add(sum, f64x2.add(
        termOf(p0, t0, rest0, difference0, isAlike0, isImpossible0),
        termOf(p1, t1, rest1, difference1, isAlike1, isImpossible1)));
      if (gradient == 0) continue;
      const scale = v128.load64_splat(scales);
      v128.store(gradient + k, demotePair(f64x2.mul(difference0, scale), f64x2.mul(difference1, scale)));
    }
    store<f64>(statsX, load<f64>(statsX, LOSS) + sumLanes(sum), LOSS);
    x += bytes;
    y += bytes;
    if (gradient != 0) gradient += bytes;
    scales += 8;
  }
}
