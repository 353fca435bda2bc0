// Interleaved rows that constants replace: those that are ignored, and without a target those whose maximum is infinite.
// Their maximum is NaN, and their constants are at REPLACEMENTS.
import { highMasks, lowMasks, promoteHigh } from "./arithmetic";
import { fill, hasNaN } from "./contiguousRows";
import { REPLACEMENTS, ROW_STATS, SCALE_FACTORS, statsEnd, TARGET_GRADIENTS, TILE_STRIDE, VALUES } from "./memory";
import { isCrossEntropy, isSoftmax } from "./operation";

/** Returns what replaces the output of a row whose maximum is infinite, or without an output its logSumExp. */
// @ts-expect-error: decorator
@inline
export function replacementOf(hasOutput: bool, x: usize, stride: usize, size: i32, max: f32, emptyValue: f32): f32 {
  if (hasNaN(x, stride, size) || (hasOutput && max > 0)) return NaN;
  return hasOutput ? emptyValue : max;
}

/**
 * Makes the gradients of rows whose maximum is NaN the constants of REPLACEMENTS, which are 0 or NaN: in the tile, and at
 * the targets. Their factors become 0. No branch depends on a single row: ignored rows here and there would mislead it.
 */
export function replaceGradients(tile: usize, rows: i32, size: i32): void {
  for (let stats = ROW_STATS, end = statsEnd(rows); stats < end; stats += 16, tile += 16) {
    const max = v128.load(stats);
    const isReplaced = f32x4.ne(max, max);
    if (!v128.any_true(isReplaced)) continue;
    const constants = v128.load(stats, REPLACEMENTS);
    v128.store(stats, v128.andnot(v128.load(stats, SCALE_FACTORS), isReplaced), SCALE_FACTORS);
    v128.store(stats, v128.bitselect(constants, v128.load(stats, TARGET_GRADIENTS), isReplaced), TARGET_GRADIENTS);
    for (let i = tile, tileEnd = tile + TILE_STRIDE * size; i < tileEnd; i += TILE_STRIDE) {
      v128.store(i, v128.bitselect(constants, v128.load(i), isReplaced));
    }
  }
}

/** Writes the constants of REPLACEMENTS over the values of rows whose maximum is NaN. */
export function replaceValues(rows: i32, row: i32): void {
  for (let stats = ROW_STATS, end = statsEnd(rows); stats < end; stats += 16, row += 4) {
    const max = v128.load(stats);
    const isReplaced = f32x4.ne(max, max);
    if (!v128.any_true(isReplaced)) continue;
    const constants = v128.load(stats, REPLACEMENTS);
    const values = VALUES + (<usize>row << 3);
    const low = lowMasks(isReplaced);
    const high = highMasks(isReplaced);
    v128.store(values, v128.bitselect(f64x2.promote_low_f32x4(constants), v128.load(values), low));
    v128.store(values, v128.bitselect(promoteHigh(constants), v128.load(values, 16), high), 16);
  }
}

/** Writes the constants of REPLACEMENTS over the outputs of rows whose maximum is NaN, if they are not gradients. */
function replaceOutputs(out: usize, stride: usize, rowStride: usize, rows: i32, size: i32): void {
  const end = statsEnd(rows);
  for (let group = ROW_STATS; group < end; group += 16, out += rowStride << 2) {
    const max = v128.load(group);
    if (!v128.any_true(f32x4.ne(max, max))) continue;
    for (let i: usize = 0; i < 4; i++) {
      const stats = group + (i << 2);
      if (isNaN(load<f32>(stats))) fill(out + i * rowStride, stride, size, load<f32>(stats, REPLACEMENTS));
    }
  }
}

/** Replaces the values of rows whose maximum is NaN, and their outputs unless `computeTile` has. */
// @ts-expect-error: decorator
@inline
export function finishReplaced(
  hasOutput: bool, out: usize, stride: usize, rowStride: usize, rows: i32, size: i32, row: i32,
): void {
  if (!isSoftmax() && (isCrossEntropy() || !hasOutput)) replaceValues(rows, row);
  if (hasOutput && !isCrossEntropy()) replaceOutputs(out, stride, rowStride, rows, size);
}
