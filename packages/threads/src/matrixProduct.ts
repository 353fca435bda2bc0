// A product of two of three matrices, which is added to the third. With `tall` of V × D, `short` of T × D and `wide` of
// T × V, it is one of
//
//   wide += short · tallᵀ,  short += wide · tall,  tall += wideᵀ · short.
//
// Each block has some rows of `tall`, the same columns of `wide`, and all of `short`.
import { compiledGemmKernel, roundUp, rowsOfPartialSum } from "@surprisal/core/authoring";
import { blockAt, type Partition } from "./partition.ts";

export const matrixNames = ["tall", "short", "wide"] as const;

export type MatrixName = (typeof matrixNames)[number];

export interface MatrixProduct {
  /** The matrix that is added to. */
  readonly result: MatrixName;
  /** V and D. */
  readonly outer: number;
  readonly size: number;
  /** T. */
  readonly shortRows: number;
  /** The elements from one row of `wide` to the next. */
  readonly wideStride: number;
}

/** The most elements of `tall` in a block, and the fewest blocks of a product, unless blocks would have too few rows. */
const blockLength = 1 << 16;
const minBlocks = 8;

/** The fewest rows of a block. Blocks begin at multiples of it, so that kernels compute whole groups of rows. */
const blockRowMultiple = 64;

/**
 * Divides a product into blocks of rows of `tall`. If `short` is the result, each block is a partial sum of the kernels, so
 * that the bits are those of one thread.
 */
export function partitionProduct({ result, outer, size }: MatrixProduct): Partition {
  const slabsPerBlock =
    result === "short" ? rowsOfPartialSum(outer, size) : rowsOfBlock(outer, size);
  const slabBlocks = Math.ceil(outer / slabsPerBlock);
  const rows = { outer, size, inner: 1, valuesPerRow: 1 };
  return { ...rows, slabsPerBlock, slabBlocks, columnsPerBlock: 1, columnBlocks: 1 };
}

function rowsOfBlock(outer: number, size: number): number {
  const most = Math.min(blockLength / size, outer / minBlocks);
  return blockRowMultiple * Math.max(1, Math.floor(most / blockRowMultiple));
}

/** The rows of `tall` that a block has. */
export interface BlockRows {
  readonly firstRow: number;
  readonly rows: number;
}

/** Returns the rows of a block. */
export function blockRows(partition: Partition, index: number): BlockRows {
  const { firstValue, values } = blockAt(partition, index);
  return { firstRow: firstValue, rows: values };
}

/** The piece of a matrix that a block has: lines of `length` elements, `stride` elements apart. */
interface Piece {
  readonly offset: number;
  readonly stride: number;
  readonly length: number;
  readonly lines: number;
}

/** Returns the piece of each matrix that a block has. */
export function piecesOf(
  { size, shortRows, wideStride }: MatrixProduct,
  { firstRow, rows }: BlockRows,
): Record<MatrixName, Piece> {
  const whole = (offset: number, length: number) => ({ offset, stride: length, length, lines: 1 });
  return {
    tall: whole(firstRow * size, rows * size),
    short: whole(0, shortRows * size),
    wide: { offset: firstRow, stride: wideStride, length: rows, lines: shortRows },
  };
}

/** The rows of `short` are padded to a multiple of the three or four that kernels compute at once. */
const rowMultiple = 12;

/** Matrices begin at a cache line, in floats. */
const alignment = 16;

/**
 * Returns where a block's matrices are in a slot and how far their lines are apart, and how many elements the largest
 * block takes. The rows of `wide` are padded to whole vectors.
 */
export function slotLayout(
  { size, shortRows }: MatrixProduct,
  rowsPerBlock: number,
  rows = rowsPerBlock,
) {
  const paddedRows = roundUp(shortRows, rowMultiple);
  const short = roundUp(rowsPerBlock * size, alignment);
  const wide = short + roundUp(paddedRows * size, alignment);
  return {
    places: { tall: 0, short, wide },
    strides: { tall: size, short: size, wide: roundUp(rows, 8) },
    length: wide + paddedRows * rowsPerBlock,
  };
}

/** Returns the matrices of a block in one array. */
export function blockMatrices(
  array: Float32Array,
  { tall, short, wide }: Readonly<Record<MatrixName, number>>,
): BlockMatrices {
  return { tall: array.subarray(tall), short: array.subarray(short), wide: array.subarray(wide) };
}

/** The elements of a block's matrices; each array begins with its piece. */
export type BlockMatrices = Readonly<Record<MatrixName, Float32Array>>;

/**
 * Adds a block's product to its result.
 *
 * @param wideStride the elements from one row of `wide` to the next.
 * @param isPadded whether there is room behind the matrices. The kernels then compute whole vectors in place, and what they
 * write behind the matrices is not used.
 */
export function addBlock(
  { result, size: columns, shortRows }: MatrixProduct,
  { tall: tallData, short: shortData, wide: wideData }: BlockMatrices,
  rows: number,
  wideStride: number,
  isPadded: boolean,
): void {
  const padded = (length: number, multiple: number) =>
    isPadded ? roundUp(length, multiple) : length;
  const tall = (rows: number) => ({ data: tallData, rows, columns });
  const short = (rows: number) => ({ data: shortData, rows, columns });
  const wide = (rows: number, columns: number) => ({
    data: wideData,
    rows,
    columns,
    stride: wideStride,
  });
  if (result === "wide") {
    const [m, n] = [padded(shortRows, 3), padded(rows, 4)];
    multiply(short(m), tall(n), wide(m, n), "b");
  } else if (result === "short") {
    const m = padded(shortRows, 4);
    multiply(wide(m, rows), tall(rows), short(m), undefined, rows);
  } else {
    const m = padded(rows, 4);
    multiply(wide(shortRows, m), short(shortRows), tall(m), "a");
  }
}

function multiply(...product: Parameters<typeof compiledGemmKernel>): void {
  if (!compiledGemmKernel(...product)) throw new Error("The compiled kernels are not available.");
}
