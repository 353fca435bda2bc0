// The memory map of the kernels. All values are byte addresses, or byte offsets where that is said.
// src/kernels/instance.ts has the same addresses. scripts/buildKernels.mjs places the constants of the
// modules from 0x400, 0x500, 0x600 and 0xe00 on.

/** A buffer of 128 floats for the part of a row that does not fill vectors or must be shifted. */
export const TAIL_BUFFER: usize = 0x800;

/** Where to start looking for the last row's maximum: an address, at most 512 bytes before it. `rowMax` writes it. */
export const MAX_SEARCH_START: usize = 0xa00;

/** The offset of the maximum from the start of the row or piece. `sumExpMinusMax` writes it over MAX_SEARCH_START. */
export const ARGMAX_OFFSET: usize = MAX_SEARCH_START;

/** The float32 constants of the exponential at a temperature other than 1. Modules share them. */
export const SCALED_CONSTANTS: usize = 0xa10;

/**
 * Statistics of the rows that are being computed: arrays of 20 floats, then arrays of 20 doubles. Elements
 * 0 to 15 belong to the interleaved rows of the tile, element 16 to a contiguous row. The first array holds
 * the maxima; a row whose maximum is NaN has been finalized already.
 */
export const ROW_STATS: usize = 0xa80;
// Offsets of the further float arrays.
export const TARGET_LOGITS: usize = 80;
/** log(1 + S), where S is the sum of exp(x − max) without the maximum's own 1. */
export const LOG_SUMS: usize = 160;
/** The factors that turn terms into outputs. */
export const SCALE_FACTORS: usize = 240;
export const TARGET_TERMS: usize = 320;
/** The gradient at the target class. */
export const TARGET_GRADIENTS: usize = 400;
/** The term of the maximum itself. */
export const MAX_TERMS: usize = 480;
/** The offset of the doubles that hold the sum of all terms but one of the maximum. */
export const TERM_SUMS: usize = 560;
/** From a double of TERM_SUMS, the offset of the count of further elements that equal the maximum. */
export const TIE_COUNTS: usize = 160;

/** The statistics of a contiguous row: element 16 of each array. */
export const SINGLE_ROW_STATS: usize = ROW_STATS + 64;
/** Four doubles: the lane-wise term sums of a contiguous row. */
export const SINGLE_ROW_SUMS: usize = ROW_STATS + TERM_SUMS + 128;

/** Returns the address of the doubles of a row, given the address of its maximum in ROW_STATS. */
// @ts-expect-error: decorator
@inline
export function termSumsOf(stats: usize): usize {
  return ROW_STATS + TERM_SUMS + ((stats - ROW_STATS) << 1);
}

/** Target classes (i32, per row). A negative one means that the row is ignored. */
export const TARGETS: usize = 0x1000;
/** The factors of the gradients (f64, per row). */
export const GRAD_SCALES: usize = 0x5000;
/** The results: the losses or logSumExp (f64, per row). */
export const VALUES: usize = 0xd000;

/** A buffer for one row of at most 1024 floats. */
export const ROW_BUFFER: usize = 0x15000;

/** Sixteen interleaved rows of at most 1024 floats: element j of row r is at TILE + j · TILE_STRIDE + 4 r. */
export const TILE: usize = 0x16000;
/** The bytes between successive elements of a row in the tile. */
export const TILE_STRIDE: usize = 64;
