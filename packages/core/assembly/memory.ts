// The memory of the kernels: byte addresses, and byte offsets where that is said. The addresses come from
// scripts/memoryMap.mjs, which has the map of the whole memory and checks that no regions overlap.
import {
  argmaxAddress, gradScalesAddress, probabilityRowAddress, probabilityTileAddress, rowStatsAddress, scaledConstantsAddress,
  softRowAddress, softStatsAddress, softStatsFloatArrays, statsFloatArrays, statsLength, tailBufferAddress,
  targetCoefficientsAddress, targetsAddress, tileAddress, tileRows, valuesAddress,
} from "../src/generated/memoryMap";

/**
 * Is added to the addresses of the map, so that each thread has its own regions in a shared memory. Constants never change. They
 * stay at the addresses of the map.
 */
// @ts-expect-error: decorator
@external("env", "base")
declare const BASE: usize;

/** A buffer of 128 floats for the part of a row that does not fill vectors or must be shifted. */
export const TAIL_BUFFER: usize = BASE + tailBufferAddress;

/** The address from which to search for the last row's maximum, less than 512 bytes before it. `rowMax` writes it. */
export const MAX_SEARCH_START: usize = BASE + argmaxAddress;

/** The byte offset of the maximum in its row or piece. `sumExpMinusMax` writes it over MAX_SEARCH_START. */
export const ARGMAX_OFFSET: usize = MAX_SEARCH_START;

/** The float32 constants of the exponential at a temperature other than 1. Modules share them. */
export const SCALED_CONSTANTS: usize = BASE + scaledConstantsAddress;

/**
 * Statistics of the rows that are being computed: arrays of `statsLength` floats, then arrays of as many
 * doubles. Elements 0 to 15 belong to the interleaved rows of the tile, element 16 to a contiguous row. The
 * first array holds the maxima. A maximum of NaN marks a row that is replaced by a constant.
 */
export const ROW_STATS: usize = BASE + rowStatsAddress;
/** The size of a float array in bytes. */
const STATS_BYTES: usize = 4 * statsLength;

// Byte offsets of the arrays that follow.
/** The logits of the target classes. */
export const TARGET_LOGITS: usize = STATS_BYTES;
/** log(1 + S), where S is the sum of exp(x − max) without the maximum's own 1. */
export const LOG_SUMS: usize = 2 * STATS_BYTES;
/** The factors that turn terms into outputs: 1 / Σ terms, or gradScale / Σ terms. */
export const SCALE_FACTORS: usize = 3 * STATS_BYTES;
/** The terms of the target classes. */
export const TARGET_TERMS: usize = 4 * STATS_BYTES;
/** The gradients at the target classes. */
export const TARGET_GRADIENTS: usize = 5 * STATS_BYTES;
/** The terms of the maxima themselves. */
export const MAX_TERMS: usize = 6 * STATS_BYTES;
/** The constants that replace the values and the outputs of rows whose maximum is NaN. */
export const REPLACEMENTS: usize = 7 * STATS_BYTES;
/** Doubles: the sums of all terms but one that belongs to the maximum. */
export const TERM_SUMS: usize = <usize>statsFloatArrays * STATS_BYTES;
/** Doubles: the numbers of further elements that equal the maximum. The offset is relative to TERM_SUMS. */
export const TIE_COUNTS: usize = 2 * STATS_BYTES;
/** Doubles: MAX_TERMS before they are rounded. The offset is relative to TERM_SUMS. */
export const EXACT_MAX_TERMS: usize = 4 * STATS_BYTES;

/** The statistics of a contiguous row: element 16 of each array. */
export const SINGLE_ROW_STATS: usize = ROW_STATS + 4 * tileRows;
/** Four doubles: the lane-wise term sums of a contiguous row. */
export const SINGLE_ROW_LANE_SUMS: usize = ROW_STATS + TERM_SUMS + 8 * tileRows;

/** Returns the address of a row's double in TERM_SUMS, given the address of its maximum in ROW_STATS. */
// @ts-expect-error: decorator
@inline
export function termSumsOf(stats: usize): usize {
  return ROW_STATS + TERM_SUMS + ((stats - ROW_STATS) << 1);
}

/** Returns the address in ROW_STATS behind the maxima of `rows` rows, rounded up to a multiple of four. */
// @ts-expect-error: decorator
@inline
export function statsEnd(rows: i32): usize {
  return ROW_STATS + (<usize>(rows + 3) >> 2 << 4);
}

/** Target classes (i32, per row). A negative one means that the row is ignored. The targets of replaced rows become 0. */
export const TARGETS: usize = BASE + targetsAddress;
/** Upstream gradients, by which the gradients of the rows are multiplied (f64, per row). */
export const GRAD_SCALES: usize = BASE + gradScalesAddress;
/** Results: cross-entropy or logSumExp (f64, per row). */
export const VALUES: usize = BASE + valuesAddress;

/**
 * Sixteen interleaved rows of at most maxTileRowLength floats. Element j of row r is at
 * TILE + j · TILE_STRIDE + 4 · r.
 */
export const TILE: usize = BASE + tileAddress;
/** The distance in bytes between successive elements of a row in the tile. */
export const TILE_STRIDE: usize = 4 * tileRows;

/** A buffer for one row of at most maxTileRowLength floats, and one for its class probabilities. */
export const ROW_BUFFER: usize = BASE + softRowAddress;
export const PROBABILITY_ROW: usize = BASE + probabilityRowAddress;
/** The class probabilities of the rows in the tile. */
export const PROBABILITY_TILE: usize = BASE + probabilityTileAddress;

/** The further coefficients of the target classes (f64, per row). */
export const TARGET_COEFFICIENTS: usize = BASE + targetCoefficientsAddress;
/** The byte offset from ROW_STATS of the statistics that only soft targets have. `softStats.ts` names them. */
export const SOFT_STATS_OFFSET: usize = softStatsAddress - rowStatsAddress;
/** The doubles among these statistics, after the arrays of floats. */
export const SOFT_SUMS: usize = BASE + softStatsAddress + softStatsFloatArrays * STATS_BYTES;
