// The distributions of rows of logits in float64, for the divergences of two distributions.
//
// A row of logits is float32. Its exponentials are float64 and padded with zeros to a multiple of four, so that the loops
// over them have no rest. A row that is longer than the buffers is computed in pieces, which add to the row's statistics.
import { log1pRatio, maddF64, promoteHigh, sumLanes } from "./arithmetic";
import {
  constant, E0, LOG2E, LOWEST, MAGIC_BIAS, MINUS_LN2_HIGH, MINUS_LN2_LOW,
} from "./divergenceConstants";

// The statistics of a row are doubles, at these offsets in bytes. The caller starts MAX at −∞ and the sums at 0.
/** The largest logit. */
export const MAX: usize = 0;
/** The sum of the exponentials that are less than that of the largest logit. */
export const SUM: usize = 8;
/** The number of logits that equal the largest. */
export const TIES: usize = 16;
/** The sum of all exponentials but one largest, which would take away the digits of a small sum. */
export const REST: usize = 24;
/** 1 / (1 + REST), the largest probability. */
export const INVERSE: usize = 32;
// Sums of the divergences:
/** The loss, in the statistics of the first distribution. */
export const LOSS: usize = 40;
/** log(p / m) of the class of more than ½, if there is one, else 0. */
export const REFERENCE: usize = 48;
/** Σ p · (log(p / m) − REFERENCE). */
export const EXCESS: usize = 56;
export const STATS_BYTES: usize = 64;

/** Returns the bytes of a row's exponentials, with those that pad it. */
// @ts-expect-error: decorator
@inline
export function paddedBytes(size: i32): usize {
  return <usize>((size + 3) & ~3) << 3;
}

/** Returns exp(x) for x ≤ 0, given the constants. NaN stays NaN. */
// @ts-expect-error: decorator
@inline
function expBelowZero(
  x: v128, lowest: v128, log2e: v128, magicBias: v128, high: v128, low: v128,
  e8: v128, e7: v128, e6: v128, e5: v128, e4: v128, e3: v128, e2: v128, e1: v128, e0: v128,
): v128 {
  // pmax in this order keeps NaN.
  const clamped = f64x2.pmax(x, lowest);
  const biasedExponent = maddF64(clamped, log2e, magicBias);
  const n = f64x2.sub(biasedExponent, magicBias);
  const t = maddF64(n, low, maddF64(n, high, clamped));
  const power = i64x2.shl(biasedExponent, 52);
  const t2 = f64x2.mul(t, t);
  const t4 = f64x2.mul(t2, t2);
  const e03 = maddF64(maddF64(e3, t, e2), t2, maddF64(e1, t, e0));
  const e47 = maddF64(maddF64(e7, t, e6), t2, maddF64(e5, t, e4));
  const rest = maddF64(t2, maddF64(maddF64(e8, t4, e47), t4, e03), t);
  return v128.andnot(maddF64(power, rest, power), f64x2.lt(x, lowest));
}

/** Returns the first `left` of four floats, and −∞ in place of the others. */
// @ts-expect-error: decorator
@inline
function loadFirst(x: usize, left: i32): v128 {
  const isInside = i32x4.gt_s(i32x4.splat(left), i32x4(0, 1, 2, 3));
  return v128.bitselect(v128.load(x), f32x4.splat(-Infinity), isInside);
}

/** Writes the largest logit of each row to its statistics, unless an earlier piece had a larger one. NaN is skipped. */
export function maxima(x: usize, rows: i32, size: i32, stats: usize): void {
  const whole = <usize>(size & ~3) << 2;
  const bytes = <usize>size << 2;
  for (const end = stats + <usize>rows * STATS_BYTES; stats < end; stats += STATS_BYTES, x += bytes) {
    // pmax in this order skips NaN, and is one instruction.
    const lowest = f32x4.splat(-Infinity);
    let a = lowest;
    let b = f32x4.pmax(lowest, loadFirst(x + whole, size & 3));
    let k = x;
    const rowEnd = x + whole;
    for (; k + 32 <= rowEnd; k += 32) {
      a = f32x4.pmax(a, v128.load(k));
      b = f32x4.pmax(b, v128.load(k, 16));
    }
    if (k < rowEnd) a = f32x4.pmax(a, v128.load(k));
    a = f32x4.pmax(a, b);
    a = f32x4.pmax(a, v128.shuffle<i32>(a, a, 2, 3, 0, 1));
    a = f32x4.pmax(a, v128.shuffle<i32>(a, a, 1, 0, 3, 2));
    store<f64>(stats, max<f64>(load<f64>(stats, MAX), <f64>f32x4.extract_lane(a, 0)), MAX);
  }
}

/** Writes exp((x − max) · factor) of each row, and adds them to its statistics. */
export function exponentials(x: usize, exps: usize, rows: i32, size: i32, factor: f64, stats: usize): void {
  const bytes = <usize>size << 2;
  const padded = paddedBytes(size);
  const factors = f64x2.splat(factor);
  const lowest = constant(LOWEST);
  const log2e = constant(LOG2E);
  const magicBias = constant(MAGIC_BIAS);
  const high = constant(MINUS_LN2_HIGH);
  const low = constant(MINUS_LN2_LOW);
  const e0 = constant(E0);
  const e1 = constant(E0 + 1);
  const e2 = constant(E0 + 2);
  const e3 = constant(E0 + 3);
  const e4 = constant(E0 + 4);
  const e5 = constant(E0 + 5);
  const e6 = constant(E0 + 6);
  const e7 = constant(E0 + 7);
  const e8 = constant(E0 + 8);
  for (const end = stats + <usize>rows * STATS_BYTES; stats < end; stats += STATS_BYTES, x += bytes) {
    const largest = v128.load64_splat(stats, MAX);
    const floatLargest = f32x4.splat(<f32>load<f64>(stats, MAX));
    let sums = f64x2.splat(0);
    let ties = i32x4.splat(0);
    let left = size;
    let k = x;
    for (const rowEnd = exps + padded; exps < rowEnd; exps += 32, k += 16, left -= 4) {
      const logits = left < 4 ? loadFirst(k, left) : v128.load(k);
      ties = i32x4.sub(ties, f32x4.eq(logits, floatLargest));
      const a = f64x2.promote_low_f32x4(logits);
      const b = promoteHigh(logits);
      const expA = expBelowZero(
        f64x2.mul(f64x2.sub(a, largest), factors), lowest, log2e, magicBias, high, low, e8, e7, e6, e5, e4, e3, e2, e1, e0);
      const expB = expBelowZero(
        f64x2.mul(f64x2.sub(b, largest), factors), lowest, log2e, magicBias, high, low, e8, e7, e6, e5, e4, e3, e2, e1, e0);
      v128.store(exps, expA);
      v128.store(exps, expB, 16);
      sums = f64x2.add(sums, f64x2.add(
        v128.andnot(expA, f64x2.eq(a, largest)), v128.andnot(expB, f64x2.eq(b, largest))));
    }
    ties = i32x4.add(ties, v128.shuffle<i32>(ties, ties, 2, 3, 0, 1));
    const count = i32x4.extract_lane(ties, 0) + i32x4.extract_lane(ties, 1);
    addToSums(stats, sumLanes(sums), <f64>count);
  }
}

/** Adds the sums of a row, or of a piece of one, and computes what follows from them. */
function addToSums(stats: usize, added: f64, addedTies: f64): void {
  const sum = load<f64>(stats, SUM) + added;
  const ties = load<f64>(stats, TIES) + addedTies;
  const largest = load<f64>(stats, MAX);
  // NaN, unless the largest logit is finite.
  const rest = sum + (ties - 1) + (largest - largest);
  store<f64>(stats, sum, SUM);
  store<f64>(stats, ties, TIES);
  store<f64>(stats, rest, REST);
  store<f64>(stats, 1 / (1 + rest), INVERSE);
}

/** Returns the logarithm of the sum of y less that of x, in both lanes. Where the sums are alike, nothing cancels. */
export function logSumDifference(statsX: usize, statsY: usize): v128 {
  const restX = v128.load64_splat(statsX, REST);
  const restY = v128.load64_splat(statsY, REST);
  const smaller = f64x2.min(restX, restY);
  const larger = f64x2.max(restX, restY);
  const one = f64x2.splat(1);
  const log = log1pRatio(f64x2.add(one, smaller), f64x2.sub(larger, smaller), f64x2.add(one, larger));
  return v128.bitselect(f64x2.neg(log), log, f64x2.lt(restY, restX));
}
