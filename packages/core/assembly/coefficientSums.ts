// The sums of coefficients: of four interleaved rows, and the loops for the vectors of any row.
import { maddF32, promoteHigh } from "./arithmetic";
import {
  coefficientsOf, hasCoefficients, Kind, offset, ONES, scale, weights, weightStride, ZEROS,
} from "./coefficients";
import { TILE_STRIDE } from "./memory";
import {
  areSumsFinite, clearSums, HAS_COEFFICIENTS, MASSES, OTHER_MASSES, softSumsOf, WEIGHTED_SUMS,
} from "./softStats";

/** Vectors of terms that two alternating float lanes add before their sum is added to the doubles. */
const FOLD_INTERVAL: i32 = 8;

/** Adds four floats to the four doubles at `sums`. */
// @ts-expect-error: decorator
@inline
function addToDoubles(sums: usize, floats: v128): void {
  v128.store(sums, f64x2.add(v128.load(sums), f64x2.promote_low_f32x4(floats)));
  v128.store(sums, f64x2.add(v128.load(sums, 16), promoteHigh(floats)), 16);
}

/**
 * Adds the coefficients of `count` vectors, and their products with max − x, to the sums of the rows at `stats`, and
 * with `sumsOthers` the coefficients of elements below `max`. A class of coefficient 0 whose logit is −∞ makes the
 * sum NaN.
 */
// @ts-expect-error: decorator
@inline
export function addVectors(
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
export function addExactly(
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
  clearSums(stats);
  if (!hasCoefficients) return;
  const offsets = f32x4.splat(offset);
  if (q == 0 && weights == ONES) {
    addVectors(true, Kind.UNIFORM, false, x, 0, 0, size, offsets, offsets, max, stats);
    finalizeUniform(size, stats);
    return;
  }
  if (weights == ONES && !isMasked) {
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
