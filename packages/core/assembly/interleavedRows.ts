// Short contiguous rows, and strided rows: sixteen are interleaved in the tile, and the lanes of a vector
// hold four of them.
//
// Parameters that recur: `stride` is the distance in bytes between successive elements of a row, `rowStride`
// that between successive rows. `row` is the index of the first row in TARGETS, GRAD_SCALES and VALUES.
import { INVERSE_TEMPERATURE, loadConstant } from "./constants";
import { contiguousRow, shiftScaleSubtract, targetOf } from "./contiguousRows";
import { exponentOf, finalizeRows, isFinalized, shiftOf } from "./epilogue";
import { interleavedStoreExp, interleavedSumExp } from "./exponentials";
import {
  LOG_SUMS, ROW_BUFFER, ROW_STATS, SCALE_FACTORS, TARGET_GRADIENTS, TARGET_LOGITS, TARGET_TERMS, TARGETS, termSumsOf,
  TILE, TILE_STRIDE,
} from "./memory";
import { isCrossEntropy, isGradient, isLogSoftmax, storesExponentials } from "./operation";
import { activeConstants } from "./temperature";
import {
  logSoftmaxStridedRows, packContiguousRows, packStridedRows, unpackContiguousRows, unpackStridedRows,
} from "./tile";

/** Returns the elements of four rows at their target classes. */
// @ts-expect-error: decorator
@inline
function gatherTargets(x: usize, stride: usize, rowStride: usize, row: i32): v128 {
  let elements = v128.load32_zero(x + <usize>targetOf(row) * stride);
  elements = v128.load_lane<f32>(x + rowStride + <usize>targetOf(row + 1) * stride, elements, 1);
  elements = v128.load_lane<f32>(x + rowStride * 2 + <usize>targetOf(row + 2) * stride, elements, 2);
  return v128.load_lane<f32>(x + rowStride * 3 + <usize>targetOf(row + 3) * stride, elements, 3);
}

/** Writes one float to each of four rows at its target class. */
// @ts-expect-error: decorator
@inline
function scatterTargets(out: usize, stride: usize, rowStride: usize, row: i32, elements: v128): void {
  v128.store_lane<f32>(out + <usize>targetOf(row) * stride, elements, 0);
  v128.store_lane<f32>(out + rowStride + <usize>targetOf(row + 1) * stride, elements, 1);
  v128.store_lane<f32>(out + rowStride * 2 + <usize>targetOf(row + 2) * stride, elements, 2);
  v128.store_lane<f32>(out + rowStride * 3 + <usize>targetOf(row + 3) * stride, elements, 3);
}

/**
 * Computes four rows one by one: copies each to ROW_BUFFER, calls `contiguousRow`, and copies its output into
 * the tile. This is needed if the maximum of one of them is infinite, or if one is ignored.
 */
function slowPathRows(
  hasOutput: bool, x: usize, stride: usize, rowStride: usize, tile: usize, size: i32, row: i32, emptyValue: f32,
): void {
  for (let i: usize = 0; i < 4; i++) {
    for (let j: usize = 0; j < <usize>size; j++) {
      store<f32>(ROW_BUFFER + (j << 2), load<f32>(x + i * rowStride + j * stride));
    }
    contiguousRow(ROW_BUFFER, hasOutput ? ROW_BUFFER : 0, size, row + <i32>i, emptyValue);
    for (let j: usize = 0; j < <usize>size; j++) {
      store<f32>(tile + (i << 2) + j * TILE_STRIDE, load<f32>(ROW_BUFFER + (j << 2)));
    }
  }
}

/**
 * Sums the terms of four rows in the tile, whose maxima are at `stats`, and stores the sums and the target
 * logits in their statistics. Replaces the rows in the tile by their terms if the operation stores them.
 *
 * Rows that need the slow path get the maximum NaN, which marks them as finalized, and the factor 1.
 */
function sumExpOfFour(
  hasOutput: bool, x: usize, stride: usize, rowStride: usize, tile: usize, size: i32, row: i32, emptyValue: f32,
  stats: usize,
): void {
  const max = v128.load(stats);
  let needsSlowPath = f32x4.eq(f32x4.abs(max), f32x4.splat(Infinity));
  if (isCrossEntropy()) {
    needsSlowPath = v128.or(needsSlowPath, i32x4.shr_s(v128.load(TARGETS + (<usize>row << 2)), 31));
  }
  if (v128.any_true(needsSlowPath)) {
    slowPathRows(hasOutput, x, stride, rowStride, tile, size, row, emptyValue);
    v128.store(stats, f32x4.splat(NaN));
    v128.store(stats, f32x4.splat(1), SCALE_FACTORS);
    return;
  }
  if (isCrossEntropy()) v128.store(stats, gatherTargets(x, stride, rowStride, row), TARGET_LOGITS);
  const end = tile + TILE_STRIDE * size;
  const shift = shiftOf(max);
  const shiftedMax = f32x4.sub(max, shift);
  if (v128.any_true(shift)) {
    for (let i = tile; i < end; i += TILE_STRIDE) v128.store(i, f32x4.sub(v128.load(i), shift));
  }
  const n = exponentOf(shiftedMax);
  if (storesExponentials(hasOutput)) interleavedStoreExp(tile, end, n, shiftedMax, termSumsOf(stats));
  else interleavedSumExp(tile, end, n, termSumsOf(stats));
}

/** Computes the statistics and values of up to sixteen rows, which are at `x` and have been packed into the tile. */
function computeTile(
  hasOutput: bool, x: usize, stride: usize, rowStride: usize, rows: i32, size: i32, row: i32, emptyValue: f32,
): void {
  const end = statsEnd(rows);
  let tile = TILE;
  let r = row;
  for (let stats = ROW_STATS; stats < end; stats += 16, tile += 16, r += 4, x += rowStride << 2) {
    sumExpOfFour(hasOutput, x, stride, rowStride, tile, size, r, emptyValue, stats);
  }
  if (isGradient(hasOutput)) {
    tile = TILE;
    r = row;
    for (let stats = ROW_STATS; stats < end; stats += 16, tile += 16, r += 4) {
      if (!isFinalized(stats)) v128.store(stats, gatherTargets(tile, TILE_STRIDE, 4, r), TARGET_TERMS);
    }
  }
  finalizeRows(hasOutput, ROW_STATS, end, row);
}

/** Returns the end of the maxima in ROW_STATS for `rows` rows, rounded up to a multiple of four. */
// @ts-expect-error: decorator
@inline
function statsEnd(rows: i32): usize {
  return ROW_STATS + (<usize>(rows + 3) >> 2 << 4);
}

/** Writes the gradients at the target classes of the tile's rows to `out`, except those of the slow path. */
function scatterTargetGradients(out: usize, stride: usize, rowStride: usize, rows: i32, row: i32): void {
  for (let stats = ROW_STATS, end = statsEnd(rows); stats < end; stats += 16, row += 4, out += rowStride << 2) {
    if (!isFinalized(stats)) scatterTargets(out, stride, rowStride, row, v128.load(stats, TARGET_GRADIENTS));
  }
}

/** Copies the outputs of the slow path from the tile to `out`. */
function copySlowPathRows(out: usize, stride: usize, rowStride: usize, rows: i32, size: i32): void {
  let tile = TILE;
  for (let stats = ROW_STATS, end = statsEnd(rows); stats < end; stats += 16, tile += 16, out += rowStride << 2) {
    if (!isFinalized(stats)) continue;
    for (let i: usize = 0; i < 4; i++) {
      for (let j: usize = 0; j < <usize>size; j++) {
        store<f32>(out + i * rowStride + j * stride, load<f32>(tile + (i << 2) + j * TILE_STRIDE));
      }
    }
  }
}

/** Unpacks the tile's rows to successive rows at `out`: softmax, or the gradient of the cross-entropy. */
function storeContiguousRows(out: usize, rows: i32, size: i32, row: i32): void {
  const fourRows = <usize>size << 4;
  let tile = TILE;
  let group = out;
  for (let stats = ROW_STATS, end = statsEnd(rows); stats < end; stats += 16, tile += 16, group += fourRows) {
    unpackContiguousRows(group, tile, size, v128.load(stats, SCALE_FACTORS));
  }
  if (isCrossEntropy()) scatterTargetGradients(out, 4, <usize>size << 2, rows, row);
}

/** Writes the logSoftmax of successive rows at `x` to `out`, except that of rows of the slow path. */
function logSoftmaxContiguousRows(x: usize, out: usize, rows: i32, size: i32): void {
  const bytes = <usize>size << 2;
  const distance = out - x;
  const factor = loadConstant(INVERSE_TEMPERATURE, activeConstants());
  for (let stats = ROW_STATS, end = statsEnd(rows); stats < end; stats += 16) {
    for (let lane: usize = 0; lane < 16; lane += 4, x += bytes) {
      if (isFinalized(stats)) continue;
      shiftScaleSubtract(x, x + distance, size, load<f32>(stats + lane), load<f32>(stats + lane, LOG_SUMS), factor);
    }
  }
}

/**
 * Computes `rows` successive rows of at most maxTileRowLength floats. `out` may equal `x`; it is 0 if there is
 * no output.
 *
 * Rows are computed by fours: if `rows` is no multiple of four, up to three rows behind the last one are read
 * and, with an output, overwritten.
 */
export function shortRows(x: usize, out: usize, rows: i32, size: i32, emptyValue: f32): void {
  const bytes = <usize>size << 2;
  const hasOutput = out != 0;
  for (let r = 0; r < rows; r += 16, x += bytes << 4, out += bytes << 4) {
    const count = min(16, rows - r);
    let group = x;
    let tile = TILE;
    for (let stats = ROW_STATS, end = statsEnd(count); stats < end; stats += 16, tile += 16, group += bytes << 2) {
      if (storesExponentials(hasOutput)) packContiguousRows(true, group, tile, size, stats);
      else packContiguousRows(false, group, tile, size, stats);
    }
    computeTile(hasOutput, x, 4, bytes, count, size, r, emptyValue);
    if (storesExponentials(hasOutput)) storeContiguousRows(out, count, size, r);
    else if (isLogSoftmax(hasOutput)) {
      logSoftmaxContiguousRows(x, out, count, size);
      copySlowPathRows(out, 4, bytes, count, size);
    }
  }
}

/**
 * Computes the rows along the middle axis of an array of shape [outer, size, inner]. Successive elements of a
 * row are `floatStride` floats apart, which is a multiple of four and at least `inner`. `out` may equal `x`;
 * it is 0 if there is no output.
 *
 * Sixteen rows are always read, also where fewer are left. Outputs are written by fours.
 */
export function stridedRows(
  x: usize, out: usize, outer: i32, size: i32, inner: i32, floatStride: i32, emptyValue: f32,
): void {
  const stride = <usize>floatStride << 2;
  const distance = out - x;
  const hasOutput = out != 0;
  for (let o = 0; o < outer; o++, x += stride * size) {
    for (let i = 0; i < inner; i += 16) {
      const rows = min(16, inner - i);
      const source = x + (<usize>i << 2);
      const target = source + distance;
      const row = o * inner + i;
      if (storesExponentials(hasOutput)) packStridedRows(true, source, size, stride);
      else packStridedRows(false, source, size, stride);
      computeTile(hasOutput, source, stride, 4, rows, size, row, emptyValue);
      if (storesExponentials(hasOutput)) unpackStridedRows(target, size, stride, rows);
      if (isGradient(hasOutput)) scatterTargetGradients(target, stride, 4, rows, row);
      if (isLogSoftmax(hasOutput)) {
        logSoftmaxStridedRows(source, target, size, stride, rows);
        copySlowPathRows(target, stride, 4, rows, size);
      }
    }
  }
}
