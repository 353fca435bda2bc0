import type { KernelArray } from "../types.ts";

/** A row-major matrix of `rows` × `columns` numbers. */
export interface Matrix {
  readonly data: KernelArray;
  readonly rows: number;
  readonly columns: number;
  /** The numbers from the start of a row to the start of the next; by default `columns`, without gaps. */
  readonly stride?: number | undefined;
}

/** The factor of a product that is stored transposed, if one is. */
export type TransposedFactor = "a" | "b" | undefined;

/** Returns the numbers from one row of a matrix to the next. */
export function strideOf({ columns, stride = columns }: Matrix): number {
  return stride;
}

/** The most numbers of B in one partial sum. Its rows are a multiple of those that kernels add at once. */
const partialSumLength = 1 << 18;
const partialSumRows = 128;

/** A product has at least so many partial sums, unless B has fewer multiples of rows. */
const minPartialSums = 8;

/**
 * Returns how many rows of B make one partial sum of A · B. The partial sums are added to C in their order, so that
 * several threads give the same bits as one.
 *
 * @param rows the rows of B.
 * @param columns the columns of B.
 */
export function rowsOfPartialSum(rows: number, columns: number): number {
  const most = Math.min(partialSumLength / columns, rows / minPartialSums);
  return partialSumRows * Math.max(1, Math.floor(most / partialSumRows));
}
