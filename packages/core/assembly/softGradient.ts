// Terms of soft targets are turned into gradients: (mass + 2 · zLoss · logSumExp) · p − c, times gradScale.
import { maddF32 } from "./arithmetic";
import {
  coefficientAt, coefficientsOf, hasCoefficients, Kind, loadTail, offset, ONES, scale, TAIL_Q, TAIL_WEIGHTS, weights,
  ZEROS,
} from "./coefficients";
import { SCALE_FACTORS, SINGLE_ROW_STATS, TAIL_BUFFER, TILE_STRIDE } from "./memory";
import { ARGMAX_GRADIENTS, COEFFICIENT_FACTORS, MAX_THRESHOLDS } from "./softStats";

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
export function scaleInterleaved(tile: usize, q: usize, size: i32, stats: usize): void {
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
export function scaleContiguous(x: usize, q: usize, size: i32): void {
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
export function scaleInFloat64(x: usize, q: usize, size: i32, factor: f64, gradScale: f64): void {
  for (let bytes: usize = 0, end = <usize>size << 2; bytes < end; bytes += 4) {
    const c = <f64>coefficientAt(q, bytes);
    store<f32>(x + bytes, <f32>(<f64>load<f32>(x + bytes) * factor - c * gradScale));
  }
}
