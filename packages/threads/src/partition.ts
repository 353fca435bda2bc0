// Divides a call into blocks of rows. Every thread finds a block's place from its number.
import type { Layout } from "@surprisal/core/authoring";

/** Blocks have at least and at most about so many elements: enough to be worth a task, few enough for the caches. */
const minBlockLength = 1 << 12;
const maxBlockLength = 1 << 15;

/**
 * The maximum for blocks of columns. It is larger, because such a block is copied line by line, and many short copies
 * take longer than a few long ones.
 */
const maxColumnBlockLength = 1 << 17;

/** Up to this length, a slab is not cut into columns if there are enough slabs: it is copied in one piece. */
const maxWholeLength = 1 << 19;

/** No block is larger, so that the memory of a thread is bounded. */
const largestBlockLength = 1 << 21;

/** Each thread has several blocks, so that all end together. */
const blocksPerThread = 4;

/** A task is the part of the remaining blocks that each thread would get if it had this many tasks. */
const tasksPerThread = 2;

/** A task of several blocks has at most this many elements. More would not fit into the caches. */
const maxTaskLength = 1 << 18;

/** A remainder with fewer elements, or fewer columns, belongs to the last block: small calls are computed otherwise. */
const minRemainderLength = 1 << 10;
const minRemainderColumns = 64;

/** Rows that are computed side by side are sixteen at a time, so blocks begin at multiples of it. */
const rowMultiple = 16;
const shortRowLength = 256;

/**
 * Few columns are packed into rows, and in larger slabs than this, blocks on one thread begin at rows
 * that are no multiple of four.
 */
const maxPackedSlab = 1 << 12;

/** How a call is divided: into slabs, or each slab into columns. */
export interface Partition extends Layout {
  readonly valuesPerRow: number;
  readonly slabsPerBlock: number;
  readonly columnsPerBlock: number;
  readonly slabBlocks: number;
  readonly columnBlocks: number;
}

/** One block: where it is, and its layout once its lines are packed. */
export interface Block {
  readonly offset: number;
  readonly length: number;
  readonly lines: number;
  readonly stride: number;
  /** The first value of its rows, and their number of values. */
  readonly firstValue: number;
  readonly values: number;
  readonly layout: Layout;
}

/** Divides a call for a number of threads. Returns undefined if there would be fewer than two blocks, or too large ones. */
export function partitionLayout(
  { outer, size, inner }: Layout,
  threads: number,
  valuesPerRow = 1,
): Partition | undefined {
  const isPacked =
    inner > 1 && inner < minRemainderColumns && inner % 4 !== 0 && size < shortRowLength;
  if (isPacked && size * inner > maxPackedSlab) return undefined;
  const even = Math.floor((outer * size * inner) / (threads * blocksPerThread));
  const lengthWithin = (most: number) => Math.min(most, Math.max(minBlockLength, even));
  const length = lengthWithin(maxBlockLength);
  const slab = size * inner;
  let slabsPerBlock = 1;
  let slabBlocks = outer;
  let columnsPerBlock = inner;
  let columnBlocks = 1;
  if (slab > length && inner >= 2 * minRemainderColumns) {
    const isWhole = slab <= lengthWithin(maxWholeLength);
    const cutColumns = floorTo(rowMultiple, lengthWithin(maxColumnBlockLength) / size);
    columnsPerBlock = isWhole ? inner : Math.max(minRemainderColumns, cutColumns);
    columnBlocks = countBlocks(inner, columnsPerBlock, minRemainderColumns);
  } else {
    slabsPerBlock = Math.max(1, Math.floor(length / slab));
    if (size < shortRowLength) {
      slabsPerBlock = Math.max(rowMultiple, floorTo(rowMultiple, slabsPerBlock));
    }
    slabBlocks = countBlocks(outer, slabsPerBlock, minRemainderLength / slab);
  }
  const partition = {
    ...{ outer, size, inner, valuesPerRow },
    ...{ slabsPerBlock, slabBlocks, columnsPerBlock, columnBlocks },
  };
  return slabBlocks * columnBlocks > 1 && maxLength(partition) <= largestBlockLength
    ? partition
    : undefined;
}

/** Returns the number of elements of the largest block. */
export function maxLength(partition: Partition): number {
  const { outer, size, inner, slabsPerBlock, slabBlocks, columnsPerBlock, columnBlocks } =
    partition;
  const lastSlabs = outer - (slabBlocks - 1) * slabsPerBlock;
  const lastColumns = inner - (columnBlocks - 1) * columnsPerBlock;
  return Math.max(slabsPerBlock, lastSlabs) * size * Math.max(columnsPerBlock, lastColumns);
}

/** Returns the place of a block. */
export function blockAt(partition: Partition, index: number): Block {
  const { outer, size, inner, slabsPerBlock, slabBlocks, columnsPerBlock, columnBlocks } =
    partition;
  const { valuesPerRow } = partition;
  const slabBlock = Math.floor(index / columnBlocks);
  const columnBlock = index % columnBlocks;
  const slab = slabBlock * slabsPerBlock;
  const column = columnBlock * columnsPerBlock;
  const slabs = slabBlock === slabBlocks - 1 ? outer - slab : slabsPerBlock;
  const columns = columnBlock === columnBlocks - 1 ? inner - column : columnsPerBlock;
  const isWhole = columns === inner;
  return {
    offset: slab * size * inner + column,
    length: isWhole ? slabs * size * inner : columns,
    lines: isWhole ? 1 : size,
    stride: inner,
    firstValue: (slab * inner + column) * valuesPerRow,
    values: slabs * columns * valuesPerRow,
    layout: { outer: slabs, size, inner: columns },
  };
}

/** Returns the block that consists of `count` blocks, starting with `first`. If there are several, they must be whole slabs. */
export function joinBlocks(partition: Partition, first: number, count: number): Block {
  const block = blockAt(partition, first);
  if (count === 1) return block;
  const last = blockAt(partition, first + count - 1);
  const length = last.offset + last.length - block.offset;
  const values = last.firstValue + last.values - block.firstValue;
  const outer = length / (partition.size * partition.inner);
  return { ...block, length, values, layout: { ...block.layout, outer } };
}

/**
 * Divides the blocks from `first` to `end` into tasks of one or several consecutive blocks. Returns the first block
 * of each task, and `end`.
 *
 * Each task is a fraction of the remaining blocks. Long tasks have little overhead. Short tasks at the end let all threads
 * finish together.
 *
 * @param mayJoin whether tasks may have several blocks, which must be whole slabs then.
 */
export function divideIntoTasks(
  { size, inner, slabsPerBlock }: Partition,
  first: number,
  end: number,
  threads: number,
  mayJoin: boolean,
): number[] {
  const most = mayJoin ? Math.floor(maxTaskLength / (slabsPerBlock * size * inner)) : 1;
  const starts = [first];
  for (let start = first; start < end; starts.push(start)) {
    const part = Math.floor((end - start) / (tasksPerThread * threads));
    start += Math.max(1, Math.min(most, part));
  }
  return starts;
}

function countBlocks(total: number, perBlock: number, minRemainder: number): number {
  const whole = Math.floor(total / perBlock);
  return Math.max(1, total % perBlock >= Math.max(1, minRemainder) ? whole + 1 : whole);
}

function floorTo(multiple: number, value: number): number {
  return multiple * Math.floor(value / multiple);
}
