// Where things lie in the kernels' memory; src/kernels/instance.ts knows the same, and
// scripts/buildKernels.mjs where the constants lie: from 0x400, 0x600 and 0xe00 on.

/** Room for part of a row: 128 floats. */
export const PAD: usize = 0x800;

/** What is noted of four rows at a time, of up to four times four. */
export const NOTES: usize = 0xb00;
export const NOTE: usize = 176;
/** In a note, behind the maxima: */
export const LOGITS: usize = 16;
export const ADDED: usize = 32;
export const TOTALS: usize = 80;
export const LOGS: usize = 112;
export const FACTORS: usize = 144;
export const SLOPES: usize = 160;

/** The lanes' sums over a row: two pairs of doubles. */
export const SUMS: usize = 0xa00;

/** Where a row's maximum is, or a bit before. */
export const PLACE: usize = 0xa80;

/** Per row: a class index, a scale, and a value that comes out. */
export const INDEX: usize = 0x1000;
export const SCALES: usize = 0x5000;
export const VALUES: usize = 0xd000;

/** Room for one short row: 1024 floats. */
export const ROW: usize = 0x15000;

/** Sixteen rows side by side, at most 1024 floats each; a line holds the same element of each. */
export const TILE: usize = 0x16000;
export const LINE: usize = 64;
