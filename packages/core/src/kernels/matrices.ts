import type { Matrix } from "./interface.ts";

/** Returns the numbers from one row of a matrix to the next. */
export function strideOf({ columns, stride = columns }: Matrix): number {
  return stride;
}

/** The most numbers of B that one partial sum is made of; its rows are a multiple of those that kernels add at once. */
const partialSumLength = 1 << 18;
const partialSumRows = 128;

/** Products of fewer rows than this many multiples have fewer partial sums. */
const minPartialSums = 8;

/**
 * Returns how many of `rows` rows of B make one partial sum of A · B, which are added to C in their order. Several
 * threads then have the same sums as one. A row has `columns` numbers.
 */
export function rowsOfPartialSum(rows: number, columns: number): number {
  const most = Math.min(partialSumLength / columns, rows / minPartialSums);
  return partialSumRows * Math.max(1, Math.floor(most / partialSumRows));
}
