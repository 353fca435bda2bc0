import { type Layout, rowOffset } from "../arrays/layout.ts";
import type { KernelArray } from "../types.ts";

/** Of rows whose elements lie apart, these are the longest that run side by side. */
const maxColumnLength = 1024;

/** Fewer columns than these are not copied line by line, unless they fill vectors. */
const minColumns = 64;

/** Whether rows lie apart, and are taken side by side. */
export function isColumnwise({ size, inner }: Layout): boolean {
  return inner > 1 && size <= maxColumnLength && (inner % 4 === 0 || inner >= minColumns);
}

/** Rows that are computed at once: whole slabs of [size, inner], or some columns of one. */
export interface RowBlock {
  readonly slabs: number;
  readonly columns: number;
  /** The number of its first row. */
  readonly firstRow: number;
  /** Where that begins in the array. */
  readonly offset: number;
}

/**
 * Cuts slabs into blocks of at most `most` rows: several slabs where they are small and their
 * columns fill vectors or are few; else a part of the columns of one.
 */
export function forEachBlock(
  { size, inner }: Layout,
  from: number,
  end: number,
  maxRows: number,
  visit: (block: RowBlock) => void,
): void {
  const several = inner % 4 === 0 || inner < minColumns;
  const slabsPerBlock = several ? Math.max(1, Math.floor(maxRows / inner)) : 1;
  for (let slab = from; slab < end; slab += slabsPerBlock) {
    const slabs = Math.min(slabsPerBlock, end - slab);
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

/** How far apart the elements of a staged row lie: columns begin at vectors. */
export function stagedRowStride({ inner }: Layout, { columns }: RowBlock): number {
  return inner === 1 ? 1 : (columns + 3) & ~3;
}

/** Copies a block of an array into a staging buffer, line by line, or back. */
export function exchange(
  array: KernelArray,
  staging: KernelArray,
  layout: Layout,
  block: RowBlock,
  inwards: boolean,
): void {
  const { size, inner } = layout;
  const { slabs, columns, offset: begin } = block;
  const rowStride = stagedRowStride(layout, block);
  // Whole slabs lie in one piece.
  const part = columns === inner && rowStride === columns ? slabs * size * inner : columns;
  for (let j = 0; j * part < slabs * size * columns; j++) {
    const from = begin + j * inner;
    const position = j * rowStride;
    if (inwards) staging.set(array.subarray(from, from + part), position);
    else array.set(staging.subarray(position, position + part), from);
  }
}

/** The same element by element, so that rows whose elements lie apart lie in one piece each. */
export function transpose(
  array: KernelArray,
  staging: KernelArray,
  layout: Layout,
  { slabs, columns, firstRow: first }: RowBlock,
  inwards: boolean,
): void {
  const { size, inner } = layout;
  for (let r = 0, i = 0; r < slabs * columns; r++) {
    for (let j = 0, position = rowOffset(first + r, layout); j < size; j++, i++, position += inner) {
      if (inwards) staging[i] = array[position];
      else array[position] = staging[i];
    }
  }
}
