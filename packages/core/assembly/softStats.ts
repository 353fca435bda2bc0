// The statistics that only rows of soft targets have, beside those of `memory.ts`.
import { ROW_STATS, SOFT_STATS_OFFSET, SOFT_SUMS } from "./memory";
import { statsLength } from "../src/generated/memoryMap";

export const STATS_BYTES: usize = 4 * statsLength;

// The floats, as offsets from a row's maximum in ROW_STATS.
/** The factors that turn coefficients into their part of the gradient: −gradScale. */
export const COEFFICIENT_FACTORS: usize = SOFT_STATS_OFFSET;
/** Terms above this are the maximum's, and get the argmax gradient. It is ∞ unless one class dominates. */
export const MAX_THRESHOLDS: usize = COEFFICIENT_FACTORS + STATS_BYTES;
export const ARGMAX_GRADIENTS: usize = COEFFICIENT_FACTORS + 2 * STATS_BYTES;
/** Not 0 where a coefficient of the row may differ from 0. */
export const HAS_COEFFICIENTS: usize = COEFFICIENT_FACTORS + 3 * STATS_BYTES;
/** All bits are set where a row is ignored. */
export const IS_IGNORED: usize = COEFFICIENT_FACTORS + 4 * STATS_BYTES;

export const SUMS_BYTES: usize = 8 * statsLength;

// Offsets of the doubles from those at `softSumsOf`.
/** Σ c · (max − x). */
export const WEIGHTED_SUMS: usize = 0;
export const MASSES: usize = SUMS_BYTES;
/** Σ c over the classes whose logit is less than the maximum. */
export const OTHER_MASSES: usize = 2 * SUMS_BYTES;
/** SCALE_FACTORS before they are rounded. */
export const EXACT_FACTORS: usize = 3 * SUMS_BYTES;
/** ARGMAX_GRADIENTS before they are rounded. */
export const ARGMAX_PARTS: usize = 4 * SUMS_BYTES;

/** Returns the address of the doubles of a row, given the address of its maximum in ROW_STATS. */
// @ts-expect-error: decorator
@inline
export function softSumsOf(stats: usize): usize {
  return SOFT_SUMS + ((stats - ROW_STATS) << 1);
}

/** Sets the sums of coefficients of four rows, or of the lanes of a contiguous row, to 0. */
export function clearSums(stats: usize): void {
  const sums = softSumsOf(stats);
  const zero = f64x2.splat(0);
  for (let i: usize = 0; i <= OTHER_MASSES; i += SUMS_BYTES) {
    v128.store(sums + i, zero);
    v128.store(sums + i, zero, 16);
  }
  v128.store(stats + HAS_COEFFICIENTS, zero);
}

/** Returns whether the weighted sums of four rows, or of the lanes of a contiguous row, are finite. */
export function areSumsFinite(stats: usize): bool {
  const sums = softSumsOf(stats) + WEIGHTED_SUMS;
  const infinity = f64x2.splat(Infinity);
  const low = f64x2.lt(f64x2.abs(v128.load(sums)), infinity);
  const high = f64x2.lt(f64x2.abs(v128.load(sums, 16)), infinity);
  return i64x2.all_true(v128.and(low, high));
}
