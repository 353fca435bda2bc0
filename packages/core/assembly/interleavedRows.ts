// Short contiguous rows, and strided rows: sixteen are interleaved in the tile, and the lanes of a vector
// hold four of them.
//
// Parameters that recur: `stride` is the distance in bytes between successive elements of a row, `rowStride`
// that between successive rows. `row` is the index of the first row in TARGETS, GRAD_SCALES and VALUES.
import { INVERSE_TEMPERATURE, loadConstant } from "./constants";
import { shiftScaleSubtract } from "./contiguousRows";
import { exponentOf, finalizeRows, shiftOf, storeMaxTerms } from "./epilogue";
import { interleavedStoreExp, sumExpOf } from "./exponentials";
import {
  LOG_SUMS, REPLACEMENTS, ROW_STATS, SCALE_FACTORS, statsEnd, TARGET_GRADIENTS, TARGET_LOGITS, TARGET_TERMS, TARGETS,
  termSumsOf, TILE, TILE_STRIDE,
} from "./memory";
import { isCrossEntropy, isGradient, isLogSoftmax, storesExponentials } from "./operation";
import { finishReplaced, replaceGradients, replacementOf } from "./replacedRows";
import { gatherTargets, scatterTargets } from "./targets";
import { activeConstants } from "./temperature";
import {
  logSoftmaxStridedRows, packContiguousRows, packStridedRows, unpackContiguousRows, unpackStridedRows,
} from "./tile";

/**
 * Sums the terms of four rows in the tile, given their maxima at `stats`, and stores what `finalizeRows`
 * needs. Replaces the rows in the tile by their terms if the operation stores them.
 *
 * Rows that are ignored or whose maximum is infinite get a constant at REPLACEMENTS and the maximum NaN. They
 * are computed like the others, so that these get the same bits in any company, and replaced at the end. An
 * infinite maximum needs this only without a target: the cross-entropy and its gradient are NaN anyway.
 */
function sumExpOfFour(
  hasOutput: bool, x: usize, stride: usize, rowStride: usize, tile: usize, size: i32, targets: usize,
  emptyValue: f32, stats: usize,
): void {
  let max = v128.load(stats);
  const isReplaced = isCrossEntropy()
    ? i32x4.ge_u(v128.load(targets), i32x4.splat(size))
    : f32x4.eq(f32x4.abs(max), f32x4.splat(Infinity));
  if (v128.any_true(isReplaced)) {
    if (isCrossEntropy()) {
      // 0 for a negative target. A target out of bounds, whose bits become those of NaN, cannot pass the check
      // of the arguments, but may have changed since.
      const classes = v128.load(targets);
      v128.store(stats, v128.andnot(isReplaced, i32x4.shr_s(classes, 31)), REPLACEMENTS);
      v128.store(targets, v128.andnot(classes, isReplaced));
    } else {
      for (let lane: usize = 0, first = x; lane < 16; lane += 4, first += rowStride) {
        const rowMax = load<f32>(stats + lane);
        store<f32>(stats + lane, replacementOf(hasOutput, first, stride, size, rowMax, emptyValue), REPLACEMENTS);
      }
    }
    max = v128.or(max, isReplaced); // All bits set are NaN.
    v128.store(stats, max);
  }
  if (isCrossEntropy()) v128.store(stats, gatherTargets(x, stride, rowStride, targets), TARGET_LOGITS);
  const end = tile + TILE_STRIDE * size;
  const shift = shiftOf(max);
  const shiftedMax = f32x4.sub(max, shift);
  if (v128.any_true(shift)) {
    for (let i = tile; i < end; i += TILE_STRIDE) v128.store(i, f32x4.sub(v128.load(i), shift));
  }
  const n = exponentOf(shiftedMax);
  storeMaxTerms(shiftedMax, n, stats);
  if (storesExponentials(hasOutput)) interleavedStoreExp(tile, end, n, shiftedMax, termSumsOf(stats));
  else sumExpOf(tile, end, TILE_STRIDE, 0, n, termSumsOf(stats));
}

/** Computes the statistics and values of up to sixteen rows in a tile, which are the rows at `x`. */
export function computeTile(
  hasOutput: bool, tile: usize, x: usize, stride: usize, rowStride: usize, rows: i32, size: i32, row: i32,
  emptyValue: f32,
): void {
  const end = statsEnd(rows);
  const firstTarget = TARGETS + (<usize>row << 2);
  let group = tile;
  let targets = firstTarget;
  for (let stats = ROW_STATS; stats < end; stats += 16, group += 16, targets += 16, x += rowStride << 2) {
    sumExpOfFour(hasOutput, x, stride, rowStride, group, size, targets, emptyValue, stats);
  }
  if (isGradient(hasOutput)) {
    group = tile;
    targets = firstTarget;
    for (let stats = ROW_STATS; stats < end; stats += 16, group += 16, targets += 16) {
      v128.store(stats, gatherTargets(group, TILE_STRIDE, 4, targets), TARGET_TERMS);
    }
  }
  finalizeRows(hasOutput, ROW_STATS, end, row);
  if (isGradient(hasOutput)) replaceGradients(tile, rows, size);
}

/** Writes the gradients at the target classes of the tile's rows to `out`. */
export function scatterTargetGradients(out: usize, stride: usize, rowStride: usize, rows: i32, row: i32): void {
  let targets = TARGETS + (<usize>row << 2);
  for (let stats = ROW_STATS, end = statsEnd(rows); stats < end; stats += 16, targets += 16, out += rowStride << 2) {
    scatterTargets(out, stride, rowStride, targets, v128.load(stats, TARGET_GRADIENTS));
  }
}

/** Unpacks a tile's rows to successive rows at `out`: softmax, or the gradient of the cross-entropy. */
export function storeContiguousRows(out: usize, tile: usize, rows: i32, size: i32, row: i32): void {
  const fourRows = <usize>size << 4;
  let group = out;
  for (let stats = ROW_STATS, end = statsEnd(rows); stats < end; stats += 16, tile += 16, group += fourRows) {
    unpackContiguousRows(group, tile, size, v128.load(stats, SCALE_FACTORS));
  }
  if (isCrossEntropy()) scatterTargetGradients(out, 4, <usize>size << 2, rows, row);
}

/** Writes the logSoftmax of successive rows at `x` to `out`. */
function logSoftmaxContiguousRows(x: usize, out: usize, rows: i32, size: i32): void {
  const bytes = <usize>size << 2;
  const distance = out - x;
  const factor = loadConstant(INVERSE_TEMPERATURE, activeConstants());
  for (let stats = ROW_STATS, end = statsEnd(rows); stats < end; stats += 16) {
    for (let lane: usize = 0; lane < 16; lane += 4, x += bytes) {
      shiftScaleSubtract(x, x + distance, size, load<f32>(stats + lane), load<f32>(stats + lane, LOG_SUMS), factor);
    }
  }
}

/** Packs up to sixteen successive rows of `size` floats into a tile and stores their maxima in ROW_STATS. */
// @ts-expect-error: decorator
@inline
export function packTile(keepsOrder: bool, x: usize, tile: usize, rows: i32, size: i32): void {
  const fourRows = <usize>size << 4;
  for (let stats = ROW_STATS, end = statsEnd(rows); stats < end; stats += 16, tile += 16, x += fourRows) {
    if (keepsOrder) packContiguousRows(true, x, tile, size, stats);
    else packContiguousRows(false, x, tile, size, stats);
  }
}

/**
 * Computes `rows` successive rows of at most 1024 floats. `out` may equal `x`; it is 0 if there is no output.
 *
 * Rows are computed by fours: if `rows` is no multiple of four, up to three rows behind the last one are read
 * and, with an output, overwritten.
 */
export function shortRows(x: usize, out: usize, rows: i32, size: i32, emptyValue: f32): void {
  const bytes = <usize>size << 2;
  const hasOutput = out != 0;
  for (let r = 0; r < rows; r += 16, x += bytes << 4, out += bytes << 4) {
    const count = min(16, rows - r);
    packTile(storesExponentials(hasOutput), x, TILE, count, size);
    computeTile(hasOutput, TILE, x, 4, bytes, count, size, r, emptyValue);
    if (storesExponentials(hasOutput)) storeContiguousRows(out, TILE, count, size, r);
    else if (isLogSoftmax(hasOutput)) logSoftmaxContiguousRows(x, out, count, size);
    finishReplaced(hasOutput, out, 4, bytes, count, size, r);
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
      if (storesExponentials(hasOutput)) packStridedRows(true, source, TILE, size, stride);
      else packStridedRows(false, source, TILE, size, stride);
      computeTile(hasOutput, TILE, source, stride, 4, rows, size, row, emptyValue);
      if (storesExponentials(hasOutput)) unpackStridedRows(target, TILE, size, stride, rows);
      if (isGradient(hasOutput)) scatterTargetGradients(target, stride, 4, rows, row);
      if (isLogSoftmax(hasOutput)) logSoftmaxStridedRows(source, target, size, stride, rows);
      finishReplaced(hasOutput, target, stride, 4, rows, size, row);
    }
  }
}
