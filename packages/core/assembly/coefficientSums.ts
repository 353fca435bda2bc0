// The sums of coefficients: of four interleaved rows, and the loops for the vectors of any row.
import { maddF32, promoteHigh } from "./arithmetic";
import {
  coefficientsOf, hasCoefficients, Kind, offset, ONES, scale, weights, weightStride, ZEROS,
} from "./coefficients";
import { SINGLE_ROW_STATS, TILE_STRIDE } from "./memory";
import {
  areSumsFinite, clearSums, HAS_COEFFICIENTS, MASSES, OTHER_MASSES, softSumsOf, WEIGHTED_SUMS,
} from "./softStats";

/**
 * Float lanes add the terms of so many vectors before the sum goes to the doubles: groups of four in pairs, and up to
 * three more one by one. So a product is rounded at most five times.
 */
const FOLD_INTERVAL: i32 = 12;

/** Adds four floats to the four doubles at `sums`, or stores them there. */
// @ts-expect-error: decorator
@inline
function addToDoubles(sums: usize, floats: v128, isFirst: bool): void {
  let low = f64x2.promote_low_f32x4(floats);
  let high = promoteHigh(floats);
  if (!isFirst) {
    low = f64x2.add(v128.load(sums), low);
    high = f64x2.add(v128.load(sums, 16), high);
  }
  v128.store(sums, low);
  v128.store(sums, high, 16);
}

/** Returns coefficients, or 0 where the element is the maximum. */
// @ts-expect-error: decorator
@inline
function belowMax(c: v128, element: v128, max: v128): v128 {
  return v128.and(c, f32x4.lt(element, max));
}

/** Returns max − x, or 0 where an exact sum leaves out a coefficient of 0. */
// @ts-expect-error: decorator
@inline
function differenceOf(isExact: bool, c: v128, element: v128, max: v128): v128 {
  const difference = f32x4.sub(max, element);
  return isExact ? v128.and(difference, f32x4.ne(c, f32x4.splat(0))) : difference;
}

/** Returns c · difference, or for uniform coefficients the difference. */
// @ts-expect-error: decorator
@inline
function weightedOf(kind: Kind, c: v128, difference: v128): v128 {
  return kind == Kind.UNIFORM ? difference : f32x4.mul(c, difference);
}

/** Returns `sum` + c · difference, or for uniform coefficients `sum` + difference. */
// @ts-expect-error: decorator
@inline
function addWeighted(kind: Kind, c: v128, difference: v128, sum: v128): v128 {
  return kind == Kind.UNIFORM ? f32x4.add(sum, difference) : maddF32(c, difference, sum);
}

/**
 * Adds the coefficients of `count` vectors, and their products with max − x, to the sums of the rows at `stats`, and
 * with `sumsOthers` the coefficients of elements below `max`. If `interleaved`, the sums begin with these vectors.
 *
 * With `isExact` classes of coefficient 0 add nothing to the sums, and HAS_COEFFICIENTS tells whether there are others.
 * Otherwise such a class makes the sum NaN if its logit is −∞. Else both have the same bits.
 */
// @ts-expect-error: decorator
@inline
function addVectors(
  interleaved: bool, kind: Kind, sumsOthers: bool, isExact: bool, x: usize, q: usize, weight: usize, count: i32,
  qStride: usize, wStride: usize, scales: v128, offsets: v128, max: v128, stats: usize,
): void {
  const stride: usize = interleaved ? TILE_STRIDE : 16;
  const sums = softSumsOf(stats);
  const zero = f32x4.splat(0);
  let isUsed = isExact ? v128.load(stats + HAS_COEFFICIENTS) : zero;
  let isFirst = interleaved;
  while (count > 0) {
    let weighted = zero;
    let mass = zero;
    let otherMass = zero;
    let lastWeighted = zero;
    let lastMass = zero;
    let lastOtherMass = zero;
    const stop = count > FOLD_INTERVAL ? count - FOLD_INTERVAL : 0;
    for (; count - stop >= 4; count -= 4) {
      const x0 = v128.load(x);
      const c0 = coefficientsOf(interleaved, kind, q, weight, scales, offsets);
      const x1 = v128.load(x + stride);
      const c1 = coefficientsOf(interleaved, kind, q + qStride, weight + wStride, scales, offsets);
      const x2 = v128.load(x + 2 * stride);
      const c2 = coefficientsOf(interleaved, kind, q + 2 * qStride, weight + 2 * wStride, scales, offsets);
      const x3 = v128.load(x + 3 * stride);
      const c3 = coefficientsOf(interleaved, kind, q + 3 * qStride, weight + 3 * wStride, scales, offsets);
      if (isExact) {
        const used = v128.or(v128.or(f32x4.ne(c0, zero), f32x4.ne(c1, zero)), f32x4.ne(c2, zero));
        isUsed = v128.or(v128.or(used, f32x4.ne(c3, zero)), isUsed);
      }
      const first = weightedOf(kind, c0, differenceOf(isExact, c0, x0, max));
      const second = weightedOf(kind, c2, differenceOf(isExact, c2, x2, max));
      const firstPair = addWeighted(kind, c1, differenceOf(isExact, c1, x1, max), first);
      const secondPair = addWeighted(kind, c3, differenceOf(isExact, c3, x3, max), second);
      weighted = f32x4.add(weighted, f32x4.add(firstPair, secondPair));
      if (kind != Kind.UNIFORM) mass = f32x4.add(mass, f32x4.add(f32x4.add(c0, c1), f32x4.add(c2, c3)));
      if (sumsOthers) {
        const pair = f32x4.add(belowMax(c0, x0, max), belowMax(c1, x1, max));
        otherMass = f32x4.add(otherMass, f32x4.add(pair, f32x4.add(belowMax(c2, x2, max), belowMax(c3, x3, max))));
      }
      x += 4 * stride;
      q += 4 * qStride;
      weight += 4 * wStride;
    }
    for (; count > stop; count--) {
      const element = v128.load(x);
      const c = coefficientsOf(interleaved, kind, q, weight, scales, offsets);
      if (isExact) isUsed = v128.or(isUsed, f32x4.ne(c, zero));
      lastWeighted = addWeighted(kind, c, differenceOf(isExact, c, element, max), lastWeighted);
      if (kind != Kind.UNIFORM) lastMass = f32x4.add(lastMass, c);
      if (sumsOthers) lastOtherMass = f32x4.add(lastOtherMass, belowMax(c, element, max));
      x += stride;
      q += qStride;
      weight += wStride;
    }
    addToDoubles(sums + WEIGHTED_SUMS, f32x4.add(weighted, lastWeighted), isFirst);
    if (kind != Kind.UNIFORM) addToDoubles(sums + MASSES, f32x4.add(mass, lastMass), isFirst);
    if (sumsOthers) addToDoubles(sums + OTHER_MASSES, f32x4.add(otherMass, lastOtherMass), isFirst);
    isFirst = false;
  }
  if (isExact) v128.store(stats + HAS_COEFFICIENTS, isUsed);
}

/** Adds vectors of a contiguous row exactly. */
export function addExactVectors(
  x: usize, q: usize, weight: usize, count: i32, qStride: usize, wStride: usize, max: v128,
): void {
  addVectors(
    false, Kind.WEIGHTED, true, true, x, q, weight, count, qStride, wStride, f32x4.splat(scale), f32x4.splat(offset),
    max, SINGLE_ROW_STATS,
  );
}

function addProbabilities(x: usize, q: usize, count: i32, scales: v128, offsets: v128, max: v128): void {
  addVectors(
    false, Kind.PROBABILITIES, false, false, x, q, 0, count, 16, 0, scales, offsets, max, SINGLE_ROW_STATS,
  );
}

/** Adds the whole vectors of a contiguous row as fast as possible, without OTHER_MASSES. */
export function addFastVectors(x: usize, q: usize, count: i32, max: v128): void {
  const scales = f32x4.splat(scale);
  const offsets = f32x4.splat(offset);
  const stats = SINGLE_ROW_STATS;
  if (weights != ONES) {
    // Where there are no probabilities, the weights times the offset are like probabilities times a scale.
    if (q == 0) addProbabilities(x, weights, count, offsets, scales, max);
    else addVectors(false, Kind.WEIGHTED, false, false, x, q, weights, count, 16, 16, scales, offsets, max, stats);
  } else if (q != 0) addProbabilities(x, q, count, scales, offsets, max);
  else {
    addVectors(false, Kind.UNIFORM, false, false, x, 0, 0, count, 0, 0, offsets, offsets, max, stats);
    finalizeUniform(count, stats);
  }
}

/** Turns sums of max − x, of `count` elements in each lane, into those of uniform coefficients. */
export function finalizeUniform(count: i32, stats: usize): void {
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

/**
 * Sums the coefficients of four rows in the tile.
 *
 * @param q 0, or the rows of the tile of probabilities
 * @param isMasked whether masked classes of coefficient 0 are known: they would make the fast sum NaN
 */
export function addInterleaved(
  hasOutput: bool, x: usize, q: usize, size: i32, max: v128, stats: usize, isMasked: bool,
): void {
  if (!hasCoefficients) {
    clearSums(stats);
    return;
  }
  const scales = f32x4.splat(scale);
  const offsets = f32x4.splat(offset);
  if (q == 0 && weights == ONES) {
    addVectors(true, Kind.UNIFORM, false, false, x, 0, 0, size, 0, 0, offsets, offsets, max, stats);
    finalizeUniform(size, stats);
    return;
  }
  const stride = TILE_STRIDE;
  const wStride = weightStride(4);
  const qStride = q == 0 ? 0 : stride;
  if (q == 0) q = ZEROS;
  if (!isMasked && weights == ONES) {
    addVectors(true, Kind.PROBABILITIES, true, false, x, q, 0, size, stride, 0, scales, offsets, max, stats);
    // `areMassesLarge` finds the rows whose coefficients are all 0.
    v128.store(stats + HAS_COEFFICIENTS, f32x4.splat(1));
    if (areSumsFinite(stats)) return;
    // A masked class of coefficient 0 has made a sum NaN.
  }
  v128.store(stats + HAS_COEFFICIENTS, f32x4.splat(0));
  addVectors(true, Kind.WEIGHTED, true, true, x, q, weights, size, qStride, wStride, scales, offsets, max, stats);
}
