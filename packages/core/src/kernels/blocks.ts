import { maxTileRowLength } from "../generated/memoryMap.ts";
import { type Layout, startOf } from "../layout.ts";
import type { KernelArray } from "../read.ts";

/** Fewer columns than these are not copied line by line, unless they fill vectors. */
const minColumns = 64;

/** Whether rows lie apart, and are taken side by side. */
export function areColumns({ size, inner }: Layout): boolean {
  return inner > 1 && size <= maxTileRowLength && (inner % 4 === 0 || inner >= minColumns);
}

/** Rows that are computed at once: whole slabs of [size, inner], or some columns of one. */
export interface RowBlock {
  readonly slabs: number;
  readonly columns: number;
  /** The number of its first row. */
  readonly first: number;
  /** Where that begins in the array. */
  readonly begin: number;
}

/**
 * Cuts slabs into blocks of at most `most` rows: several slabs where they are small and their
 * columns fill vectors or are few; else a part of the columns of one.
 */
export function forEachBlock(
  { size, inner }: Layout,
  from: number,
  end: number,
  most: number,
  visit: (block: RowBlock) => void,
): void {
  const several = inner % 4 === 0 || inner < minColumns;
  const step = several ? Math.max(1, Math.floor(most / inner)) : 1;
  for (let slab = from; slab < end; slab += step) {
    const slabs = Math.min(step, end - slab);
    for (let column = 0; column < inner; column += most) {
      const columns = Math.min(most, inner - column);
      visit({ slabs, columns, first: slab * inner + column, begin: slab * size * inner + column });
    }
  }
}

/** How far apart the elements of a staged row lie: columns begin at vectors. */
export function pitchOf({ inner }: Layout, { columns }: RowBlock): number {
  return inner === 1 ? 1 : (columns + 3) & ~3;
}

/** Copies a block of an array into a staging buffer, line by line, or back. */
export function exchange(
  array: KernelArray,
  stage: KernelArray,
  layout: Layout,
  block: RowBlock,
  inwards: boolean,
): void {
  const { size, inner } = layout;
  const { slabs, columns, begin } = block;
  const pitch = pitchOf(layout, block);
  // Whole slabs lie in one piece.
  const part = columns === inner && pitch === columns ? slabs * size * inner : columns;
  for (let j = 0; j * part < slabs * size * columns; j++) {
    const from = begin + j * inner;
    const place = j * pitch;
    if (inwards) stage.set(array.subarray(from, from + part), place);
    else array.set(stage.subarray(place, place + part), from);
  }
}

/** The same element by element, so that rows whose elements lie apart lie in one piece each. */
export function transpose(
  array: KernelArray,
  stage: KernelArray,
  layout: Layout,
  { slabs, columns, first }: RowBlock,
  inwards: boolean,
): void {
  const { size, inner } = layout;
  for (let r = 0, i = 0; r < slabs * columns; r++) {
    for (let j = 0, place = startOf(first + r, layout); j < size; j++, i++, place += inner) {
      if (inwards) stage[i] = array[place];
      else array[place] = stage[i];
    }
  }
}
