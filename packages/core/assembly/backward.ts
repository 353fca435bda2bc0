// The gradients of softmax and logSoftmax with respect to their input, given that with respect to their output.
//
// | operation   | reduction            | gradInput               |
// | ----------- | -------------------- | ----------------------- |
// | SOFTMAX     | s = Σ gradOutput · y | y · (gradOutput − s)    |
// | LOG_SOFTMAX | s = Σ gradOutput     | gradOutput − exp(y) · s |
import { demotePair, expF64, LN2, maddF32, promoteHigh, sumLanes } from "./arithmetic";
import { C2, C3, C4, C5, C6, LOG2E, MINUS_LN2_HI, MINUS_LN2_LO, splatConstant, TERM_SCALE_LOG2 } from "./constants";
import { expm1Reduced, MAGIC_BIAS, reduceArgument, roundToExponent } from "./exponentials";
import { SINGLE_ROW_LANE_SUMS, TAIL_BUFFER } from "./memory";

/** The operation whose gradient is computed. */
enum BackwardOp {
  SOFTMAX,
  LOG_SOFTMAX,
}

/** −(127 + 48) · ln 2, rounded to float32. exp(y) · 2^TERM_SCALE_LOG2 is exactly 0 there and below. */
const LOWEST: f32 = -121.30075;

/** 2^TERM_SCALE_LOG2: exp(y) is stored times this, and the sum over it, so that small exp(y) are not lost. */
const TERM_SCALE: f32 = 281474976710656;

/**
 * The sums of logSoftmax for which this is enough. Above 2^24, exp(y) below 2^−174 would matter. Below 2^−78,
 * the sum over TERM_SCALE is no normal float.
 */
const MOST_SUM: f32 = 16777216;
const LEAST_SUM: f32 = 3.308722450212111e-24;

/** Tells for each lane whether `applyVectors` cannot compute logSoftmax with this sum. */
// @ts-expect-error: decorator
@inline
function isOutOfRange(sum: v128): v128 {
  const magnitude = f32x4.abs(sum);
  const isSmall = v128.and(f32x4.lt(magnitude, f32x4.splat(LEAST_SUM)), f32x4.ne(sum, f32x4.splat(0)));
  return v128.or(isSmall, v128.not(f32x4.le(magnitude, f32x4.splat(MOST_SUM))));
}

/** Returns exp(y) for y ≤ 0 in float64, to 4e-11. */
function expOf(y: f64): f64 {
  if (y < -700) return 0;
  const n = nearest(y * 1.4426950408889634);
  const power = reinterpret<f64>(<u64>(<i64>n + 1023) << 52);
  return power * f64x2.extract_lane(expF64(f64x2.splat(y - n * LN2)), 0);
}

/** Writes gradOutput − exp(y) · `sum` in float64 for a row whose elements are `stride` bytes apart. */
function applyInFloat64(gradOutput: usize, y: usize, out: usize, size: i32, stride: usize, sum: f64): void {
  for (; size > 0; size--, gradOutput += stride, y += stride, out += stride) {
    const g = <f64>load<f32>(gradOutput);
    const element = <f64>load<f32>(y);
    const exponential = element == element ? expOf(element) : NaN;
    store<f32>(out, <f32>(g - exponential * sum));
  }
}

/**
 * Returns a mask of those of four rows that are 0 everywhere. No logarithms of probabilities are, except those
 * that logSoftmax has filled with zeros, or of one class. Their gradient is 0.
 */
function areZero(y: usize, size: i32, stride: usize): v128 {
  let mask = i32x4.splat(-1);
  for (; size > 0 && v128.any_true(mask); size--, y += stride) {
    mask = v128.and(mask, f32x4.eq(v128.load(y), f32x4.splat(0)));
  }
  return mask;
}

/** Does the same for a contiguous row. */
function isZero(y: usize, size: i32): bool {
  for (; size > 0; size--, y += 4) if (load<f32>(y) != 0) return false;
  return true;
}

/**
 * Sums gradOutput · y (softmax) or gradOutput (logSoftmax) over `count` vectors, `stride` bytes apart, and
 * stores the lane-wise sums as four doubles at SINGLE_ROW_LANE_SUMS.
 */
function sumVectors(op: BackwardOp, gradOutput: usize, y: usize, count: i32, stride: usize): void {
  let low = f64x2.splat(0);
  let high = low;
  for (; count > 0; count--, gradOutput += stride, y += stride) {
    const g = v128.load(gradOutput);
    let g0 = f64x2.promote_low_f32x4(g);
    let g1 = promoteHigh(g);
    if (op == BackwardOp.SOFTMAX) {
      const output = v128.load(y);
      g0 = f64x2.mul(g0, f64x2.promote_low_f32x4(output));
      g1 = f64x2.mul(g1, promoteHigh(output));
    }
    low = f64x2.add(low, g0);
    high = f64x2.add(high, g1);
  }
  v128.store(SINGLE_ROW_LANE_SUMS, low);
  v128.store(SINGLE_ROW_LANE_SUMS, high, 16);
}

/**
 * Writes y · (gradOutput − s) (softmax) or gradOutput − exp(y) · s (logSoftmax) for `count` vectors, `stride`
 * bytes apart. `sumHi` + `sumLo` is s (logSoftmax) or s / 2 (softmax): rounded to float32, and the rounding error.
 *
 * softmax computes with halves, because gradOutput − s may overflow where its product with y does not.
 */
function applyVectors(
  op: BackwardOp, gradOutput: usize, y: usize, out: usize, count: i32, stride: usize, sumHi: v128, sumLo: v128,
): void {
  if (op == BackwardOp.SOFTMAX) {
    for (; count > 0; count--, gradOutput += stride, y += stride, out += stride) {
      const half = f32x4.sub(f32x4.sub(f32x4.mul(v128.load(gradOutput), f32x4.splat(0.5)), sumHi), sumLo);
      const output = v128.load(y);
      v128.store(out, f32x4.mul(f32x4.add(output, output), half));
    }
    return;
  }
  const log2e = splatConstant(LOG2E);
  const minusLn2Hi = splatConstant(MINUS_LN2_HI);
  const minusLn2Lo = splatConstant(MINUS_LN2_LO);
  const c6 = splatConstant(C6);
  const c5 = splatConstant(C5);
  const c4 = splatConstant(C4);
  const c3 = splatConstant(C3);
  const c2 = splatConstant(C2);
  const magicBias = f32x4.splat(MAGIC_BIAS + <f32>TERM_SCALE_LOG2);
  const lowest = f32x4.splat(LOWEST);
  const termScale = f32x4.splat(TERM_SCALE);
  const minusSum = f32x4.neg(f32x4.div(sumHi, termScale));
  for (; count > 0; count--, gradOutput += stride, y += stride, out += stride) {
    const x = f32x4.pmax(v128.load(y), lowest);
    const biasedExponent = roundToExponent(x, magicBias, log2e);
    const t = reduceArgument(x, f32x4.sub(biasedExponent, magicBias), minusLn2Hi, minusLn2Lo);
    const power = i32x4.shl(biasedExponent, 23);
    // Where exp(y) is near 1, gradOutput − s · exp(y) could cancel. There the output is
    // (gradOutput − s) − s · (exp(y) − 1).
    const isNearOne = f32x4.eq(power, termScale);
    const exponential = maddF32(power, expm1Reduced(t, c6, c5, c4, c3, c2), v128.andnot(power, isNearOne));
    const hi = f32x4.sub(v128.load(gradOutput), v128.and(sumHi, isNearOne));
    v128.store(out, maddF32(minusSum, exponential, f32x4.sub(hi, v128.and(sumLo, isNearOne))));
  }
}

/** Returns the errors of rounding sums to float32. The error of an infinite sum is 0. */
// @ts-expect-error: decorator
@inline
function roundingErrors(sums: v128, rounded: v128): v128 {
  const isFinite = f64x2.lt(f64x2.abs(rounded), f64x2.splat(Infinity));
  return v128.and(f64x2.sub(sums, rounded), isFinite);
}

/** Returns the reduction of a contiguous row, or of a piece of one. */
export function sumBackward(op: BackwardOp, gradOutput: usize, y: usize, size: i32): f64 {
  sumVectors(op, gradOutput, y, size >> 2, 16);
  let sum = sumLanes(f64x2.add(v128.load(SINGLE_ROW_LANE_SUMS), v128.load(SINGLE_ROW_LANE_SUMS, 16)));
  for (let j = <usize>size & ~3; j < <usize>size; j++) {
    const g = <f64>load<f32>(gradOutput + (j << 2));
    sum += op == BackwardOp.SOFTMAX ? g * <f64>load<f32>(y + (j << 2)) : g;
  }
  return sum;
}

/**
 * Writes the gradient of a contiguous row, or of a piece of one, given the reduction of the whole row. The
 * last, incomplete vector is computed in TAIL_BUFFER.
 */
export function applyBackward(op: BackwardOp, gradOutput: usize, y: usize, out: usize, size: i32, sum: f64): void {
  if (op == BackwardOp.SOFTMAX) sum *= 0.5;
  const rounded = <f32>sum;
  const sumHi = f32x4.splat(rounded);
  const errors = roundingErrors(f64x2.splat(sum), f64x2.splat(<f64>rounded));
  const sumLo = f32x4.splat(<f32>f64x2.extract_lane(errors, 0));
  if (op == BackwardOp.LOG_SOFTMAX && v128.any_true(isOutOfRange(sumHi))) {
    applyInFloat64(gradOutput, y, out, size, 4, sum);
    return;
  }
  applyVectors(op, gradOutput, y, out, size >> 2, 16, sumHi, sumLo);
  const tailBytes = <usize>(size & 3) << 2;
  const tail = <usize>(size & ~3) << 2;
  memory.copy(TAIL_BUFFER, gradOutput + tail, tailBytes);
  memory.copy(TAIL_BUFFER + 16, y + tail, tailBytes);
  applyVectors(op, TAIL_BUFFER, TAIL_BUFFER + 16, TAIL_BUFFER, 1, 16, sumHi, sumLo);
  memory.copy(out + tail, TAIL_BUFFER, tailBytes);
}

/** Writes the gradients of `rows` successive rows of `size` floats. `out` may equal either input. */
export function contiguousRowsBackward(
  op: BackwardOp, gradOutput: usize, y: usize, out: usize, rows: i32, size: i32,
): void {
  const bytes = <usize>size << 2;
  for (; rows > 0; rows--, gradOutput += bytes, y += bytes, out += bytes) {
    if (op == BackwardOp.LOG_SOFTMAX && load<f32>(y) == 0 && isZero(y, size)) {
      memory.fill(out, 0, bytes);
      continue;
    }
    applyBackward(op, gradOutput, y, out, size, sumBackward(op, gradOutput, y, size));
  }
}

/**
 * Writes the gradients of the rows along the middle axis of arrays of shape [outer, size, inner]. Successive
 * elements of a row are `floatStride` floats apart, which is a multiple of four and at least `inner`. Rows
 * are computed by fours. `out` may equal either input.
 */
export function stridedRowsBackward(
  op: BackwardOp, gradOutput: usize, y: usize, out: usize, outer: i32, size: i32, inner: i32, floatStride: i32,
): void {
  const stride = <usize>floatStride << 2;
  for (; outer > 0; outer--, gradOutput += stride * size, y += stride * size, out += stride * size) {
    for (let i: usize = 0, end = <usize>inner << 2; i < end; i += 16) {
      sumVectors(op, gradOutput + i, y + i, size, stride);
      const share = f64x2.splat(op == BackwardOp.SOFTMAX ? 0.5 : 1);
      const low = f64x2.mul(v128.load(SINGLE_ROW_LANE_SUMS), share);
      const high = f64x2.mul(v128.load(SINGLE_ROW_LANE_SUMS, 16), share);
      const sumHi = demotePair(low, high);
      const errorLow = roundingErrors(low, f64x2.promote_low_f32x4(sumHi));
      const errorHigh = roundingErrors(high, promoteHigh(sumHi));
      const sumLo = demotePair(errorLow, errorHigh);
      const isLogSoftmax = op == BackwardOp.LOG_SOFTMAX;
      const zeros = isLogSoftmax ? areZero(y + i, size, stride) : f32x4.splat(0);
      if (isLogSoftmax && v128.any_true(isOutOfRange(sumHi))) {
        for (let lane = i; lane < i + 16; lane += 4) {
          const sum = load<f64>(SINGLE_ROW_LANE_SUMS + (lane - i << 1));
          applyInFloat64(gradOutput + lane, y + lane, out + lane, size, stride, sum);
        }
      } else applyVectors(op, gradOutput + i, y + i, out + i, size, stride, sumHi, sumLo);
      if (v128.any_true(zeros)) {
        for (let j = 0, at = out + i; j < size; j++, at += stride) v128.store(at, v128.andnot(v128.load(at), zeros));
      }
    }
  }
}
