import { type Layout, rowOffset } from "../arrays/layout.ts";
import type { KernelArray } from "../types.ts";
import { maxColumnLength, minColumns, shortRowLength } from "./limits.ts";

/** Whether the rows are columns of a matrix that are computed side by side. */
export function isColumnwise({ size, inner }: Layout): boolean {
  return inner > 1 && size <= maxColumnLength && (inner % 4 === 0 || inner >= minColumns);
}

/** Rows that are computed at once: whole slabs of shape [size, inner], or some columns of one slab. */
export interface RowBlock {
  readonly slabs: number;
  readonly columns: number;
  /** The number of the first row. */
  readonly firstRow: number;
  /** The index of the first element in the array. */
  readonly offset: number;
}

/**
 * Cuts slabs into blocks of at most `maxRows` rows. A block is several slabs if the slabs are small, and
 * their columns fill whole vectors or are few. Otherwise it is a part of the columns of one slab.
 */
export function forEachBlock(
  { size, inner }: Layout,
  firstSlab: number,
  endSlab: number,
  maxRows: number,
  visit: (block: RowBlock) => void,
): void {
  const canJoinSlabs = inner % 4 === 0 || inner < minColumns;
  const slabsThatFit = canJoinSlabs ? Math.max(1, Math.floor(maxRows / Math.max(1, inner))) : 1;
  // Kernels compute short rows in fours: a row's neighbours are the same wherever blocks begin.
  const slabsPerBlock = slabsThatFit < 4 ? slabsThatFit : slabsThatFit - (slabsThatFit % 4);
  for (let slab = firstSlab; slab < endSlab; slab += slabsPerBlock) {
    const slabs = Math.min(slabsPerBlock, endSlab - slab);
    for (let column = 0; column < inner; column += maxRows) {
      const columns = Math.min(maxRows, inner - column);
      visit({
        slabs,
        columns,
        firstRow: slab * inner + column,
        offset: slab * size * inner + column,
      });
    }
  }
}

/** The distance between the elements of a staged row: lines of columns begin at whole vectors. */
export function stagedRowStride({ inner }: Layout, { columns }: RowBlock): number {
  return inner === 1 ? 1 : (columns + 3) & ~3;
}

/**
 * Copies a block of an array into a staging buffer, line by line. Zeros fill up the lines of columns,
 * and the rows to a multiple of four: kernels compute them beside the others, whose last bits may
 * depend on them.
 */
export function copyIn(
  array: KernelArray,
  staging: KernelArray,
  layout: Layout,
  block: RowBlock,
): void {
  const { length, count } = linesOf(layout, block);
  const rowStride = stagedRowStride(layout, block);
  for (let i = 0, from = block.offset; i < count; i++, from += layout.inner) {
    staging.set(array.subarray(from, from + length), i * rowStride);
    if (layout.inner > 1) staging.fill(0, i * rowStride + length, (i + 1) * rowStride);
  }
  if (layout.inner === 1) fillUpRows(staging, layout, block);
}

/** Copies a block back from a staging buffer into its array. */
export function copyOut(
  array: KernelArray,
  staging: KernelArray,
  layout: Layout,
  block: RowBlock,
): void {
  const { length, count } = linesOf(layout, block);
  const rowStride = stagedRowStride(layout, block);
  for (let i = 0, to = block.offset; i < count; i++, to += layout.inner) {
    array.set(staging.subarray(i * rowStride, i * rowStride + length), to);
  }
}

/** Writes zeros behind the last row of a block, up to a multiple of four rows, where rows are short. */
function fillUpRows(staging: KernelArray, { size }: Layout, { slabs, columns }: RowBlock): void {
  const rows = slabs * columns;
  const end = (rows + 3) & ~3;
  if (end > rows && size < shortRowLength) staging.fill(0, rows * size, end * size);
}

/** The contiguous lines of a block: one for whole slabs, else one for each element of a row. */
function linesOf(layout: Layout, block: RowBlock): { length: number; count: number } {
  const { size, inner } = layout;
  const { slabs, columns } = block;
  const elements = slabs * size * columns;
  const isContiguous = columns === inner && stagedRowStride(layout, block) === columns;
  const length = isContiguous ? elements : columns;
  return { length, count: length === 0 ? 0 : elements / length };
}

/** Copies rows whose elements are `inner` apart into `packed`, one contiguous row after another. */
export function packRows(
  array: KernelArray,
  packed: KernelArray,
  layout: Layout,
  block: RowBlock,
): void {
  const { size, inner } = layout;
  const { slabs, columns, firstRow } = block;
  for (let r = 0, i = 0; r < slabs * columns; r++) {
    for (let j = 0, from = rowOffset(firstRow + r, layout); j < size; j++, from += inner) {
      packed[i++] = array[from];
    }
  }
  fillUpRows(packed, layout, block);
}

/** Copies packed rows back into their array. */
export function unpackRows(
  array: KernelArray,
  packed: KernelArray,
  layout: Layout,
  { slabs, columns, firstRow }: RowBlock,
): void {
  const { size, inner } = layout;
  for (let r = 0, i = 0; r < slabs * columns; r++) {
    for (let j = 0, to = rowOffset(firstRow + r, layout); j < size; j++, to += inner) {
      array[to] = packed[i++];
    }
  }
}
