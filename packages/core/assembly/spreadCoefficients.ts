// The coefficients of rows in which masked classes, whose logit is −∞, are left out.
//
// The coefficient of an unmasked class is (1 − ε) · q · s + ε / C. C is the number of unmasked classes, and s is the sum
// of all probabilities over that of the unmasked classes. If the latter is 0, masked classes keep (1 − ε) · q, and the
// loss is infinite. If all classes are masked, none counts as masked: the coefficients make the row NaN.
//
// The coefficients are written over the probabilities `q`, which the other kernels then read with a scale of 1. Vectors
// are `stride` bytes apart: each holds a class of four interleaved rows, or four classes of a contiguous row.
import { demotePair, maddF32, promoteHigh, sumLanes } from "./arithmetic";
import { loadTail, TAIL_Q } from "./coefficients";
import { targetOf } from "./contiguousRows";
import { SINGLE_ROW_STATS, TAIL_BUFFER, TARGETS, TILE_STRIDE } from "./memory";
import { MASSES, softSumsOf, WEIGHTED_SUMS } from "./softStats";

/** Selects what the kernels spread over the unmasked classes: nothing, the label smoothing of class indices, or probabilities. */
export enum Spreading {
  NONE,
  INDICES,
  PROBABILITIES,
}

/** Probabilities whose sum is less are divided by it in float64: the factor may leave float32's range. */
const LEAST_SUM: f64 = 7.888609052210118e-31;
/** So are those where the sum of all probabilities is more than so many times theirs. */
const LARGEST_QUOTIENT: f64 = 1e30;

// The sums of a row's probabilities are where those of its coefficients are later.
const SUMS: usize = WEIGHTED_SUMS;
const UNMASKED_SUMS: usize = MASSES;

export let spreading: Spreading = Spreading.NONE;
/** ε. */
let smoothing: f64;

/** Sets the kind of spreading, and ε, for the following rows. */
export function setSpreading(kind: Spreading, labelSmoothing: f64): void {
  spreading = kind;
  smoothing = labelSmoothing;
}

// @ts-expect-error: decorator
@inline
function isMasked(logits: v128): v128 {
  return f32x4.eq(logits, f32x4.splat(-Infinity));
}

/** Returns how many elements of each lane are masked. */
// @ts-expect-error: decorator
@inline
function countMasked(x: usize, count: i32, stride: usize): v128 {
  let masked = i32x4.splat(0);
  for (; count > 0; count--, x += stride) masked = i32x4.sub(masked, isMasked(v128.load(x)));
  return masked;
}

/** Adds the probabilities of each lane to the doubles at SUMS, and those of unmasked classes to UNMASKED_SUMS. */
function addProbabilities(x: usize, q: usize, count: i32, stride: usize, sums: usize): void {
  let low = v128.load(sums, SUMS);
  let high = v128.load(sums, SUMS + 16);
  let unmaskedLow = v128.load(sums, UNMASKED_SUMS);
  let unmaskedHigh = v128.load(sums, UNMASKED_SUMS + 16);
  for (; count > 0; count--, x += stride, q += stride) {
    const probabilities = v128.load(q);
    const unmasked = v128.andnot(probabilities, isMasked(v128.load(x)));
    low = f64x2.add(low, f64x2.promote_low_f32x4(probabilities));
    high = f64x2.add(high, promoteHigh(probabilities));
    unmaskedLow = f64x2.add(unmaskedLow, f64x2.promote_low_f32x4(unmasked));
    unmaskedHigh = f64x2.add(unmaskedHigh, promoteHigh(unmasked));
  }
  v128.store(sums, low, SUMS);
  v128.store(sums, high, SUMS + 16);
  v128.store(sums, unmaskedLow, UNMASKED_SUMS);
  v128.store(sums, unmaskedHigh, UNMASKED_SUMS + 16);
}

/** Sets the four doubles at `sums` to `value`. */
// @ts-expect-error: decorator
@inline
function fillDoubles(sums: usize, value: f64): void {
  v128.store(sums, f64x2.splat(value));
  v128.store(sums, f64x2.splat(value), 16);
}

// @ts-expect-error: decorator
@inline
function collapseDoubles(sums: usize): void {
  fillDoubles(sums, sumLanes(f64x2.add(v128.load(sums), v128.load(sums, 16))));
}

/** Spreads the probabilities of a row in float64 if their sum is tiny, or a tiny part. Those of masked classes become 0. */
function spreadTiny(x: usize, q: usize, size: i32, stride: usize, sums: usize): bool {
  const sum = load<f64>(sums, SUMS);
  const unmaskedSum = load<f64>(sums, UNMASKED_SUMS);
  const isTiny = unmaskedSum < LEAST_SUM || sum > LARGEST_QUOTIENT * unmaskedSum;
  if (!(unmaskedSum > 0 && isTiny)) return false;
  for (; size > 0; size--, x += stride, q += stride) {
    const share: f64 = load<f32>(x) == -Infinity ? 0 : <f64>load<f32>(q) / unmaskedSum;
    store<f32>(q, <f32>(share * sum));
  }
  store<f64>(sums, unmaskedSum, SUMS);
  return true;
}

/** Replaces probabilities by coefficients: `maskedScales` are for masked classes, the others for unmasked ones. */
function scaleProbabilities(
  x: usize, q: usize, count: i32, stride: usize, scales: v128, uniform: v128, maskedScales: v128, isEmpty: v128,
): void {
  for (; count > 0; count--, x += stride, q += stride) {
    const probabilities = v128.load(q);
    const isLeftOut = v128.andnot(isMasked(v128.load(x)), isEmpty);
    const c = maddF32(probabilities, scales, uniform);
    v128.store(q, v128.bitselect(f32x4.mul(probabilities, maskedScales), c, isLeftOut));
  }
}

/**
 * Writes the coefficients of class indices.
 *
 * @param classes the classes of the first vector, which grow by `step`
 * @param ofTarget the coefficient of an unmasked target; a masked one has `kept`
 */
function storeIndices(
  x: usize, q: usize, count: i32, stride: usize, classes: v128, step: i32, targets: v128, uniform: v128,
  ofTarget: v128, kept: v128, isEmpty: v128,
): void {
  const steps = i32x4.splat(step);
  for (; count > 0; count--, x += stride, q += stride) {
    const isLeftOut = v128.andnot(isMasked(v128.load(x)), isEmpty);
    const isTarget = i32x4.eq(classes, targets);
    const c = v128.bitselect(ofTarget, uniform, isTarget);
    v128.store(q, v128.bitselect(v128.and(kept, isTarget), c, isLeftOut));
    classes = i32x4.add(classes, steps);
  }
}

/** Returns the quotients of four doubles each, times `factor`, as floats. */
// @ts-expect-error: decorator
@inline
function quotients(factor: f64, dividends: usize, divisors: usize): v128 {
  const factors = f64x2.splat(factor);
  const low = f64x2.div(v128.load(dividends), v128.load(divisors));
  const high = f64x2.div(v128.load(dividends, 16), v128.load(divisors, 16));
  return demotePair(f64x2.mul(factors, low), f64x2.mul(factors, high));
}

/** Returns which of four doubles are positive, as masks of 32 bits. */
// @ts-expect-error: decorator
@inline
function arePositive(doubles: usize): v128 {
  const zero = f64x2.splat(0);
  const low = f64x2.gt(v128.load(doubles), zero);
  return v128.shuffle<i32>(low, f64x2.gt(v128.load(doubles, 16), zero), 0, 2, 4, 6);
}

/** Returns the sum of four integers in each lane. */
// @ts-expect-error: decorator
@inline
function sumOfLanes(integers: v128): v128 {
  const pairs = i32x4.add(integers, v128.shuffle<i64>(integers, integers, 1, 0));
  return i32x4.add(pairs, v128.shuffle<i32>(pairs, pairs, 1, 0, 3, 2));
}

/** Sums up the probabilities of four interleaved rows, or of a contiguous row in each lane. Tiny ones are spread. */
// @ts-expect-error: decorator
@inline
function sumProbabilities(interleaved: bool, x: usize, q: usize, size: i32, sums: usize): void {
  fillDoubles(sums + SUMS, 0);
  fillDoubles(sums + UNMASKED_SUMS, 0);
  if (interleaved) {
    addProbabilities(x, q, size, TILE_STRIDE, sums);
    for (let i: usize = 0; i < 4; i++) spreadTiny(x + (i << 2), q + (i << 2), size, TILE_STRIDE, sums + (i << 3));
    return;
  }
  addProbabilities(x, q, size >> 2, 16, sums);
  addProbabilities(TAIL_BUFFER, TAIL_Q, 1, 0, sums);
  collapseDoubles(sums + SUMS);
  collapseDoubles(sums + UNMASKED_SUMS);
  if (!spreadTiny(x, q, size, 4, sums)) return;
  fillDoubles(sums + SUMS, load<f64>(sums, SUMS));
  loadTail(x, q, size & ~3, <usize>(size & 3) << 2);
}

/** Writes the coefficients of four interleaved rows, or of a contiguous row. Returns whether a class is masked. */
// @ts-expect-error: decorator
@inline
function spread(interleaved: bool, x: usize, q: usize, size: i32, targets: v128, stats: usize): bool {
  const count = interleaved ? size : size >> 2;
  const stride: usize = interleaved ? TILE_STRIDE : 16;
  const tailBytes = <usize>(size & 3) << 2;
  if (!interleaved) loadTail(x, q, size & ~3, tailBytes);
  let masked = countMasked(x, count, stride);
  if (!interleaved) masked = sumOfLanes(i32x4.add(masked, countMasked(TAIL_BUFFER, 1, 0)));
  const isEmpty = i32x4.eq(masked, i32x4.splat(size));
  const classes = i32x4.sub(i32x4.splat(size), v128.andnot(masked, isEmpty));
  const smoothings = f64x2.splat(smoothing);
  const low = f64x2.div(smoothings, f64x2.convert_low_i32x4_u(classes));
  const high = f64x2.div(smoothings, f64x2.convert_low_i32x4_u(v128.shuffle<i32>(classes, classes, 2, 3, 2, 3)));
  const uniform = demotePair(low, high);
  const kept = f32x4.splat(<f32>(1 - smoothing));
  if (spreading == Spreading.INDICES) {
    const exactKept = f64x2.splat(1 - smoothing);
    const ofTarget = demotePair(f64x2.add(exactKept, low), f64x2.add(exactKept, high));
    const first = interleaved ? i32x4.splat(0) : i32x4(0, 1, 2, 3);
    storeIndices(x, q, count, stride, first, interleaved ? 1 : 4, targets, uniform, ofTarget, kept, isEmpty);
    if (!interleaved) {
      const last = i32x4.add(first, i32x4.splat(size & ~3));
      storeIndices(TAIL_BUFFER, TAIL_Q, 1, 0, last, 0, targets, uniform, ofTarget, kept, isEmpty);
    }
  } else {
    let scales = kept;
    let maskedScales = kept;
    if (v128.any_true(masked)) {
      const sums = softSumsOf(stats);
      sumProbabilities(interleaved, x, q, size, sums);
      const isSpread = arePositive(sums + UNMASKED_SUMS);
      scales = v128.bitselect(quotients(1 - smoothing, sums + SUMS, sums + UNMASKED_SUMS), kept, isSpread);
      maskedScales = v128.andnot(kept, isSpread);
    } else if (smoothing == 0) return false;
    scaleProbabilities(x, q, count, stride, scales, uniform, maskedScales, isEmpty);
    if (!interleaved) scaleProbabilities(TAIL_BUFFER, TAIL_Q, 1, 0, scales, uniform, maskedScales, isEmpty);
  }
  if (!interleaved) memory.copy(q + (<usize>(size & ~3) << 2), TAIL_Q, tailBytes);
  return v128.any_true(masked);
}

/** Writes the coefficients of four rows of the tile to that of probabilities. Returns whether a class is masked. */
export function spreadInterleaved(x: usize, q: usize, size: i32, row: i32, stats: usize): bool {
  return spread(true, x, q, size, v128.load(TARGETS + (<usize>row << 2)), stats);
}

/** Writes the coefficients of a contiguous row, unless it is ignored. Returns whether a class is masked. */
export function spreadContiguous(x: usize, q: usize, size: i32, row: i32): bool {
  const target = targetOf(row);
  return target >= 0 && spread(false, x, q, size, i32x4.splat(target), SINGLE_ROW_STATS);
}
