// Soft targets of contiguous rows, one by one.
//
// All functions take the same three addresses: `x`, the logits; `q`, the class probabilities, or 0 if there are
// none; and `out`, the gradient, or 0 if there is none. `out` may equal `x`.
import { hasCoefficients, offset, scale, uniformCoefficient, weights, weightStride } from "./coefficients";
import { rowMax, sumExpMinusMax, targetOf } from "./contiguousRows";
import { exponentOf, shiftOf, storeMaxTerms } from "./epilogue";
import {
  ARGMAX_OFFSET, GRAD_SCALES, MAX_TERMS, SCALE_FACTORS, SINGLE_ROW_STATS, TARGET_COEFFICIENTS, TARGET_LOGITS, termSumsOf,
  TIE_COUNTS, VALUES,
} from "./memory";
import { finalizeFour, targetGradient } from "./softEpilogue";
import { scaleContiguous, scaleInFloat64 } from "./softGradient";
import { addCoefficients, clearCoefficients, collapseSums, sumCoefficients } from "./softRowSums";
import {
  ARGMAX_GRADIENTS, ARGMAX_PARTS, COEFFICIENT_FACTORS, EXACT_FACTORS, HAS_COEFFICIENTS, MASSES, MAX_THRESHOLDS,
  OTHER_MASSES, softSumsOf, STATS_BYTES,
} from "./softStats";
import { spreadContiguous, Spreading, spreading } from "./spreadCoefficients";

/** Factors of terms from the first to the second are normal floats, and so are their products with terms that matter. */
const LEAST_FACTOR: f64 = 1.1754943508222875e-38;
const MOST_FACTOR: f64 = 1.329227995784916e36;

/**
 * Completes the argmax gradient of a contiguous row, which `sumCoefficients` has left without OTHER_MASSES. It is
 * computed from the terms at `x`, where that of the maximum is stored at ARGMAX_OFFSET.
 */
function addOtherMass(x: usize, q: usize, size: i32, row: i32): void {
  const stats = SINGLE_ROW_STATS;
  const sums = softSumsOf(stats);
  const threshold = load<f32>(stats + MAX_THRESHOLDS);
  if (threshold == Infinity || !hasCoefficients) return;
  const argmax = load<usize>(ARGMAX_OFFSET);
  store<f32>(x + argmax, load<f32>(stats, MAX_TERMS));
  const probability: f32 = q == 0 ? 0 : load<f32>(q + argmax);
  const c = <f64>(probability * scale + offset) * <f64>load<f32>(weights + weightStride(argmax));
  let otherMass = load<f64>(sums + MASSES) - c;
  if (otherMass < c) {
    clearCoefficients();
    addCoefficients(x, q, size, threshold);
    collapseSums();
    otherMass = load<f64>(sums + OTHER_MASSES);
  }
  const gradScale = load<f64>(GRAD_SCALES + (<usize>row << 3));
  const gradient = load<f64>(sums + ARGMAX_PARTS) + gradScale * otherMass;
  v128.store(stats + ARGMAX_GRADIENTS, f32x4.splat(<f32>gradient));
}

/** The states of a contiguous row after `finalizeSoftRow`: its gradient is computed, is 0, or is NaN. */
enum RowState {
  REGULAR,
  ZERO,
  NOT_A_NUMBER,
}

/**
 * Stores the value of a contiguous row at VALUES and the factors of its gradient in its statistics.
 *
 * @param row the index of the row in TARGETS and in the other arrays of rows
 * @param sumExpExcludingMax the sum of all terms of the row but one of the maximum
 * @returns the state of the row
 */
export function finalizeSoftRow(row: i32, max: f32, sumExpExcludingMax: f64, targetLogit: f32): RowState {
  const bytes = <usize>row << 3;
  const isUsed = v128.any_true(v128.load(SINGLE_ROW_STATS + HAS_COEFFICIENTS));
  if (targetOf(row) < 0 || !(isUsed || load<f64>(TARGET_COEFFICIENTS + bytes) != 0)) {
    store<f64>(VALUES + bytes, 0);
    return RowState.ZERO;
  }
  if (!(abs<f32>(max) < Infinity)) {
    store<f64>(VALUES + bytes, NaN);
    return RowState.NOT_A_NUMBER;
  }
  const stats = SINGLE_ROW_STATS;
  const maxVector = f32x4.splat(max);
  v128.store(stats, maxVector);
  v128.store(stats, f32x4.splat(targetLogit), TARGET_LOGITS);
  v128.store(termSumsOf(stats), f64x2.splat(sumExpExcludingMax));
  v128.store(termSumsOf(stats), f64x2.splat(0), TIE_COUNTS);
  collapseSums();
  const shiftedMax = f32x4.sub(maxVector, shiftOf(maxVector));
  storeMaxTerms(shiftedMax, exponentOf(shiftedMax), stats);
  finalizeFour(true, stats, row);
  v128.store(stats, v128.load32_splat(stats, SCALE_FACTORS), SCALE_FACTORS);
  for (let i = COEFFICIENT_FACTORS; i <= ARGMAX_GRADIENTS; i += STATS_BYTES) {
    v128.store(stats + i, v128.load32_splat(stats + i));
  }
  return RowState.REGULAR;
}

/**
 * Replaces the terms at `out` by the gradient of a contiguous row, or of the piece of one that starts at element
 * `firstIndex` of the row.
 *
 * @param containsMax whether the maximum is in this piece: at ARGMAX_OFFSET, where its term is stored as 0
 */
export function storeSoftGradient(
  out: usize, q: usize, size: i32, firstIndex: i32, containsMax: bool, row: i32, state: RowState,
): void {
  if (state != RowState.REGULAR) {
    const value: f32 = state == RowState.ZERO ? 0 : NaN;
    for (let i: usize = 0; i < <usize>size; i++) store<f32>(out + (i << 2), value);
    return;
  }
  const stats = SINGLE_ROW_STATS;
  const argmax = out + load<usize>(ARGMAX_OFFSET);
  if (containsMax) store<f32>(argmax, load<f32>(stats, MAX_TERMS));
  const index = targetOf(row) - firstIndex;
  const hasTarget = <u32>index < <u32>size && load<f64>(TARGET_COEFFICIENTS + (<usize>row << 3)) != 0;
  const target = out + (<usize>index << 2);
  const gradient: f32 = hasTarget ? targetGradient(load<f32>(target), uniformCoefficient(index), stats, row) : 0;
  const factor = load<f64>(softSumsOf(stats) + EXACT_FACTORS);
  if (factor == 0 || (abs<f64>(factor) >= LEAST_FACTOR && abs<f64>(factor) <= MOST_FACTOR)) scaleContiguous(out, q, size);
  else scaleInFloat64(out, q, size, factor, load<f64>(GRAD_SCALES + (<usize>row << 3)));
  if (hasTarget) store<f32>(target, gradient);
  if (containsMax && load<f32>(stats + MAX_THRESHOLDS) < Infinity) {
    store<f32>(argmax, load<f32>(stats + ARGMAX_GRADIENTS));
  }
}

/** Computes a row. `isMasked` tells that it has masked classes of coefficient 0. */
export function contiguousSoftRow(x: usize, q: usize, out: usize, size: i32, row: i32, isMasked: bool): void {
  const target = targetOf(row);
  const targetLogit = load<f32>(target < 0 ? x : x + (<usize>target << 2));
  const max = rowMax(x, size);
  sumCoefficients(x, q, size, max, isMasked);
  const sum = sumExpMinusMax(x, out, size, max, true);
  const state = finalizeSoftRow(row, max, sum, targetLogit);
  if (out == 0) return;
  if (state == RowState.REGULAR) addOtherMass(out, q, size, row);
  storeSoftGradient(out, q, size, 0, true, row, state);
}

/** Computes `rows` successive rows of `size` floats. */
export function contiguousSoftRows(x: usize, q: usize, out: usize, rows: i32, size: i32): void {
  const bytes = <usize>size << 2;
  const qBytes = q == 0 ? 0 : bytes;
  const outBytes = out == 0 ? 0 : bytes;
  for (let r = 0; r < rows; r++, x += bytes, q += qBytes, out += outBytes) {
    const isMasked = spreading != Spreading.NONE && spreadContiguous(x, q, size, r);
    contiguousSoftRow(x, q, out, size, r, isMasked);
  }
}
