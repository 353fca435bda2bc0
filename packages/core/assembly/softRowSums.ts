// The sums of the coefficients of a contiguous row, or of one in pieces.
import { sumLanes } from "./arithmetic";
import { addExactVectors, addFastVectors } from "./coefficientSums";
import {
  coefficientAt, hasCoefficients, loadTail, TAIL_Q, TAIL_WEIGHTS, weights, weightStride, ZEROS,
} from "./coefficients";
import { SINGLE_ROW_STATS, TAIL_BUFFER } from "./memory";
import {
  areSumsFinite, clearSums, HAS_COEFFICIENTS, MASSES, OTHER_MASSES, softSumsOf, SUMS_BYTES, WEIGHTED_SUMS,
} from "./softStats";

/** Starts the sums of the coefficients of a contiguous row. */
export function clearCoefficients(): void {
  clearSums(SINGLE_ROW_STATS);
}

/** Adds the coefficients of the last, incomplete vector of a contiguous row. */
function addTail(x: usize, q: usize, size: i32, max: v128): void {
  if ((size & 3) == 0) return;
  loadTail(x, q, size & ~3, <usize>(size & 3) << 2);
  addExactVectors(TAIL_BUFFER, TAIL_Q, TAIL_WEIGHTS, 1, 0, 0, max);
}

/** Returns Σ c · (max − x) of a contiguous row, or of a piece of one, in float64. */
function weightedSumInFloat64(x: usize, q: usize, size: i32, max: f32): f64 {
  let sum: f64 = 0;
  for (let bytes: usize = 0, end = <usize>size << 2; bytes < end; bytes += 4) {
    const c = coefficientAt(q, bytes);
    if (c != 0) sum += <f64>c * (<f64>max - <f64>load<f32>(x + bytes));
  }
  return sum;
}

/**
 * Adds the coefficients of a contiguous row, or of a piece of one, given the maximum of the whole row. Differences
 * from the maximum that leave float32's range are added in float64.
 */
export function addCoefficients(x: usize, q: usize, size: i32, max: f32): void {
  if (!hasCoefficients) return;
  const sums = softSumsOf(SINGLE_ROW_STATS) + WEIGHTED_SUMS;
  const low = v128.load(sums);
  const high = v128.load(sums, 16);
  addVectorsAndTail(x, q, size, max);
  if (areSumsFinite(SINGLE_ROW_STATS)) return;
  const sum = weightedSumInFloat64(x, q, size, max);
  v128.store(sums, f64x2.add(low, f64x2.replace_lane(f64x2.splat(0), 0, sum)));
  v128.store(sums, high, 16);
}

function addVectorsAndTail(x: usize, q: usize, size: i32, max: f32): void {
  const maxVector = f32x4.splat(max);
  addExactVectors(x, q == 0 ? ZEROS : q, weights, size >> 2, q == 0 ? 0 : 16, weightStride(16), maxVector);
  addTail(x, q, size, maxVector);
}

/** Adds up the lane-wise sums of the coefficients of a contiguous row. Doing so again changes nothing. */
export function collapseSums(): void {
  for (let sums = softSumsOf(SINGLE_ROW_STATS), end = sums + OTHER_MASSES; sums <= end; sums += SUMS_BYTES) {
    const sum = sumLanes(f64x2.add(v128.load(sums), v128.load(sums, 16)));
    v128.store(sums, f64x2.replace_lane(f64x2.splat(0), 0, sum));
    v128.store(sums, f64x2.splat(0), 16);
  }
}

/**
 * Sums the coefficients of a contiguous row: fast where the sums are numbers, else exactly. OTHER_MASSES is left 0:
 * it is only needed where one class dominates, see `addOtherMass`.
 *
 * @param isMasked whether masked classes of coefficient 0 are known: they would make the fast sum NaN
 */
export function sumCoefficients(x: usize, q: usize, size: i32, max: f32, isMasked: bool): void {
  clearCoefficients();
  if (!hasCoefficients) return;
  if (isMasked || !addFast(x, q, size, max)) {
    clearCoefficients();
    addCoefficients(x, q, size, max);
    collapseSums();
  }
  v128.store(softSumsOf(SINGLE_ROW_STATS) + OTHER_MASSES, f64x2.splat(0));
}

/** Adds the coefficients of a contiguous row. Returns whether the sums are numbers. */
function addFast(x: usize, q: usize, size: i32, max: f32): bool {
  const stats = SINGLE_ROW_STATS;
  const maxVector = f32x4.splat(max);
  addFastVectors(x, q, size >> 2, maxVector);
  addTail(x, q, size, maxVector);
  collapseSums();
  v128.store(stats + HAS_COEFFICIENTS, f32x4.splat(1));
  const sums = softSumsOf(stats);
  return load<f64>(sums + MASSES) != 0 && abs<f64>(load<f64>(sums + WEIGHTED_SUMS)) < Infinity;
}
