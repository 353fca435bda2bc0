// Soft targets of short contiguous rows, and of strided rows: sixteen are interleaved in the tile.
import { highMasks, lowMasks } from "./arithmetic";
import { addInterleaved } from "./coefficientSums";
import { uniformCoefficients } from "./coefficients";
import { exponentOf, shiftOf, storeMaxTerms } from "./epilogue";
import { interleavedStoreExp, interleavedSumExp } from "./exponentials";
import {
  GRAD_SCALES, PROBABILITY_ROW, PROBABILITY_TILE, ROW_BUFFER, ROW_STATS, SCALE_FACTORS, SINGLE_ROW_STATS, statsEnd,
  TARGET_COEFFICIENTS, TARGET_LOGITS, TARGETS, termSumsOf, TILE, TILE_STRIDE, VALUES,
} from "./memory";
import { contiguousSoftRow } from "./softContiguousRows";
import { finalizeFour, targetGradients } from "./softEpilogue";
import { scaleInterleaved } from "./softGradient";
import { areSumsFinite, HAS_COEFFICIENTS, IS_IGNORED, MASSES, softSumsOf } from "./softStats";
import { spreadInterleaved, Spreading, spreading } from "./spreadCoefficients";
import { gatherTargets, scatterTargets } from "./targets";
import { packContiguousRows, packStridedRows, unpackContiguousRows, unpackStridedRows } from "./tile";

/** Where Σ c is less than this, the factor of the terms may be less than LEAST_FACTOR. */
const LEAST_MASS: f64 = 9.5367431640625e-07;

/** Copies one row of a tile to successive floats. */
// @ts-expect-error: decorator
@inline
function copyFromTile(tile: usize, row: usize, size: i32): void {
  for (let j: usize = 0; j < <usize>size; j++) store<f32>(row + (j << 2), load<f32>(tile + j * TILE_STRIDE));
}

/**
 * Computes four rows of the tile one by one. Needed if a row that is not ignored has an infinite maximum or weighted sum,
 * or coefficients that are 0 or add up to less than LEAST_MASS. Their gradients are in the tile then.
 */
function slowPathRows(hasOutput: bool, tile: usize, q: usize, size: i32, row: i32, stats: usize): void {
  const rowQ = q == 0 ? 0 : PROBABILITY_ROW;
  for (let i: usize = 0; i < 16; i += 4, row++) {
    copyFromTile(tile + i, ROW_BUFFER, size);
    if (q != 0) copyFromTile(q + i, rowQ, size);
    contiguousSoftRow(ROW_BUFFER, rowQ, hasOutput ? ROW_BUFFER : 0, size, row, false);
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
 * maximum and its weighted sum are finite.
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

/**
 * Computes the sums and terms of four rows in the tile. Ignored rows are computed like the others, as zeros with an
 * upstream gradient of 0; `clearDoubles` sets their values later. So no branch depends on a single row.
 */
function sumFour(hasOutput: bool, tile: usize, q: usize, size: i32, row: i32, stats: usize): void {
  const targets = TARGETS + (<usize>row << 2);
  const isIgnored = i32x4.shr_s(v128.load(targets), 31);
  const max = v128.andnot(v128.load(stats), isIgnored);
  const isMasked = spreading != Spreading.NONE && spreadInterleaved(tile, q, size, row, stats);
  v128.store(stats, max);
  v128.store(stats + IS_IGNORED, isIgnored);
  if (v128.any_true(isIgnored)) {
    clearTile(tile, size, isIgnored);
    if (q != 0) clearTile(q, size, isIgnored);
  }
  addInterleaved(hasOutput, tile, q, size, max, stats, isMasked);
  if (!areRegular(max, stats, row)) {
    slowPathRows(hasOutput, tile, q, size, row, stats);
    return;
  }
  if (v128.any_true(isIgnored)) {
    v128.store(targets, v128.andnot(v128.load(targets), isIgnored));
    clearDoubles(GRAD_SCALES + (<usize>row << 3), isIgnored);
  }
  v128.store(stats, q == 0 ? gatherTargets(tile, TILE_STRIDE, 4, targets) : max, TARGET_LOGITS);
  const end = tile + TILE_STRIDE * size;
  const shift = shiftOf(max);
  if (v128.any_true(shift)) {
    for (let i = tile; i < end; i += TILE_STRIDE) v128.store(i, f32x4.sub(v128.load(i), shift));
  }
  const shiftedMax = f32x4.sub(max, shift);
  const n = exponentOf(shiftedMax);
  storeMaxTerms(shiftedMax, n, stats);
  if (hasOutput) interleavedStoreExp(tile, end, n, shiftedMax, termSumsOf(stats));
  else interleavedSumExp(tile, end, n, shiftedMax, termSumsOf(stats));
}

/** Replaces the terms of four rows in the tile by their gradients. */
function scaleFour(tile: usize, q: usize, size: i32, row: i32, stats: usize): void {
  if (isFinalized(stats)) return;
  if (q != 0) {
    scaleInterleaved(tile, q, size, stats);
    return;
  }
  const targets = TARGETS + (<usize>row << 2);
  const terms = gatherTargets(tile, TILE_STRIDE, 4, targets);
  const gradients = targetGradients(terms, uniformCoefficients(row), stats, row);
  scaleInterleaved(tile, q, size, stats);
  scatterTargets(tile, TILE_STRIDE, 4, targets, gradients);
}

/** Tells whether probabilities are loaded. The coefficients of class indices are written to the tile by `spreadInterleaved`. */
// @ts-expect-error: decorator
@inline
function readsProbabilities(q: usize): bool {
  return q != 0 && spreading != Spreading.INDICES;
}

/** Computes up to sixteen rows in the tile: their values and, with an output, their gradients in the tile. */
function computeTile(hasOutput: bool, q: usize, rows: i32, size: i32, row: i32): void {
  const end = statsEnd(rows);
  const distance = q == 0 ? 0 : q - TILE;
  let tile = TILE;
  for (let stats = ROW_STATS, r = row; stats < end; stats += 16, r += 4, tile += 16) {
    sumFour(hasOutput, tile, q == 0 ? 0 : tile + distance, size, r, stats);
  }
  for (let stats = ROW_STATS, r = row; stats < end; stats += 16, r += 4) {
    if (!isFinalized(stats)) finalizeFour(hasOutput, stats, r);
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
      if (readsProbabilities(q)) {
        packContiguousRows(true, q + first, PROBABILITY_TILE + (i << 2), size, SINGLE_ROW_STATS);
      }
    }
    computeTile(hasOutput, q == 0 ? 0 : PROBABILITY_TILE, count, size, r);
    if (!hasOutput) continue;
    for (let i: usize = 0; i < <usize>count; i += 4) {
      unpackContiguousRows(out + (<usize>r + i) * bytes, TILE + (i << 2), size, f32x4.splat(1));
    }
  }
}

/** Copies sixteen strided rows of probabilities to their tile. */
function packProbabilities(q: usize, size: i32, stride: usize): void {
  const end = PROBABILITY_TILE + TILE_STRIDE * size;
  for (let tile = PROBABILITY_TILE; tile < end; tile += TILE_STRIDE, q += stride) {
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
      if (readsProbabilities(q)) packProbabilities(q + first, size, stride);
      computeTile(hasOutput, q == 0 ? 0 : PROBABILITY_TILE, rows, size, o * inner + i);
      if (!hasOutput) continue;
      for (let stats = ROW_STATS; stats < SINGLE_ROW_STATS; stats += 16) v128.store(stats, f32x4.splat(1), SCALE_FACTORS);
      unpackStridedRows(out + first, TILE, size, stride, rows);
    }
  }
}
