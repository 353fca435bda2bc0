// The Jensen–Shannon divergence of the distributions of rows of logits.
import { demotePair, maddF64, promoteHigh, sumLanes } from "./arithmetic";
import { A0, constant, H0, HALF, QUARTER, THREE } from "./divergenceConstants";
import {
  EXCESS, INVERSE, logSumDifference, LOSS, MAX, paddedBytes, REFERENCE, STATS_BYTES,
} from "./distributions";

export { exponentials, maxima } from "./distributions";

/** Returns 2 atanh(s) for 0 ≤ s ≤ 1/3. */
// @ts-expect-error: decorator
@inline
function twiceAtanh(s: v128): v128 {
  const z = f64x2.mul(s, s);
  let q = maddF64(constant(A0 + 5), z, constant(A0 + 4));
  q = maddF64(q, z, constant(A0 + 3));
  q = maddF64(q, z, constant(A0 + 2));
  q = maddF64(q, z, constant(A0 + 1));
  q = maddF64(q, z, constant(A0));
  const half = maddF64(f64x2.mul(s, z), q, s);
  return f64x2.add(half, half);
}

/** Returns (1 + a) log(1 + a) + (1 − a) log(1 − a) for 0 ≤ a ≤ ¼. Nothing cancels. */
// @ts-expect-error: decorator
@inline
function entropySeries(a: v128): v128 {
  const z = f64x2.mul(a, a);
  let q = maddF64(constant(H0 + 3), z, constant(H0 + 2));
  q = maddF64(q, z, constant(H0 + 1));
  q = maddF64(q, z, constant(H0));
  return maddF64(f64x2.mul(z, z), q, z);
}

/**
 * Returns p · log(p / m) + q · log(q / m) with m = (p + q) / 2, given p, q and t = log(q / p). Writes the two logarithms to
 * `ratiosP` and `ratiosQ`, if these are not 0. Where a probability is 0, its logarithm may be any number.
 *
 * Let a be |p − q| / (p + q). The logarithm of the larger probability's ratio is log(1 + a) = 2 atanh(a / (2 + a)). The
 * other logarithm is less by |t|. If a is small, the two terms cancel. Their sum is then computed as
 * m · ((1 + a) log(1 + a) + (1 − a) log(1 − a)).
 */
// @ts-expect-error: decorator
@inline
function termsOf(p: v128, q: v128, t: v128, ratiosP: usize, ratiosQ: usize): v128 {
  const zero = f64x2.splat(0);
  const larger = f64x2.max(p, q);
  const smaller = f64x2.min(p, q);
  const difference = f64x2.sub(larger, smaller);
  const sum = f64x2.add(larger, smaller);
  const a = f64x2.div(difference, sum);
  const s = f64x2.div(difference, maddF64(larger, constant(THREE), smaller));
  // Its logarithm is infinite where a probability is 0, but its term is 0.
  const logLarger = v128.andnot(twiceAtanh(s), f64x2.eq(larger, zero));
  const distance = v128.andnot(f64x2.abs(t), f64x2.eq(smaller, zero));
  const logSmaller = f64x2.sub(logLarger, distance);
  if (ratiosP != 0) {
    const isSecondLarger = f64x2.gt(t, zero);
    v128.store(ratiosP, v128.bitselect(logSmaller, logLarger, isSecondLarger));
    v128.store(ratiosQ, v128.bitselect(logLarger, logSmaller, isSecondLarger));
  }
  const direct = f64x2.add(f64x2.mul(larger, logLarger), f64x2.mul(smaller, logSmaller));
  const series = f64x2.mul(f64x2.mul(sum, constant(HALF)), entropySeries(a));
  return v128.bitselect(series, direct, f64x2.le(a, constant(QUARTER)));
}

/**
 * Adds the divergence of each row to its loss, for p = softmax(x) and q = softmax(y), given their exponentials. Writes
 * log(p / m) and log(q / m), if the addresses are not 0, padded as the exponentials are.
 */
export function jensenShannon(
  x: usize, y: usize, expsX: usize, expsY: usize, rows: i32, size: i32, statsX: usize, statsY: usize, ratiosX: usize,
  ratiosY: usize,
): void {
  const bytes = <usize>size << 2;
  const padded = paddedBytes(size);
  const ratioBytes = ratiosX == 0 ? 0 : 32;
  for (const end = statsX + <usize>rows * STATS_BYTES; statsX < end; statsX += STATS_BYTES, statsY += STATS_BYTES) {
    const maxX = v128.load64_splat(statsX, MAX);
    const maxY = v128.load64_splat(statsY, MAX);
    const inverseX = v128.load64_splat(statsX, INVERSE);
    const inverseY = v128.load64_splat(statsY, INVERSE);
    const logSums = logSumDifference(statsX, statsY);
    let a = f64x2.splat(0);
    let b = a;
    let k: usize = 0;
    for (const rowEnd = expsX + padded; expsX < rowEnd; expsX += 32, expsY += 32, k += 16) {
      const logitsX = v128.load(x + k);
      const logitsY = v128.load(y + k);
      const x0 = f64x2.sub(f64x2.promote_low_f32x4(logitsX), maxX);
      const y0 = f64x2.sub(f64x2.promote_low_f32x4(logitsY), maxY);
      const x1 = f64x2.sub(promoteHigh(logitsX), maxX);
      const y1 = f64x2.sub(promoteHigh(logitsY), maxY);
      const t0 = f64x2.sub(f64x2.sub(y0, x0), logSums);
      const t1 = f64x2.sub(f64x2.sub(y1, x1), logSums);
      const p0 = f64x2.mul(v128.load(expsX), inverseX);
      const q0 = f64x2.mul(v128.load(expsY), inverseY);
      const p1 = f64x2.mul(v128.load(expsX, 16), inverseX);
      const q1 = f64x2.mul(v128.load(expsY, 16), inverseY);
      a = f64x2.add(a, termsOf(p0, q0, t0, ratiosX, ratiosY));
      b = f64x2.add(b, termsOf(p1, q1, t1, ratiosX + (ratioBytes >> 1), ratiosY + (ratioBytes >> 1)));
      ratiosX += ratioBytes;
      ratiosY += ratioBytes;
    }
    const sum = f64x2.mul(f64x2.add(a, b), constant(HALF));
    store<f64>(statsX, load<f64>(statsX, LOSS) + sumLanes(sum), LOSS);
    x += bytes;
    y += bytes;
  }
}

/** Adds log(p / m) of the class of more than ½, if there is one, to the reference of each row. */
export function addReferences(exps: usize, ratios: usize, rows: i32, size: i32, stats: usize): void {
  const padded = paddedBytes(size);
  const half = constant(HALF);
  for (const end = stats + <usize>rows * STATS_BYTES; stats < end; stats += STATS_BYTES) {
    const inverse = v128.load64_splat(stats, INVERSE);
    let reference = f64x2.splat(0);
    for (const rowEnd = exps + padded; exps < rowEnd; exps += 16, ratios += 16) {
      const isTop = f64x2.gt(f64x2.mul(v128.load(exps), inverse), half);
      reference = f64x2.add(reference, v128.and(v128.load(ratios), isTop));
    }
    store<f64>(stats, load<f64>(stats, REFERENCE) + sumLanes(reference), REFERENCE);
  }
}

/** Adds Σ p · (log(p / m) − reference) to the excess of each row. */
export function addExcesses(exps: usize, ratios: usize, rows: i32, size: i32, stats: usize): void {
  const padded = paddedBytes(size);
  for (const end = stats + <usize>rows * STATS_BYTES; stats < end; stats += STATS_BYTES) {
    const inverse = v128.load64_splat(stats, INVERSE);
    const reference = v128.load64_splat(stats, REFERENCE);
    let a = f64x2.splat(0);
    let b = a;
    for (const rowEnd = exps + padded; exps < rowEnd; exps += 32, ratios += 32) {
      const difference = f64x2.sub(v128.load(ratios), reference);
      a = f64x2.add(a, f64x2.mul(f64x2.mul(v128.load(exps), inverse), difference));
      const next = f64x2.sub(v128.load(ratios, 16), reference);
      b = f64x2.add(b, f64x2.mul(f64x2.mul(v128.load(exps, 16), inverse), next));
    }
    store<f64>(stats, load<f64>(stats, EXCESS) + sumLanes(f64x2.add(a, b)), EXCESS);
  }
}

/**
 * Writes the derivatives of the divergence of each row with respect to the logits of p, p · (log(p / m) − Σ p log(p / m)) / 2.
 * If one class dominates, the sum is nearly its logarithm. It is therefore the reference that both are measured from. Up to
 * three floats behind the last row are overwritten.
 */
export function gradients(exps: usize, ratios: usize, rows: i32, size: i32, stats: usize, out: usize): void {
  const bytes = <usize>size << 2;
  const padded = paddedBytes(size);
  for (const end = stats + <usize>rows * STATS_BYTES; stats < end; stats += STATS_BYTES, out += bytes) {
    const halfInverse = f64x2.mul(v128.load64_splat(stats, INVERSE), constant(HALF));
    const reference = v128.load64_splat(stats, REFERENCE);
    const excess = v128.load64_splat(stats, EXCESS);
    let to = out;
    for (const rowEnd = exps + padded; exps < rowEnd; exps += 32, ratios += 32, to += 16) {
      const a = f64x2.sub(f64x2.sub(v128.load(ratios), reference), excess);
      const b = f64x2.sub(f64x2.sub(v128.load(ratios, 16), reference), excess);
      v128.store(to, demotePair(
        f64x2.mul(f64x2.mul(v128.load(exps), halfInverse), a),
        f64x2.mul(f64x2.mul(v128.load(exps, 16), halfInverse), b)));
    }
  }
}
