// The cross-entropy with a coefficient for every class: class probabilities, label smoothing, class weights,
// and a penalty on logSumExp.
//
// | quantity | value                                                                      |
// | -------- | -------------------------------------------------------------------------- |
// | c        | weight · (scale · q + offset), for probabilities q; at the target, more    |
// | mass     | Σ c                                                                        |
// | loss     | Σ c · (max − x) + mass · log(1 + S) + zLoss · logSumExp²                   |
// | gradient | gradScale · ((mass + 2 · zLoss · logSumExp) · p − c)                       |
//
// S is the sum of exp(x − max) without the maximum's own 1. A class whose coefficient is 0 contributes nothing,
// also where its loss is infinite.
//
// All functions take the same three addresses: `x`, the logits; `q`, the class probabilities, or 0 if there are
// none; and `out`, the gradient, or 0 if there is none. `out` may equal `x`.
import { demotePair, highMasks, log1pRatio, lowMasks, maddF32, promoteHigh, sumLanes } from "./arithmetic";
import { rowMax, sumExpMinusMax, targetOf } from "./contiguousRows";
import { exponentOf, maxTermsOf, shiftOf } from "./epilogue";
import { interleavedStoreExp } from "./exponentials";
import {
  ARGMAX_OFFSET, GRAD_SCALES, MAX_TERMS, ROW_STATS, SCALE_FACTORS, SINGLE_ROW_STATS, TAIL_BUFFER,
  TARGET_LOGITS, TARGETS, termSumsOf, TIE_COUNTS, TILE, TILE_STRIDE, VALUES,
} from "./memory";
import { packContiguousRows, packStridedRows, unpackContiguousRows, unpackStridedRows } from "./tile";
import {
  probabilityRowAddress, probabilityTileAddress, softRowAddress, softStatsAddress, softStatsFloatArrays, statsLength,
  targetCoefficientsAddress,
} from "../src/generated/memoryMap";

/** Stand-ins for probabilities and for class weights, where there are none. */
const ZEROS: usize = memory.data<f32>([0, 0, 0, 0]);
const ONES: usize = memory.data<f32>([1, 1, 1, 1]);

/** A buffer for one row of at most maxTileRowLength floats. */
const ROW_BUFFER: usize = softRowAddress;

/** The further coefficients of the target classes (f64, per row). */
const TARGET_COEFFICIENTS: usize = targetCoefficientsAddress;

// Further statistics of the rows in ROW_STATS: as offsets from a row's maximum, those that are floats.
const STATS_BYTES: usize = 4 * statsLength;
/** The factors that turn coefficients into their part of the gradient: −gradScale. */
const COEFFICIENT_FACTORS: usize = softStatsAddress - ROW_STATS;
/** Terms above this are the maximum's, and get the argmax gradient. It is ∞ unless one class dominates. */
const MAX_THRESHOLDS: usize = COEFFICIENT_FACTORS + STATS_BYTES;
const ARGMAX_GRADIENTS: usize = COEFFICIENT_FACTORS + 2 * STATS_BYTES;
/** Not 0 where a coefficient of the row may differ from 0. */
const HAS_COEFFICIENTS: usize = COEFFICIENT_FACTORS + 3 * STATS_BYTES;

/** All bits are set where a row is ignored. */
const IS_IGNORED: usize = COEFFICIENT_FACTORS + 4 * STATS_BYTES;

/** The doubles of the rows, after the arrays of floats. */
const SOFT_SUMS: usize = softStatsAddress + softStatsFloatArrays * STATS_BYTES;
const SUMS_BYTES: usize = 8 * statsLength;
/** Σ c · (max − x). */
const WEIGHTED_SUMS: usize = 0;
const MASSES: usize = SUMS_BYTES;
/** Σ c over the classes whose logit is less than the maximum. */
const OTHER_MASSES: usize = 2 * SUMS_BYTES;
/** SCALE_FACTORS before they are rounded. */
const EXACT_FACTORS: usize = 3 * SUMS_BYTES;
/** ARGMAX_GRADIENTS before they are rounded. */
const ARGMAX_PARTS: usize = 4 * SUMS_BYTES;

/** Vectors of terms that two alternating float lanes add before their sum is added to the doubles. */
const FOLD_INTERVAL: i32 = 8;

/** Where S is less than this, the gradient at the maximum is computed from the other classes alone. */
const DOMINATING: f64 = 0.5;

/** Factors of terms from the first to the second are normal floats, and so are their products with terms that matter. */
const LEAST_FACTOR: f64 = 1.1754943508222875e-38;
const MOST_FACTOR: f64 = 1.329227995784916e36;

/** Where Σ c is less than this, the factor of the terms may be less than LEAST_FACTOR. */
const LEAST_MASS: f64 = 9.5367431640625e-07;

let scale: f32;
let offset: f32;
/** The address of the class weights, or ONES. */
let weights: usize;
/** Whether a class other than the target can have a coefficient. */
let hasCoefficients: bool;
let zLoss: f64;

/**
 * Sets how coefficients are computed.
 *
 * @param weightArray the address of the class weights (of a row in pieces, those of the piece), or 0 for none
 * @param zLossFactor the factor of logSumExp²
 */
export function setCoefficients(probabilityScale: f32, uniform: f32, weightArray: usize, zLossFactor: f64): void {
  scale = probabilityScale;
  offset = uniform;
  weights = weightArray == 0 ? ONES : weightArray;
  hasCoefficients = scale != 0 || offset != 0;
  zLoss = zLossFactor;
}

/** Returns the distance of successive class weights in bytes, or 0 if there are none. */
// @ts-expect-error: decorator
@inline
function weightStride(bytes: usize): usize {
  return weights == ONES ? 0 : bytes;
}

/** Returns the address of the doubles of a row, given the address of its maximum in ROW_STATS. */
// @ts-expect-error: decorator
@inline
function softSumsOf(stats: usize): usize {
  return SOFT_SUMS + ((stats - ROW_STATS) << 1);
}

/** Adds four floats to the four doubles at `sums`. */
// @ts-expect-error: decorator
@inline
function addToDoubles(sums: usize, floats: v128): void {
  v128.store(sums, f64x2.add(v128.load(sums), f64x2.promote_low_f32x4(floats)));
  v128.store(sums, f64x2.add(v128.load(sums, 16), promoteHigh(floats)), 16);
}

/** How coefficients are computed: the same for all classes, from probabilities alone, or with class weights. */
enum Kind {
  UNIFORM,
  PROBABILITIES,
  WEIGHTED,
}

/** Returns coefficients: of one class in four rows if `interleaved`, else of four classes. */
// @ts-expect-error: decorator
@inline
function coefficientsOf(interleaved: bool, kind: Kind, q: usize, weight: usize, scales: v128, offsets: v128): v128 {
  if (kind == Kind.UNIFORM) return offsets;
  const c = maddF32(v128.load(q), scales, offsets);
  if (kind == Kind.PROBABILITIES) return c;
  return f32x4.mul(c, interleaved ? v128.load32_splat(weight) : v128.load(weight));
}

/** Sets the sums of coefficients of four rows, or of the lanes of a contiguous row, to 0. */
function clearSums(stats: usize): void {
  const sums = softSumsOf(stats);
  const zero = f64x2.splat(0);
  for (let i: usize = 0; i <= OTHER_MASSES; i += SUMS_BYTES) {
    v128.store(sums + i, zero);
    v128.store(sums + i, zero, 16);
  }
  v128.store(stats + HAS_COEFFICIENTS, zero);
}

/**
 * Adds the coefficients of `count` vectors, and their products with max − x, to the sums of the rows at `stats`, and
 * with `sumsOthers` the coefficients of elements below `max`. A class of coefficient 0 whose logit is −∞ makes the
 * sum NaN.
 */
// @ts-expect-error: decorator
@inline
function addVectors(
  interleaved: bool, kind: Kind, sumsOthers: bool, x: usize, q: usize, weight: usize, count: i32, scales: v128,
  offsets: v128, max: v128, stats: usize,
): void {
  const stride: usize = interleaved ? TILE_STRIDE : 16;
  const wStride: usize = interleaved ? 4 : 16;
  const sums = softSumsOf(stats);
  const zero = f32x4.splat(0);
  while (count > 0) {
    let weighted = zero;
    let mass = zero;
    let otherMass = zero;
    let nextWeighted = zero;
    let nextMass = zero;
    let nextOtherMass = zero;
    const stop = count > FOLD_INTERVAL ? count - FOLD_INTERVAL : 0;
    // Two vectors at a time: the sums of the second need no moves.
    for (; count > stop; count -= 2) {
      const element = v128.load(x);
      const c = coefficientsOf(interleaved, kind, q, weight, scales, offsets);
      weighted = addWeighted(kind, c, f32x4.sub(max, element), weighted);
      if (kind != Kind.UNIFORM) mass = f32x4.add(mass, c);
      if (sumsOthers) otherMass = f32x4.add(otherMass, v128.and(c, f32x4.lt(element, max)));
      if (count - 1 == stop) break;
      const next = v128.load(x + stride);
      const nextC = coefficientsOf(interleaved, kind, q + stride, weight + wStride, scales, offsets);
      nextWeighted = addWeighted(kind, nextC, f32x4.sub(max, next), nextWeighted);
      if (kind != Kind.UNIFORM) nextMass = f32x4.add(nextMass, nextC);
      if (sumsOthers) nextOtherMass = f32x4.add(nextOtherMass, v128.and(nextC, f32x4.lt(next, max)));
      x += 2 * stride;
      if (kind != Kind.UNIFORM) q += 2 * stride;
      if (kind == Kind.WEIGHTED) weight += 2 * wStride;
    }
    addToDoubles(sums + WEIGHTED_SUMS, f32x4.add(weighted, nextWeighted));
    if (kind != Kind.UNIFORM) addToDoubles(sums + MASSES, f32x4.add(mass, nextMass));
    if (sumsOthers) addToDoubles(sums + OTHER_MASSES, f32x4.add(otherMass, nextOtherMass));
    count = stop;
  }
}

/** Returns `sum` + c · difference, or for uniform coefficients `sum` + difference. */
// @ts-expect-error: decorator
@inline
function addWeighted(kind: Kind, c: v128, difference: v128, sum: v128): v128 {
  return kind == Kind.UNIFORM ? f32x4.add(sum, difference) : maddF32(c, difference, sum);
}

/** Does the same as `addVectors` with `sumsOthers`, but classes of coefficient 0 add nothing to the sums. */
// @ts-expect-error: decorator
@inline
function addExactly(
  interleaved: bool, x: usize, q: usize, weight: usize, count: i32, qStride: usize, wStride: usize, max: v128, stats: usize,
): void {
  const stride: usize = interleaved ? TILE_STRIDE : 16;
  const scales = f32x4.splat(scale);
  const offsets = f32x4.splat(offset);
  const sums = softSumsOf(stats);
  const zero = f32x4.splat(0);
  let isUsed = v128.load(stats + HAS_COEFFICIENTS);
  while (count > 0) {
    let weighted = zero;
    let mass = zero;
    let otherMass = zero;
    let nextWeighted = zero;
    let nextMass = zero;
    let nextOtherMass = zero;
    const stop = count > FOLD_INTERVAL ? count - FOLD_INTERVAL : 0;
    for (; count > stop; count--) {
      const element = v128.load(x);
      const c = coefficientsOf(interleaved, Kind.WEIGHTED, q, weight, scales, offsets);
      const isNotZero = f32x4.ne(c, zero);
      isUsed = v128.or(isUsed, isNotZero);
      const sum = maddF32(c, v128.and(f32x4.sub(max, element), isNotZero), weighted);
      weighted = nextWeighted;
      nextWeighted = sum;
      const massSum = f32x4.add(mass, c);
      mass = nextMass;
      nextMass = massSum;
      const otherSum = f32x4.add(otherMass, v128.and(c, f32x4.lt(element, max)));
      otherMass = nextOtherMass;
      nextOtherMass = otherSum;
      x += stride;
      q += qStride;
      weight += wStride;
    }
    addToDoubles(sums + WEIGHTED_SUMS, f32x4.add(weighted, nextWeighted));
    addToDoubles(sums + MASSES, f32x4.add(mass, nextMass));
    addToDoubles(sums + OTHER_MASSES, f32x4.add(otherMass, nextOtherMass));
  }
  v128.store(stats + HAS_COEFFICIENTS, isUsed);
}

/** Turns sums of max − x, of `count` elements in each lane, into those of uniform coefficients. */
function finalizeUniform(count: i32, stats: usize): void {
  const sums = softSumsOf(stats);
  const c = f64x2.splat(<f64>offset);
  const mass = f64x2.splat(<f64>offset * <f64>count);
  const otherMass = f64x2.splat(<f64>offset * <f64>(count - 1));
  v128.store(stats + HAS_COEFFICIENTS, f32x4.splat(1));
  for (let i: usize = 0; i < 32; i += 16) {
    v128.store(sums + WEIGHTED_SUMS + i, f64x2.mul(c, v128.load(sums + WEIGHTED_SUMS + i)));
    v128.store(sums + MASSES + i, mass);
    v128.store(sums + OTHER_MASSES + i, otherMass);
  }
}

/** Sums the coefficients of four rows in the tile. `q` is 0, or the rows of the tile of probabilities. */
function addInterleaved(hasOutput: bool, x: usize, q: usize, size: i32, max: v128, stats: usize): void {
  clearSums(stats);
  if (!hasCoefficients) return;
  const offsets = f32x4.splat(offset);
  if (q == 0 && weights == ONES) {
    addVectors(true, Kind.UNIFORM, false, x, 0, 0, size, offsets, offsets, max, stats);
    finalizeUniform(size, stats);
    return;
  }
  if (weights == ONES) {
    const scales = f32x4.splat(scale);
    if (hasOutput) addVectors(true, Kind.PROBABILITIES, true, x, q, 0, size, scales, offsets, max, stats);
    else addVectors(true, Kind.PROBABILITIES, false, x, q, 0, size, scales, offsets, max, stats);
    // `areMassesLarge` finds the rows whose coefficients are all 0.
    v128.store(stats + HAS_COEFFICIENTS, f32x4.splat(1));
    if (areSumsFinite(stats)) return;
    // A masked class of coefficient 0 has made a sum NaN.
    clearSums(stats);
  }
  addExactly(
    true, x, q == 0 ? ZEROS : q, weights, size, q == 0 ? 0 : TILE_STRIDE, weightStride(4), max, stats,
  );
}

// The last, incomplete vector of a contiguous row is computed in TAIL_BUFFER, padded with class weights of 0.
const TAIL_Q: usize = TAIL_BUFFER + 16;
const TAIL_WEIGHTS: usize = TAIL_BUFFER + 32;

/** Copies the elements from `vectorSize` on, fewer than four, to TAIL_BUFFER. */
function loadTail(x: usize, q: usize, vectorSize: i32, bytes: usize): void {
  memory.fill(TAIL_BUFFER, 0, 48);
  const start = <usize>vectorSize << 2;
  memory.copy(TAIL_BUFFER, x + start, bytes);
  if (q != 0) memory.copy(TAIL_Q, q + start, bytes);
  memory.copy(TAIL_WEIGHTS, weights + weightStride(start), bytes);
}

/** Starts the sums of the coefficients of a contiguous row. */
export function clearCoefficients(): void {
  clearSums(SINGLE_ROW_STATS);
}

function addExactVectors(
  x: usize, q: usize, weight: usize, count: i32, qStride: usize, wStride: usize, max: v128,
): void {
  addExactly(false, x, q, weight, count, qStride, wStride, max, SINGLE_ROW_STATS);
}

/** Adds the coefficients of the last, incomplete vector of a contiguous row. */
function addTail(x: usize, q: usize, size: i32, max: v128): void {
  if ((size & 3) == 0) return;
  loadTail(x, q, size & ~3, <usize>(size & 3) << 2);
  addExactVectors(TAIL_BUFFER, TAIL_Q, TAIL_WEIGHTS, 1, 0, 0, max);
}

/** Returns the coefficient of the class at a distance in bytes from the start of a contiguous row, or of a piece. */
function coefficientAt(q: usize, bytes: usize): f32 {
  const probability: f32 = q == 0 ? 0 : load<f32>(q + bytes);
  return (probability * scale + offset) * load<f32>(weights + weightStride(bytes));
}

/** Returns Σ c · (max − x) of a contiguous row, or of a piece of one, in float64. */
function weightedSumInFloat64(x: usize, q: usize, size: i32, max: f32): f64 {
  let sum: f64 = 0;
  for (let bytes: usize = 0, end = <usize>size << 2; bytes < end; bytes += 4) {
    const c = coefficientAt(q, bytes);
    if (c != 0) sum += <f64>c * (<f64>max - <f64>load<f32>(x + bytes));
  }
  return sum;
}

/** Returns whether the weighted sums of four rows, or of the lanes of a contiguous row, are finite. */
function areSumsFinite(stats: usize): bool {
  const sums = softSumsOf(stats) + WEIGHTED_SUMS;
  const infinity = f64x2.splat(Infinity);
  const low = f64x2.lt(f64x2.abs(v128.load(sums)), infinity);
  const high = f64x2.lt(f64x2.abs(v128.load(sums, 16)), infinity);
  return i64x2.all_true(v128.and(low, high));
}

/**
 * Adds the coefficients of a contiguous row, or of a piece of one, given the maximum of the whole row. Differences
 * from the maximum that leave float32's range are added in float64.
 */
export function addCoefficients(x: usize, q: usize, size: i32, max: f32): void {
  if (!hasCoefficients) return;
  const sums = softSumsOf(SINGLE_ROW_STATS) + WEIGHTED_SUMS;
  const low = v128.load(sums);
  const high = v128.load(sums, 16);
  addVectorsAndTail(x, q, size, max);
  if (areSumsFinite(SINGLE_ROW_STATS)) return;
  const sum = weightedSumInFloat64(x, q, size, max);
  v128.store(sums, f64x2.add(low, f64x2.replace_lane(f64x2.splat(0), 0, sum)));
  v128.store(sums, high, 16);
}

function addVectorsAndTail(x: usize, q: usize, size: i32, max: f32): void {
  const maxVector = f32x4.splat(max);
  addExactVectors(x, q == 0 ? ZEROS : q, weights, size >> 2, q == 0 ? 0 : 16, weightStride(16), maxVector);
  addTail(x, q, size, maxVector);
}

/** Adds up the lane-wise sums of the coefficients of a contiguous row. Doing so again changes nothing. */
function collapseSums(): void {
  for (let sums = softSumsOf(SINGLE_ROW_STATS), end = sums + OTHER_MASSES; sums <= end; sums += SUMS_BYTES) {
    const sum = sumLanes(f64x2.add(v128.load(sums), v128.load(sums, 16)));
    v128.store(sums, f64x2.replace_lane(f64x2.splat(0), 0, sum));
    v128.store(sums, f64x2.splat(0), 16);
  }
}

/**
 * Sums the coefficients of a contiguous row: fast where the sums are numbers, else exactly. OTHER_MASSES is left 0:
 * it is only needed where one class dominates, see `addOtherMass`.
 */
function sumCoefficients(x: usize, q: usize, size: i32, max: f32): void {
  clearCoefficients();
  if (!hasCoefficients) return;
  const stats = SINGLE_ROW_STATS;
  const maxVector = f32x4.splat(max);
  const count = size >> 2;
  const scales = f32x4.splat(scale);
  const offsets = f32x4.splat(offset);
  if (weights != ONES) {
    // Where there are no probabilities, the weights times the offset are like probabilities times a scale.
    if (q == 0) addFastVectors(x, weights, count, offsets, scales, maxVector);
    else addVectors(false, Kind.WEIGHTED, false, x, q, weights, count, scales, offsets, maxVector, stats);
  } else if (q != 0) addFastVectors(x, q, count, scales, offsets, maxVector);
  else {
    addVectors(false, Kind.UNIFORM, false, x, 0, 0, count, offsets, offsets, maxVector, stats);
    finalizeUniform(count, stats);
  }
  addTail(x, q, size, maxVector);
  collapseSums();
  const sums = softSumsOf(stats);
  if (load<f64>(sums + MASSES) != 0 && abs<f64>(load<f64>(sums + WEIGHTED_SUMS)) < Infinity) {
    v128.store(stats + HAS_COEFFICIENTS, f32x4.splat(1));
  } else {
    clearCoefficients();
    addCoefficients(x, q, size, max);
    collapseSums();
  }
  v128.store(sums + OTHER_MASSES, f64x2.splat(0));
}

function addFastVectors(x: usize, q: usize, count: i32, scales: v128, offsets: v128, max: v128): void {
  addVectors(false, Kind.PROBABILITIES, false, x, q, 0, count, scales, offsets, max, SINGLE_ROW_STATS);
}

/** Replaces `count` vectors of terms by gradients. If `interleaved`, those of maxima get the argmax gradient. */
// @ts-expect-error: decorator
@inline
function scaleVectors(
  interleaved: bool, kind: Kind, x: usize, q: usize, weight: usize, count: i32, stride: usize, qStride: usize,
  wStride: usize, scales: v128, offsets: v128, stats: usize,
): void {
  const factor = v128.load(stats, SCALE_FACTORS);
  const coefficientFactor = v128.load(stats + COEFFICIENT_FACTORS);
  const uniformPart = f32x4.mul(offsets, coefficientFactor);
  const threshold = v128.load(stats + MAX_THRESHOLDS);
  const argmaxGradient = v128.load(stats + ARGMAX_GRADIENTS);
  for (; count > 0; count--) {
    const term = v128.load(x);
    const part = kind == Kind.UNIFORM
      ? uniformPart
      : f32x4.mul(coefficientsOf(interleaved, kind, q, weight, scales, offsets), coefficientFactor);
    let gradient = maddF32(term, factor, part);
    if (interleaved) gradient = v128.bitselect(argmaxGradient, gradient, f32x4.gt(term, threshold));
    v128.store(x, gradient);
    x += stride;
    q += qStride;
    weight += wStride;
  }
}

/** Replaces the terms of four rows in the tile by their gradients. */
function scaleInterleaved(tile: usize, q: usize, size: i32, stats: usize): void {
  if (!hasCoefficients) {
    // Only targets have coefficients: nothing cancels elsewhere.
    const factor = v128.load(stats, SCALE_FACTORS);
    for (const end = tile + TILE_STRIDE * size; tile < end; tile += TILE_STRIDE) {
      v128.store(tile, f32x4.mul(v128.load(tile), factor));
    }
    return;
  }
  const scales = f32x4.splat(scale);
  const offsets = f32x4.splat(offset);
  if (weights != ONES) {
    const qStride = q == 0 ? 0 : TILE_STRIDE;
    scaleVectors(
      true, Kind.WEIGHTED, tile, q == 0 ? ZEROS : q, weights, size, TILE_STRIDE, qStride, 4, scales, offsets, stats,
    );
  } else if (q != 0) {
    scaleVectors(true, Kind.PROBABILITIES, tile, q, 0, size, TILE_STRIDE, TILE_STRIDE, 0, scales, offsets, stats);
  } else scaleVectors(true, Kind.UNIFORM, tile, 0, 0, size, TILE_STRIDE, 0, 0, scales, offsets, stats);
}

function scaleWeightedVectors(x: usize, q: usize, weight: usize, count: i32, qStride: usize, wStride: usize): void {
  scaleVectors(
    false, Kind.WEIGHTED, x, q, weight, count, 16, qStride, wStride, f32x4.splat(scale), f32x4.splat(offset),
    SINGLE_ROW_STATS,
  );
}

/** Replaces the terms of a contiguous row, or of a piece of one, by its gradient. */
function scaleContiguous(x: usize, q: usize, size: i32): void {
  const count = size >> 2;
  const scales = f32x4.splat(scale);
  const offsets = f32x4.splat(offset);
  if (weights != ONES) {
    scaleWeightedVectors(x, q == 0 ? ZEROS : q, weights, count, q == 0 ? 0 : 16, 16);
  } else if (q != 0) {
    scaleVectors(false, Kind.PROBABILITIES, x, q, 0, count, 16, 16, 0, scales, offsets, SINGLE_ROW_STATS);
  } else scaleVectors(false, Kind.UNIFORM, x, 0, 0, count, 16, 0, 0, scales, offsets, SINGLE_ROW_STATS);
  if ((size & 3) == 0) return;
  const vectorSize = size & ~3;
  const bytes = <usize>(size & 3) << 2;
  loadTail(x, q, vectorSize, bytes);
  scaleWeightedVectors(TAIL_BUFFER, TAIL_Q, TAIL_WEIGHTS, 1, 0, 0);
  memory.copy(x + (<usize>vectorSize << 2), TAIL_BUFFER, bytes);
}

/** Does the same in float64, where the factor of the terms leaves the range of normal floats. */
function scaleInFloat64(x: usize, q: usize, size: i32, factor: f64, gradScale: f64): void {
  for (let bytes: usize = 0, end = <usize>size << 2; bytes < end; bytes += 4) {
    const c = <f64>coefficientAt(q, bytes);
    store<f32>(x + bytes, <f32>(<f64>load<f32>(x + bytes) * factor - c * gradScale));
  }
}

/**
 * Computes the values of two rows from their maxima and sums, and the factors of their gradients.
 *
 * Where one class dominates, mass · p − c cancels at the maximum. There the gradient is made of the other
 * classes' coefficients and terms.
 */
function finalizePair(hasOutput: bool, stats: usize, row: i32): void {
  const bytes = <usize>row << 3;
  const max = v128.load64_zero(stats);
  const targetLogit = v128.load64_zero(stats, TARGET_LOGITS);
  const maxTerm = maxTermsOf(max);
  v128.store64_lane(stats, f32x4.demote_f64x2_zero(maxTerm), 0, MAX_TERMS);
  const termSums = termSumsOf(stats);
  const others = f64x2.add(v128.load(termSums), f64x2.mul(v128.load(termSums, TIE_COUNTS), maxTerm));
  const sumExp = f64x2.add(maxTerm, others);
  const logSum = log1pRatio(maxTerm, others, sumExp);

  const sums = softSumsOf(stats);
  const zero = f64x2.splat(0);
  const maxF64 = f64x2.promote_low_f32x4(max);
  const target = v128.load(TARGET_COEFFICIENTS + bytes);
  const otherMass = v128.load(sums + OTHER_MASSES);
  const mass = f64x2.add(v128.load(sums + MASSES), target);
  const targetLoss = f64x2.mul(target, f64x2.sub(maxF64, f64x2.promote_low_f32x4(targetLogit)));
  const lse = f64x2.add(maxF64, logSum);
  const penalty = f64x2.mul(f64x2.splat(zLoss), lse);
  let value = f64x2.add(v128.load(sums + WEIGHTED_SUMS), v128.and(targetLoss, f64x2.ne(target, zero)));
  value = f64x2.add(value, f64x2.add(f64x2.mul(mass, logSum), f64x2.mul(penalty, lse)));
  v128.store(VALUES + bytes, value);
  if (!hasOutput) return;

  const gradScale = v128.load(GRAD_SCALES + bytes);
  const twicePenalty = f64x2.add(penalty, penalty);
  const scaleOverSum = f64x2.div(gradScale, sumExp);
  const factor = f64x2.mul(f64x2.add(mass, twicePenalty), scaleOverSum);
  v128.store(sums + EXACT_FACTORS, factor);
  v128.store64_lane(stats, f32x4.demote_f64x2_zero(factor), 0, SCALE_FACTORS);
  v128.store64_lane(stats + COEFFICIENT_FACTORS, f32x4.neg(f32x4.demote_f64x2_zero(gradScale)), 0);

  const dominates = f64x2.lt(others, f64x2.mul(f64x2.splat(DOMINATING), maxTerm));
  const threshold = v128.bitselect(f64x2.mul(f64x2.splat(0.75), maxTerm), f64x2.splat(Infinity), dominates);
  v128.store64_lane(stats + MAX_THRESHOLDS, f32x4.demote_f64x2_zero(threshold), 0);
  const targetIsMax = f64x2.eq(f64x2.promote_low_f32x4(targetLogit), maxF64);
  const otherCoefficients = f64x2.add(otherMass, v128.andnot(target, targetIsMax));
  const fromTerms = f64x2.sub(f64x2.mul(twicePenalty, maxTerm), f64x2.mul(mass, others));
  const argmaxGradient = f64x2.add(f64x2.mul(gradScale, otherCoefficients), f64x2.mul(scaleOverSum, fromTerms));
  v128.store(sums + ARGMAX_PARTS, argmaxGradient);
  v128.store64_lane(stats + ARGMAX_GRADIENTS, f32x4.demote_f64x2_zero(argmaxGradient), 0);
}

/**
 * Completes the argmax gradient of a contiguous row, which `sumCoefficients` has left without OTHER_MASSES. It is
 * computed from the terms at `x`, where that of the maximum is stored at ARGMAX_OFFSET.
 */
function addOtherMass(x: usize, q: usize, size: i32, row: i32): void {
  const stats = SINGLE_ROW_STATS;
  const sums = softSumsOf(stats);
  const threshold = load<f32>(stats + MAX_THRESHOLDS);
  if (threshold == Infinity || !hasCoefficients) return;
  const argmax = load<usize>(ARGMAX_OFFSET);
  store<f32>(x + argmax, load<f32>(stats, MAX_TERMS));
  const probability: f32 = q == 0 ? 0 : load<f32>(q + argmax);
  const c = <f64>(probability * scale + offset) * <f64>load<f32>(weights + weightStride(argmax));
  let otherMass = load<f64>(sums + MASSES) - c;
  if (otherMass < c) {
    clearCoefficients();
    addCoefficients(x, q, size, threshold);
    collapseSums();
    otherMass = load<f64>(sums + OTHER_MASSES);
  }
  const gradScale = load<f64>(GRAD_SCALES + (<usize>row << 3));
  const gradient = load<f64>(sums + ARGMAX_PARTS) + gradScale * otherMass;
  v128.store(stats + ARGMAX_GRADIENTS, f32x4.splat(<f32>gradient));
}

/** Returns the gradient at the target class of a row, given its term and its coefficient as any class. */
// @ts-expect-error: decorator
@inline
function targetGradient(term: f32, coefficient: f32, stats: usize, row: i32): f32 {
  if (term > load<f32>(stats + MAX_THRESHOLDS)) return load<f32>(stats + ARGMAX_GRADIENTS);
  const bytes = <usize>row << 3;
  const sum = <f64>coefficient + load<f64>(TARGET_COEFFICIENTS + bytes);
  return <f32>(<f64>term * load<f64>(softSumsOf(stats) + EXACT_FACTORS) - sum * load<f64>(GRAD_SCALES + bytes));
}

/** Returns the coefficient that a class has without being the target, counted from the start of the row or piece. */
// @ts-expect-error: decorator
@inline
function uniformCoefficient(index: i32): f32 {
  return offset * load<f32>(weights + weightStride(<usize>index << 2));
}

/** The states of a contiguous row after `finalizeSoftRow`: its gradient is computed, is 0, or is NaN. */
enum RowState {
  REGULAR,
  ZERO,
  NOT_A_NUMBER,
}

/**
 * Stores the value of a contiguous row at VALUES and the factors of its gradient in its statistics.
 *
 * @param row the index of the row in TARGETS and in the other arrays of rows
 * @param sumExpExcludingMax the sum of all terms of the row but one of the maximum
 * @returns the state of the row
 */
export function finalizeSoftRow(row: i32, max: f32, sumExpExcludingMax: f64, targetLogit: f32): RowState {
  const bytes = <usize>row << 3;
  const isUsed = v128.any_true(v128.load(SINGLE_ROW_STATS + HAS_COEFFICIENTS));
  if (targetOf(row) < 0 || !(isUsed || load<f64>(TARGET_COEFFICIENTS + bytes) != 0)) {
    store<f64>(VALUES + bytes, 0);
    return RowState.ZERO;
  }
  if (!(abs<f32>(max) < Infinity)) {
    store<f64>(VALUES + bytes, NaN);
    return RowState.NOT_A_NUMBER;
  }
  const stats = SINGLE_ROW_STATS;
  v128.store(stats, f32x4.splat(max));
  v128.store(stats, f32x4.splat(targetLogit), TARGET_LOGITS);
  v128.store(termSumsOf(stats), f64x2.splat(sumExpExcludingMax));
  v128.store(termSumsOf(stats), f64x2.splat(0), TIE_COUNTS);
  collapseSums();
  finalizePair(true, stats, row);
  v128.store(stats, v128.load32_splat(stats, SCALE_FACTORS), SCALE_FACTORS);
  for (let i = COEFFICIENT_FACTORS; i <= ARGMAX_GRADIENTS; i += STATS_BYTES) {
    v128.store(stats + i, v128.load32_splat(stats + i));
  }
  return RowState.REGULAR;
}

/**
 * Replaces the terms at `out` by the gradient of a contiguous row, or of the piece of one that starts at element
 * `firstIndex` of the row.
 *
 * @param containsMax whether the maximum is in this piece: at ARGMAX_OFFSET, where its term is stored as 0
 */
export function storeSoftGradient(
  out: usize, q: usize, size: i32, firstIndex: i32, containsMax: bool, row: i32, state: RowState,
): void {
  if (state != RowState.REGULAR) {
    const value: f32 = state == RowState.ZERO ? 0 : NaN;
    for (let i: usize = 0; i < <usize>size; i++) store<f32>(out + (i << 2), value);
    return;
  }
  const stats = SINGLE_ROW_STATS;
  const argmax = out + load<usize>(ARGMAX_OFFSET);
  if (containsMax) store<f32>(argmax, load<f32>(stats, MAX_TERMS));
  const index = targetOf(row) - firstIndex;
  const hasTarget = <u32>index < <u32>size && load<f64>(TARGET_COEFFICIENTS + (<usize>row << 3)) != 0;
  const target = out + (<usize>index << 2);
  const gradient: f32 = hasTarget ? targetGradient(load<f32>(target), uniformCoefficient(index), stats, row) : 0;
  const factor = load<f64>(softSumsOf(stats) + EXACT_FACTORS);
  if (factor == 0 || (abs<f64>(factor) >= LEAST_FACTOR && abs<f64>(factor) <= MOST_FACTOR)) scaleContiguous(out, q, size);
  else scaleInFloat64(out, q, size, factor, load<f64>(GRAD_SCALES + (<usize>row << 3)));
  if (hasTarget) store<f32>(target, gradient);
  if (containsMax && load<f32>(stats + MAX_THRESHOLDS) < Infinity) {
    store<f32>(argmax, load<f32>(stats + ARGMAX_GRADIENTS));
  }
}

function contiguousSoftRow(x: usize, q: usize, out: usize, size: i32, row: i32): void {
  const target = targetOf(row);
  const targetLogit = load<f32>(target < 0 ? x : x + (<usize>target << 2));
  const max = rowMax(x, size);
  sumCoefficients(x, q, size, max);
  const sum = sumExpMinusMax(x, out, size, max, true);
  const state = finalizeSoftRow(row, max, sum, targetLogit);
  if (out == 0) return;
  if (state == RowState.REGULAR) addOtherMass(out, q, size, row);
  storeSoftGradient(out, q, size, 0, true, row, state);
}

/** Computes `rows` successive rows of `size` floats. */
export function contiguousSoftRows(x: usize, q: usize, out: usize, rows: i32, size: i32): void {
  const bytes = <usize>size << 2;
  const qBytes = q == 0 ? 0 : bytes;
  const outBytes = out == 0 ? 0 : bytes;
  for (let r = 0; r < rows; r++, x += bytes, q += qBytes, out += outBytes) contiguousSoftRow(x, q, out, size, r);
}

/** Copies one row of a tile to successive floats. */
// @ts-expect-error: decorator
@inline
function copyFromTile(tile: usize, row: usize, size: i32): void {
  for (let j: usize = 0; j < <usize>size; j++) store<f32>(row + (j << 2), load<f32>(tile + j * TILE_STRIDE));
}

/**
 * Computes four rows of the tile one by one. Needed if the maximum of one is not finite, or if one is ignored or
 * has no coefficients. Their gradients are in the tile then.
 */
function slowPathRows(hasOutput: bool, tile: usize, q: usize, size: i32, row: i32, stats: usize): void {
  const rowQ = q == 0 ? 0 : probabilityRowAddress;
  for (let i: usize = 0; i < 16; i += 4, row++) {
    copyFromTile(tile + i, ROW_BUFFER, size);
    if (q != 0) copyFromTile(q + i, rowQ, size);
    contiguousSoftRow(ROW_BUFFER, rowQ, hasOutput ? ROW_BUFFER : 0, size, row);
    for (let j: usize = 0; j < <usize>size; j++) store<f32>(tile + i + j * TILE_STRIDE, load<f32>(ROW_BUFFER + (j << 2)));
  }
  v128.store(stats, f32x4.splat(NaN));
}

/** Tells whether the four rows at `stats` have been computed by `slowPathRows`, which leaves NaN as their maxima. */
// @ts-expect-error: decorator
@inline
function isFinalized(stats: usize): bool {
  return isNaN(load<f32>(stats));
}

/** Makes the doubles of ignored rows 0. */
// @ts-expect-error: decorator
@inline
function clearDoubles(doubles: usize, isIgnored: v128): void {
  v128.store(doubles, v128.andnot(v128.load(doubles), lowMasks(isIgnored)));
  v128.store(doubles, v128.andnot(v128.load(doubles, 16), highMasks(isIgnored)), 16);
}

/** Makes all elements of ignored rows in a tile 0, so that what they hold does not make the sums of their lanes NaN. */
function clearTile(tile: usize, size: i32, isIgnored: v128): void {
  for (const end = tile + TILE_STRIDE * size; tile < end; tile += TILE_STRIDE) {
    v128.store(tile, v128.andnot(v128.load(tile), isIgnored));
  }
}

/** Returns whether Σ c is at least LEAST_MASS, in each of four rows that is not ignored. */
function areMassesLarge(stats: usize, row: i32): bool {
  const isIgnored = v128.load(stats + IS_IGNORED);
  const masses = softSumsOf(stats) + MASSES;
  const targets = TARGET_COEFFICIENTS + (<usize>row << 3);
  const least = f64x2.splat(LEAST_MASS);
  const low = f64x2.lt(f64x2.add(v128.load(masses), v128.load(targets)), least);
  const high = f64x2.lt(f64x2.add(v128.load(masses, 16), v128.load(targets, 16)), least);
  return !v128.any_true(v128.or(v128.andnot(low, lowMasks(isIgnored)), v128.andnot(high, highMasks(isIgnored))));
}

/**
 * Returns whether each of four rows is ignored or regular: it has a target or coefficients, whose sum is not tiny, and its
 * maximum and the sum of its coefficients' losses are finite.
 */
// @ts-expect-error: decorator
@inline
function areRegular(max: v128, stats: usize, row: i32): bool {
  const isFinite = f32x4.lt(f32x4.abs(max), f32x4.splat(Infinity));
  const isIgnored = v128.load(stats + IS_IGNORED);
  const coefficients = TARGET_COEFFICIENTS + (<usize>row << 3);
  const zero = f64x2.splat(0);
  const low = f64x2.ne(v128.load(coefficients), zero);
  const high = f64x2.ne(v128.load(coefficients, 16), zero);
  const isUsed = v128.or(v128.load(stats + HAS_COEFFICIENTS), v128.shuffle<i32>(low, high, 0, 2, 4, 6));
  const isRegular = v128.or(v128.and(isFinite, isUsed), isIgnored);
  return i32x4.all_true(isRegular) && areSumsFinite(stats) && areMassesLarge(stats, row);
}

/** Returns the elements of four rows of the tile at their target classes. */
// @ts-expect-error: decorator
@inline
function gatherTargets(tile: usize, row: i32): v128 {
  let elements = v128.load32_zero(tile + <usize>targetOf(row) * TILE_STRIDE);
  elements = v128.load_lane<f32>(tile + 4 + <usize>targetOf(row + 1) * TILE_STRIDE, elements, 1);
  elements = v128.load_lane<f32>(tile + 8 + <usize>targetOf(row + 2) * TILE_STRIDE, elements, 2);
  return v128.load_lane<f32>(tile + 12 + <usize>targetOf(row + 3) * TILE_STRIDE, elements, 3);
}

/**
 * Computes the sums and terms of four rows in the tile. Ignored rows are computed like the others, as zeros with an
 * upstream gradient of 0; `clearDoubles` sets their values later. So no branch depends on a single row.
 */
function sumFour(hasOutput: bool, tile: usize, q: usize, size: i32, row: i32, stats: usize): void {
  const targets = TARGETS + (<usize>row << 2);
  const isIgnored = i32x4.shr_s(v128.load(targets), 31);
  const max = v128.andnot(v128.load(stats), isIgnored);
  v128.store(stats, max);
  v128.store(stats + IS_IGNORED, isIgnored);
  if (v128.any_true(isIgnored)) {
    clearTile(tile, size, isIgnored);
    if (q != 0) clearTile(q, size, isIgnored);
  }
  addInterleaved(hasOutput, tile, q, size, max, stats);
  if (!areRegular(max, stats, row)) {
    slowPathRows(hasOutput, tile, q, size, row, stats);
    return;
  }
  if (v128.any_true(isIgnored)) {
    v128.store(targets, v128.andnot(v128.load(targets), isIgnored));
    clearDoubles(GRAD_SCALES + (<usize>row << 3), isIgnored);
  }
  v128.store(stats, q == 0 ? gatherTargets(tile, row) : max, TARGET_LOGITS);
  const end = tile + TILE_STRIDE * size;
  const shift = shiftOf(max);
  if (v128.any_true(shift)) {
    for (let i = tile; i < end; i += TILE_STRIDE) v128.store(i, f32x4.sub(v128.load(i), shift));
  }
  const shiftedMax = f32x4.sub(max, shift);
  interleavedStoreExp(tile, end, exponentOf(shiftedMax), shiftedMax, termSumsOf(stats));
}

/** Replaces the terms of four rows in the tile by their gradients. */
function scaleFour(tile: usize, q: usize, size: i32, row: i32, stats: usize): void {
  if (isFinalized(stats)) return;
  if (q != 0) {
    scaleInterleaved(tile, q, size, stats);
    return;
  }
  const gradients = targetGradients(gatherTargets(tile, row), uniformCoefficients(row), stats, row);
  scaleInterleaved(tile, q, size, stats);
  v128.store_lane<f32>(tile + <usize>targetOf(row) * TILE_STRIDE, gradients, 0);
  v128.store_lane<f32>(tile + 4 + <usize>targetOf(row + 1) * TILE_STRIDE, gradients, 1);
  v128.store_lane<f32>(tile + 8 + <usize>targetOf(row + 2) * TILE_STRIDE, gradients, 2);
  v128.store_lane<f32>(tile + 12 + <usize>targetOf(row + 3) * TILE_STRIDE, gradients, 3);
}

/** Returns the gradients at the target classes of four rows, with the bits of `targetGradient`. */
// @ts-expect-error: decorator
@inline
function targetGradients(terms: v128, coefficients: v128, stats: usize, row: i32): v128 {
  const bytes = <usize>row << 3;
  const factors = softSumsOf(stats) + EXACT_FACTORS;
  const low = targetGradientPair(f64x2.promote_low_f32x4(terms), f64x2.promote_low_f32x4(coefficients), factors, bytes);
  const high = targetGradientPair(promoteHigh(terms), promoteHigh(coefficients), factors + 16, bytes + 16);
  const isMax = f32x4.gt(terms, v128.load(stats + MAX_THRESHOLDS));
  return v128.bitselect(v128.load(stats + ARGMAX_GRADIENTS), demotePair(low, high), isMax);
}

/** Returns the gradients at the targets of two rows in which the target does not dominate. */
// @ts-expect-error: decorator
@inline
function targetGradientPair(terms: v128, coefficients: v128, factors: usize, bytes: usize): v128 {
  const sums = f64x2.add(coefficients, v128.load(TARGET_COEFFICIENTS + bytes));
  return f64x2.sub(f64x2.mul(terms, v128.load(factors)), f64x2.mul(sums, v128.load(GRAD_SCALES + bytes)));
}

/** Returns the coefficients that the target classes of four rows have without being targets. */
// @ts-expect-error: decorator
@inline
function uniformCoefficients(row: i32): v128 {
  if (weights == ONES) return f32x4.splat(offset);
  return f32x4(
    uniformCoefficient(targetOf(row)), uniformCoefficient(targetOf(row + 1)),
    uniformCoefficient(targetOf(row + 2)), uniformCoefficient(targetOf(row + 3)),
  );
}

/** Computes up to sixteen rows in the tile: their values and, with an output, their gradients in the tile. */
function computeTile(hasOutput: bool, q: usize, rows: i32, size: i32, row: i32): void {
  const end = ROW_STATS + (<usize>(rows + 3) >> 2 << 4);
  const distance = q == 0 ? 0 : q - TILE;
  let tile = TILE;
  for (let stats = ROW_STATS, r = row; stats < end; stats += 16, r += 4, tile += 16) {
    sumFour(hasOutput, tile, q == 0 ? 0 : tile + distance, size, r, stats);
  }
  for (let stats = ROW_STATS, r = row; stats < end; stats += 8, r += 2) {
    if (!isFinalized(stats)) finalizePair(hasOutput, stats, r);
  }
  for (let stats = ROW_STATS, r = row; stats < end; stats += 16, r += 4) {
    const isIgnored = v128.load(stats + IS_IGNORED);
    if (v128.any_true(isIgnored)) clearDoubles(VALUES + (<usize>r << 3), isIgnored);
  }
  if (!hasOutput) return;
  tile = TILE;
  for (let stats = ROW_STATS, r = row; stats < end; stats += 16, r += 4, tile += 16) {
    scaleFour(tile, q == 0 ? 0 : tile + distance, size, r, stats);
  }
}

/**
 * Computes `rows` successive rows of at most 1024 floats.
 *
 * Rows are computed by fours: if `rows` is no multiple of four, up to three rows behind the last one are read
 * and, with an output, overwritten.
 */
export function shortSoftRows(x: usize, q: usize, out: usize, rows: i32, size: i32): void {
  const bytes = <usize>size << 2;
  const hasOutput = out != 0;
  for (let r = 0; r < rows; r += 16) {
    const count = min(16, rows - r);
    for (let i: usize = 0; i < <usize>count; i += 4) {
      const first = (<usize>r + i) * bytes;
      packContiguousRows(true, x + first, TILE + (i << 2), size, ROW_STATS + (i << 2));
      // The maxima of probabilities are of no use: the statistics that they overwrite are not computed yet.
      if (q != 0) packContiguousRows(true, q + first, probabilityTileAddress + (i << 2), size, SINGLE_ROW_STATS);
    }
    computeTile(hasOutput, q == 0 ? 0 : probabilityTileAddress, count, size, r);
    if (!hasOutput) continue;
    for (let i: usize = 0; i < <usize>count; i += 4) {
      unpackContiguousRows(out + (<usize>r + i) * bytes, TILE + (i << 2), size, f32x4.splat(1));
    }
  }
}

/** Copies sixteen strided rows of probabilities to their tile. */
function packProbabilities(q: usize, size: i32, stride: usize): void {
  const end = probabilityTileAddress + TILE_STRIDE * size;
  for (let tile = probabilityTileAddress; tile < end; tile += TILE_STRIDE, q += stride) {
    v128.store(tile, v128.load(q));
    v128.store(tile, v128.load(q, 16), 16);
    v128.store(tile, v128.load(q, 32), 32);
    v128.store(tile, v128.load(q, 48), 48);
  }
}

/**
 * Computes the rows along the middle axis of an array of shape [outer, size, inner]. Successive elements of a
 * row are `floatStride` floats apart, which is a multiple of four and at least `inner`.
 *
 * Sixteen rows are always read, also where fewer are left. Outputs are written by fours.
 */
export function stridedSoftRows(
  x: usize, q: usize, out: usize, outer: i32, size: i32, inner: i32, floatStride: i32,
): void {
  const stride = <usize>floatStride << 2;
  const hasOutput = out != 0;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i += 16) {
      const rows = min(16, inner - i);
      const first = stride * size * o + (<usize>i << 2);
      packStridedRows(true, x + first, TILE, size, stride);
      if (q != 0) packProbabilities(q + first, size, stride);
      computeTile(hasOutput, q == 0 ? 0 : probabilityTileAddress, rows, size, o * inner + i);
      if (!hasOutput) continue;
      for (let stats = ROW_STATS; stats < SINGLE_ROW_STATS; stats += 16) v128.store(stats, f32x4.splat(1), SCALE_FACTORS);
      unpackStridedRows(out + first, TILE, size, stride, rows);
    }
  }
}
