// Contiguous rows, long ones above all: the lanes of a vector hold successive elements of one row.
import { sumLanes } from "./arithmetic";
import { HALF, INVERSE_TEMPERATURE, loadConstant, ONE, splatConstant } from "./constants";
import { exponentOf, finalizeRows, shiftOf, storeMaxTerms } from "./epilogue";
import { rowStoreExp, sumExpOf } from "./exponentials";
import {
  ARGMAX_OFFSET, LOG_SUMS, MAX_SEARCH_START, MAX_TERMS, SCALE_FACTORS, SINGLE_ROW_STATS, SINGLE_ROW_LANE_SUMS,
  TAIL_BUFFER, TARGET_GRADIENTS, TARGET_LOGITS, TARGET_TERMS, TARGETS, TIE_COUNTS, VALUES,
} from "./memory";
import { isCrossEntropy, isGradient, isLogSoftmax, scaleAndClamp, storesExponentials } from "./operation";
import { activeConstants } from "./temperature";

/**
 * Returns the largest of `size` floats and stores at MAX_SEARCH_START an address less than 512 bytes before it.
 * NaN is skipped: it appears in the sum later.
 */
export function rowMax(x: usize, size: i32): f32 {
  let max: f32 = -Infinity;
  let best = f32x4.splat(max);
  store<usize>(MAX_SEARCH_START, x);
  const end = x + (<usize>size << 2);
  const vectorEnd = x + (<usize>(size & ~3) << 2);
  while (x < vectorEnd) {
    const blockStart = x;
    const blockEnd = min(vectorEnd, x + 512);
    let a = best;
    let b = best;
    let c = best;
    let d = best;
    for (; x + 64 <= blockEnd; x += 64) {
      a = f32x4.pmax(a, v128.load(x));
      b = f32x4.pmax(b, v128.load(x, 16));
      c = f32x4.pmax(c, v128.load(x, 32));
      d = f32x4.pmax(d, v128.load(x, 48));
    }
    for (; x < blockEnd; x += 16) a = f32x4.pmax(a, v128.load(x));
    a = f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d));
    if (!v128.any_true(f32x4.gt(a, best))) continue;
    a = f32x4.pmax(a, v128.shuffle<i32>(a, a, 2, 3, 0, 1));
    best = f32x4.pmax(a, v128.shuffle<i32>(a, a, 1, 0, 3, 2));
    max = f32x4.extract_lane(best, 0);
    store<usize>(MAX_SEARCH_START, blockStart);
  }
  for (; x < end; x += 4) {
    const value = load<f32>(x);
    if (value > max) {
      max = value;
      store<usize>(MAX_SEARCH_START, x);
    }
  }
  return max;
}

/**
 * Returns the address of the first float from `x` to `end` that equals `value`. If another thread has changed the row since it
 * was searched, there may be none. The address is then that of the last float, and the results count for nothing.
 */
function addressOf(x: usize, end: usize, value: f32): usize {
  const wanted = f32x4.splat(value);
  while (x < end && !v128.any_true(f32x4.eq(v128.load(x), wanted))) x += 16;
  while (x < end && load<f32>(x) != value) x += 4;
  return min(x, end - 4);
}

/** Writes out = x · factor, clamped as `scaleAndClamp` does. */
export function scale(x: usize, out: usize, size: i32, factor: f32): void {
  const one = splatConstant(ONE);
  const f = f32x4.splat(factor);
  const end = x + (<usize>size << 2);
  for (; x + 64 <= end; x += 64, out += 64) {
    v128.store(out, scaleAndClamp(v128.load(x), f, one));
    v128.store(out, scaleAndClamp(v128.load(x, 16), f, one), 16);
    v128.store(out, scaleAndClamp(v128.load(x, 32), f, one), 32);
    v128.store(out, scaleAndClamp(v128.load(x, 48), f, one), 48);
  }
  for (; x + 16 <= end; x += 16, out += 16) v128.store(out, scaleAndClamp(v128.load(x), f, one));
  for (; x < end; x += 4, out += 4) v128.store_lane<f32>(out, scaleAndClamp(v128.load32_zero(x), f, one), 0);
}

/**
 * Writes out = (x − a) · factor − b. Subtracting a + b at once would lose b where a is large. The halves are
 * subtracted, because x − a can overflow where its product with the factor does not.
 */
export function shiftScaleSubtract(x: usize, out: usize, size: i32, a: f32, b: f32, factor: f32): void {
  const half = splatConstant(HALF);
  const va = f32x4.splat(a * 0.5);
  const vb = f32x4.splat(b);
  const f = f32x4.splat(factor + factor);
  const end = x + (<usize>size << 2);
  if (size < 4) {
    for (; x < end; x += 4, out += 4) store<f32>(out, (load<f32>(x) * 0.5 - a * 0.5) * (factor + factor) - b);
    return;
  }
  // The last vector overlaps the one before it. It is loaded first, because `out` may equal `x`.
  const outEnd = out + (<usize>size << 2);
  const last = v128.load(end - 16);
  for (; x + 16 <= end; x += 16, out += 16) v128.store(out, shiftScaleSubtractVector(v128.load(x), half, va, f, vb));
  if (x < end) v128.store(outEnd - 16, shiftScaleSubtractVector(last, half, va, f, vb));
}

// @ts-expect-error: decorator
@inline
function shiftScaleSubtractVector(x: v128, half: v128, a: v128, factor: v128, b: v128): v128 {
  return f32x4.sub(f32x4.mul(f32x4.sub(f32x4.mul(x, half), a), factor), b);
}

/** Writes `value` to `size` floats from `out` on, `stride` bytes apart. */
export function fill(out: usize, stride: usize, size: i32, value: f32): void {
  for (; size > 0; size--, out += stride) store<f32>(out, value);
}

// @ts-expect-error: decorator
@inline
function isFinite(max: f32): bool {
  return abs<f32>(max) < Infinity;
}

/** Tells whether one of `size` floats, `stride` bytes apart, is NaN. */
export function hasNaN(x: usize, stride: usize, size: i32): bool {
  for (; size > 0; size--, x += stride) if (isNaN(load<f32>(x))) return true;
  return false;
}

/**
 * Sums the terms of the vectors from `x` to `end` at SINGLE_ROW_LANE_SUMS and, with `storesTerms`, writes them to `out`. The
 * block at `replaced` is read at TAIL_BUFFER; see `sumExp`.
 */
// @ts-expect-error: decorator
@inline
function rowExp(storesTerms: bool, x: usize, out: usize, end: usize, replaced: usize, n: v128): void {
  if (storesTerms) rowStoreExp(x, out, end, replaced, n, SINGLE_ROW_LANE_SUMS);
  else sumExpOf(x, end, 16, replaced, n, SINGLE_ROW_LANE_SUMS);
}

/** Returns the sum that the last call of `rowExp` stored. */
// @ts-expect-error: decorator
@inline
function rowExpSum(): f64 {
  return sumLanes(f64x2.add(v128.load(SINGLE_ROW_LANE_SUMS), v128.load(SINGLE_ROW_LANE_SUMS, 16)));
}

/**
 * Copies the 64 bytes that contain the maximum of a row to TAIL_BUFFER, replaces the maximum there by −∞, and returns the
 * address of the original bytes. The row is not changed, because other threads may be reading it.
 */
// @ts-expect-error: decorator
@inline
function copyBlockOfMax(x: usize, maxAddress: usize): usize {
  const offset = (maxAddress - x) & 63;
  const block = maxAddress - offset;
  for (let i: usize = 0; i < 64; i += 16) v128.store(TAIL_BUFFER + i, v128.load(block + i));
  store<f32>(TAIL_BUFFER + offset, -Infinity);
  return block;
}

/**
 * Returns the sum of the terms of x − shift. 128 floats at a time pass through TAIL_BUFFER. The last vector is padded with −∞.
 * If the address of the maximum is given, −∞ replaces it. With `storesTerms` the terms are written to `out`.
 */
function tailExpSum(
  storesTerms: bool, x: usize, out: usize, size: i32, shift: f32, maxAddress: usize, n: v128,
): f64 {
  let sum: f64 = 0;
  for (let left = size; left > 0; left -= 128, x += 512, out += 512) {
    const count = min(left, 128);
    const bytes = <usize>count << 2;
    const end = TAIL_BUFFER + (<usize>((count + 3) >> 2) << 4);
    v128.store(end - 16, f32x4.splat(-Infinity));
    shiftScaleSubtract(x, TAIL_BUFFER, count, shift, 0, 1);
    if (maxAddress - x < bytes) store<f32>(TAIL_BUFFER + (maxAddress - x), -Infinity);
    rowExp(storesTerms, TAIL_BUFFER, TAIL_BUFFER, end, 0, n);
    sum += rowExpSum();
    if (storesTerms) memory.copy(out, TAIL_BUFFER, bytes);
  }
  return sum;
}

/**
 * Returns the sum of the terms of a row, or of a piece of a row, given the maximum of the whole row.
 *
 * With `excludesMax`, which requires that the last call of `rowMax` found the maximum in this piece, the sum
 * leaves out one element equal to the maximum. Its term is stored as 0, and its offset from `x` in bytes at
 * ARGMAX_OFFSET. The terms are written to `out` if the operation needs them (`storesExponentials`).
 *
 * If the maximum is not finite, no term has a meaning. The result is then NaN if the piece contains NaN, else 0.
 */
export function sumExpMinusMax(x: usize, out: usize, size: i32, max: f32, excludesMax: bool): f64 {
  if (!isFinite(max)) return hasNaN(x, 4, size) ? NaN : 0;
  const storesTerms = storesExponentials(out != 0);
  const maxVector = f32x4.splat(max);
  const shift = shiftOf(maxVector);
  const n = exponentOf(f32x4.sub(maxVector, shift));
  const vectorSize = v128.any_true(shift) ? 0 : size & ~3;
  const bytes = <usize>vectorSize << 2;
  const maxAddress = excludesMax ? addressOf(load<usize>(MAX_SEARCH_START), x + (<usize>size << 2), max) : 0;
  const replaced = excludesMax ? copyBlockOfMax(x, maxAddress) : 0;
  rowExp(storesTerms, x, out, x + bytes, replaced, n);
  const vectorSum = rowExpSum();
  const tailShift = f32x4.extract_lane(shift, 0);
  const tailSum = tailExpSum(storesTerms, x + bytes, out + bytes, size - vectorSize, tailShift, maxAddress, n);
  if (excludesMax) store<usize>(ARGMAX_OFFSET, maxAddress - x);
  return vectorSum + tailSum;
}

/** Returns the target class of a row. It is negative if the row is ignored. */
// @ts-expect-error: decorator
@inline
export function targetOf(row: i32): i32 {
  return isCrossEntropy() ? load<i32>(TARGETS + (<usize>row << 2)) : 0;
}

/**
 * Returns whether a row has no target or no finite maximum. Then stores its value, and fills its output, if there is one.
 */
export function replacesRow(
  out: usize, size: i32, row: i32, max: f32, sumExpExcludingMax: f64, emptyValue: f32,
): bool {
  const value = VALUES + (<usize>row << 3);
  if (targetOf(row) < 0) {
    store<f64>(value, 0);
    if (out != 0) fill(out, 4, size, 0);
    return true;
  }
  if (isFinite(max)) return false;
  const isNumber = !isCrossEntropy() && !isNaN(sumExpExcludingMax);
  store<f64>(value, isNumber ? max : NaN);
  if (out != 0) fill(out, 4, size, isNumber && max < 0 ? emptyValue : NaN);
  return true;
}

/**
 * Stores the value of a row at VALUES, and the factor and the target's gradient of its output at SINGLE_ROW_STATS.
 *
 * @param targetTerm the address of the target's term; 0 if there is no gradient, or the target is in another piece
 */
export function finalizeRow(
  hasOutput: bool, row: i32, max: f32, sumExpExcludingMax: f64, targetLogit: f32, targetTerm: usize,
): void {
  const maxes = f32x4.splat(max);
  // These stores are as wide as the loads in `finalizeRows`. A wider load would wait for the narrower stores.
  v128.store64_lane(SINGLE_ROW_STATS, maxes, 0);
  v128.store64_lane(SINGLE_ROW_STATS, f32x4.splat(targetLogit), 0, TARGET_LOGITS);
  v128.store(SINGLE_ROW_LANE_SUMS, f64x2.splat(sumExpExcludingMax));
  v128.store(SINGLE_ROW_LANE_SUMS, f64x2.splat(0), TIE_COUNTS);
  if (targetTerm != 0) v128.store64_lane(SINGLE_ROW_STATS, v128.load32_splat(targetTerm), 0, TARGET_TERMS);
  const shiftedMax = f32x4.sub(maxes, shiftOf(maxes));
  storeMaxTerms(shiftedMax, exponentOf(shiftedMax), SINGLE_ROW_STATS);
  finalizeRows(hasOutput, SINGLE_ROW_STATS, SINGLE_ROW_STATS + 8, row);
}

/** Writes the term of the maximum, which the last `sumExpMinusMax` has stored as 0, to the terms of the same piece. */
// @ts-expect-error: decorator
@inline
export function storeMaxTerm(terms: usize): void {
  store<f32>(terms + load<usize>(ARGMAX_OFFSET), load<f32>(SINGLE_ROW_STATS, MAX_TERMS));
}

/**
 * Stores the value of a row at VALUES and writes its output to `out`, if that is not 0. Of a row in pieces
 * it writes the piece that starts at element `firstIndex` of the row.
 *
 * @param x the terms if the operation stores them, else the logits
 * @param containsMax whether the maximum is in this piece. Its term is then replaced at ARGMAX_OFFSET.
 * @param row the index of the row in TARGETS, GRAD_SCALES and VALUES
 * @param sumExpExcludingMax the sum of all terms of the row but one of the maximum
 * @param emptyValue the output of a row that is −∞ everywhere
 */
export function storeRowResult(
  x: usize, out: usize, size: i32, firstIndex: i32, containsMax: bool, row: i32, max: f32, sumExpExcludingMax: f64,
  targetLogit: f32, emptyValue: f32,
): void {
  if (replacesRow(out, size, row, max, sumExpExcludingMax, emptyValue)) return;
  const hasOutput = out != 0;
  const targetIndex = targetOf(row) - firstIndex;
  const targetOffset = <usize>targetIndex << 2;
  const containsTarget = isGradient(hasOutput) && <u32>targetIndex < <u32>size;
  finalizeRow(hasOutput, row, max, sumExpExcludingMax, targetLogit, containsTarget ? x + targetOffset : 0);
  if (storesExponentials(hasOutput)) {
    if (containsMax) storeMaxTerm(x);
    scale(x, out, size, load<f32>(SINGLE_ROW_STATS, SCALE_FACTORS));
  }
  if (containsTarget) store<f32>(out + targetOffset, load<f32>(SINGLE_ROW_STATS, TARGET_GRADIENTS));
  if (isLogSoftmax(hasOutput)) {
    const factor = loadConstant(INVERSE_TEMPERATURE, activeConstants());
    shiftScaleSubtract(x, out, size, max, load<f32>(SINGLE_ROW_STATS, LOG_SUMS), factor);
  }
}

/** Computes one row. `row` is its index in TARGETS, GRAD_SCALES and VALUES. */
export function contiguousRow(x: usize, out: usize, size: i32, row: i32, emptyValue: f32): void {
  const target = targetOf(row);
  if (isCrossEntropy() && <u32>target >= <u32>size) {
    // Ignored, or out of bounds since the arguments were checked: then it has the results of a NaN.
    storeRowResult(x, out, size, 0, false, row, NaN, 0, 0, emptyValue);
    return;
  }
  const targetLogit = load<f32>(x + (<usize>target << 2));
  const max = rowMax(x, size);
  const sum = sumExpMinusMax(x, out, size, max, true);
  const source = storesExponentials(out != 0) ? out : x;
  storeRowResult(source, out, size, 0, true, row, max, sum, targetLogit, emptyValue);
}

/** Computes `rows` successive rows of `size` floats. `out` may equal `x`; it is 0 if there is no output. */
export function contiguousRows(x: usize, out: usize, rows: i32, size: i32, emptyValue: f32): void {
  const bytes = <usize>size << 2;
  const outStride = out == 0 ? 0 : bytes;
  for (let r = 0; r < rows; r++, x += bytes, out += outStride) contiguousRow(x, out, size, r, emptyValue);
}
