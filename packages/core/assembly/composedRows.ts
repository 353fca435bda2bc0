// A function f of the cross-entropy, in two steps. The first computes the cross-entropies and keeps the terms of the
// gradients. JavaScript then computes f and f′, and the second step writes the gradients times f′. The gradient of the
// cross-entropy is never stored, so only the factor of a row is multiplied.
//
// For each sixteen rows, the first step keeps the factors of their terms, then the gradients at their target classes. The
// factor is 0 for a row whose gradients are all 0 or all NaN. For rows that are computed side by side, these numbers follow
// the tile at `terms`. For long rows, they are at TILE.
import { demotePair, promoteHigh } from "./arithmetic";
import { finalizeRow, replacesRow, rowMax, scale, storeMaxTerm, sumExpMinusMax, targetOf } from "./contiguousRows";
import { computeTile, packTile, scatterTargetGradients, storeContiguousRows } from "./interleavedRows";
import {
  GRAD_SCALES, ROW_STATS, SCALE_FACTORS, SINGLE_ROW_STATS, statsEnd, TARGET_GRADIENTS, TILE, TILE_STRIDE,
} from "./memory";
import { replaceValues } from "./replacedRows";
import { rescaleRow, timesFactors } from "./rescale";
import { packStridedRows, unpackStridedRows } from "./tile";

const SMALLEST_NORMAL: f32 = 1.1754943508222875e-38;

/** The bytes of the numbers that are kept for each sixteen rows. */
const KEPT_BYTES: usize = 2 * TILE_STRIDE;

/** Returns the number of bytes that sixteen rows take at `terms`. */
// @ts-expect-error: decorator
@inline
function tileBytes(size: i32): usize {
  return TILE_STRIDE * <usize>size + KEPT_BYTES;
}

/** Keeps the factors and target gradients of the rows in ROW_STATS, and stores the values of replaced rows. */
function keepStats(factors: usize, rows: i32, row: i32): void {
  replaceValues(rows, row);
  for (let i: usize = 0; i < TILE_STRIDE; i += 16) {
    v128.store(factors + i, v128.load(ROW_STATS + i, SCALE_FACTORS));
    v128.store(factors + i, v128.load(ROW_STATS + i, TARGET_GRADIENTS), TILE_STRIDE);
  }
}

/**
 * Writes the kept factors and target gradients of `rows` rows, times f′ of these rows (f64, at GRAD_SCALES), to ROW_STATS.
 *
 * A product that is not a normal float has lost digits. Its factor and target gradient then stay as they were, and a
 * maximum of NaN marks the row for `finishRows`.
 */
function scaleStats(kept: usize, rows: i32, row: i32): void {
  let slopes = GRAD_SCALES + (<usize>row << 3);
  for (let stats = ROW_STATS, end = statsEnd(rows); stats < end; stats += 16, kept += 16, slopes += 32) {
    const low = v128.load(slopes);
    const high = v128.load(slopes, 16);
    const factors = v128.load(kept);
    const gradients = v128.load(kept, TILE_STRIDE);
    const scaled = demotePair(f64x2.mul(f64x2.promote_low_f32x4(factors), low), f64x2.mul(promoteHigh(factors), high));
    const magnitude = f32x4.abs(scaled);
    const isNormal = v128.and(
      f32x4.ge(magnitude, f32x4.splat(SMALLEST_NORMAL)), f32x4.lt(magnitude, f32x4.splat(Infinity)),
    );
    const zero = f64x2.splat(0);
    const isSlopeZero = v128.shuffle<i32>(f64x2.eq(low, zero), f64x2.eq(high, zero), 0, 2, 4, 6);
    // The slope of an ignored row may be anything.
    const isRowZero = f32x4.eq(factors, f32x4.splat(0));
    const isZero = v128.or(isRowZero, v128.and(isSlopeZero, f32x4.eq(scaled, f32x4.splat(0))));
    const isExact = v128.or(isNormal, isZero);
    v128.store(stats, v128.not(isExact));
    v128.store(stats, v128.bitselect(v128.andnot(scaled, isRowZero), factors, isExact), SCALE_FACTORS);
    v128.store(stats, v128.bitselect(timesFactors(gradients, low, high), gradients, isExact), TARGET_GRADIENTS);
  }
}

/** Writes the gradients of rows that a factor of float32 cannot scale. */
function finishRows(out: usize, stride: usize, rowStride: usize, rows: i32, size: i32, row: i32): void {
  for (let group = ROW_STATS, end = statsEnd(rows); group < end; group += 16, row += 4, out += rowStride << 2) {
    if (!v128.any_true(v128.load(group))) continue;
    for (let i: usize = 0; i < 4; i++) {
      const stats = group + (i << 2);
      if (!isNaN(load<f32>(stats))) continue;
      rescaleRow(out + i * rowStride, stride, size, load<f64>(GRAD_SCALES + (<usize>row + i << 3)));
    }
  }
}

/** The first step of `rows` successive rows of at most 1024 floats. See `shortRows`. */
export function shortRowTerms(x: usize, terms: usize, rows: i32, size: i32): void {
  const bytes = <usize>size << 2;
  for (let r = 0; r < rows; r += 16, x += bytes << 4, terms += tileBytes(size)) {
    const count = min(16, rows - r);
    packTile(true, x, terms, count, size);
    computeTile(true, terms, x, 4, bytes, count, size, r, 0);
    keepStats(terms + TILE_STRIDE * size, count, r);
  }
}

/** The second step of these rows. */
export function shortRowGradients(terms: usize, out: usize, rows: i32, size: i32): void {
  const bytes = <usize>size << 2;
  for (let r = 0; r < rows; r += 16, out += bytes << 4, terms += tileBytes(size)) {
    const count = min(16, rows - r);
    scaleStats(terms + TILE_STRIDE * size, count, r);
    storeContiguousRows(out, terms, count, size, r);
    finishRows(out, 4, bytes, count, size, r);
  }
}

/**
 * Returns where the factor of a long row is kept. Long rows do not use the tile, and it has room for the numbers of all
 * rows of a block.
 */
// @ts-expect-error: decorator
@inline
function keptOf(row: i32): usize {
  return TILE + (<usize>(row >> 4) * KEPT_BYTES) + (<usize>(row & 15) << 2);
}

/** The first step of one row. */
function contiguousRowTerms(x: usize, terms: usize, size: i32, row: i32): void {
  const target = targetOf(row);
  const targetOffset = <usize>target << 2;
  const hasTarget = <u32>target < <u32>size;
  const max: f32 = hasTarget ? rowMax(x, size) : NaN;
  const sum = hasTarget ? sumExpMinusMax(x, terms, size, max, true) : 0;
  const kept = keptOf(row);
  if (replacesRow(terms, size, row, max, sum, 0)) {
    store<f32>(kept, 0);
    store<f32>(kept, load<f32>(terms), TILE_STRIDE);
    return;
  }
  finalizeRow(true, row, max, sum, load<f32>(x + targetOffset), terms + targetOffset);
  storeMaxTerm(terms);
  store<f32>(kept, load<f32>(SINGLE_ROW_STATS, SCALE_FACTORS));
  store<f32>(kept, load<f32>(SINGLE_ROW_STATS, TARGET_GRADIENTS), TILE_STRIDE);
}

/** The first step of `rows` successive long rows, which are computed one by one. */
export function longRowTerms(x: usize, terms: usize, rows: i32, size: i32): void {
  const bytes = <usize>size << 2;
  for (let r = 0; r < rows; r++, x += bytes, terms += bytes) {
    // The second step reads sixteen factors. Those without a row are 0.
    if ((r & 15) == 0) memory.fill(keptOf(r), 0, TILE_STRIDE);
    contiguousRowTerms(x, terms, size, r);
  }
}

/** The second step of these rows. */
export function longRowGradients(terms: usize, out: usize, rows: i32, size: i32): void {
  const bytes = <usize>size << 2;
  for (let r = 0; r < rows; r += 16) {
    const count = min(16, rows - r);
    const first = out;
    scaleStats(keptOf(r), count, r);
    for (let i = 0, stats = ROW_STATS; i < count; i++, stats += 4, terms += bytes, out += bytes) {
      scale(terms, out, size, load<f32>(stats, SCALE_FACTORS));
      const target = targetOf(r + i);
      if (<u32>target < <u32>size) store<f32>(out + (<usize>target << 2), load<f32>(stats, TARGET_GRADIENTS));
    }
    finishRows(first, 4, bytes, count, size, r);
  }
}

/** The first step of the rows along the middle axis of an array of shape [outer, size, inner]. See `stridedRows`. */
export function stridedRowTerms(x: usize, terms: usize, outer: i32, size: i32, inner: i32, floatStride: i32): void {
  const stride = <usize>floatStride << 2;
  for (let o = 0; o < outer; o++, x += stride * size) {
    for (let i = 0; i < inner; i += 16, terms += tileBytes(size)) {
      const source = x + (<usize>i << 2);
      const rows = min(16, inner - i);
      const row = o * inner + i;
      packStridedRows(true, source, terms, size, stride);
      computeTile(true, terms, source, stride, 4, rows, size, row, 0);
      keepStats(terms + TILE_STRIDE * size, rows, row);
    }
  }
}

/** The second step of these rows. */
export function stridedRowGradients(
  terms: usize, out: usize, outer: i32, size: i32, inner: i32, floatStride: i32,
): void {
  const stride = <usize>floatStride << 2;
  for (let o = 0; o < outer; o++, out += stride * size) {
    for (let i = 0; i < inner; i += 16, terms += tileBytes(size)) {
      const rows = min(16, inner - i);
      const target = out + (<usize>i << 2);
      const row = o * inner + i;
      scaleStats(terms + TILE_STRIDE * size, rows, row);
      unpackStridedRows(target, terms, size, stride, rows);
      scatterTargetGradients(target, stride, 4, rows, row);
      finishRows(target, stride, 4, rows, size, row);
    }
  }
}
