// Where things lie in the kernels' memory; src/kernels/instance.ts knows the same, and
// scripts/buildKernels.mjs where the constants lie: from 0x400, 0x500, 0x600 and 0xe00 on.

/** Room for part of a row: 128 floats. */
export const PAD: usize = 0x800;

/** Where a row's maximum is, or a bit before; then how far from where the row begins. */
export const PLACE: usize = 0xa00;

/** The like of PLAIN for another temperature; modules that have one share it. */
export const TEMPERED: usize = 0xa10;

/**
 * What is noted of up to sixteen rows, and behind them of one by itself: first their maxima, for `LONE` in
 * the place of a seventeenth row.
 */
export const NOTES: usize = 0xa80;
/** Further floats. */
export const LOGITS: usize = 80;
export const LOGS: usize = 160;
export const FACTORS: usize = 240;
export const TERMS: usize = 320;
export const SLOPES: usize = 400;
export const OWN: usize = 480;
/** Doubles: the others' terms, and from there on how often else the maximum stands in the row. */
export const ADDED: usize = 560;
export const COUNTS: usize = 160;
export const LONE: usize = NOTES + 64;
/** Of the row by itself, lane by lane. */
export const SUMS: usize = NOTES + ADDED + 128;

/** Where the doubles of a place among the notes lie. */
// @ts-expect-error: decorator
@inline
export function doublesOf(notes: usize): usize {
  return NOTES + ADDED + ((notes - NOTES) << 1);
}

/** Per row: a class index, a scale, and a value that comes out. */
export const INDEX: usize = 0x1000;
export const SCALES: usize = 0x5000;
export const VALUES: usize = 0xd000;

/** Room for one short row: 1024 floats. */
export const ROW: usize = 0x15000;

/** Sixteen rows side by side, at most 1024 floats each; a line holds the same element of each. */
export const TILE: usize = 0x16000;
export const LINE: usize = 64;
