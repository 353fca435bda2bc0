// Tiles of matrices: in place if the matrix is in the kernels' memory, else copied to a region of it.

import type { KernelArray } from "../../types.ts";
import { copyNumbers } from "../backend.ts";
import { type Matrix, strideOf } from "../matrices.ts";
import { roundUp } from "../multiples.ts";

/** A part of a matrix. */
export interface Tile {
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
}

/** A tile that kernels compute on. */
export interface PlacedTile {
  /** In bytes. */
  readonly address: number;
  /** The floats from one row to the next. */
  readonly stride: number;
  readonly isInPlace: boolean;
}

/** What kernels ask of a tile that they compute on in place. */
export interface TileShape {
  /** Its rows are a multiple of this. */
  readonly rows: number;
  /** Its columns are a multiple of this. A copy's rows end with zeros, to the next multiple. */
  readonly columns: number;
  /** Whether its rows have no gaps. */
  readonly isPacked?: boolean;
}

/** Returns the tile in the matrix itself if it has the shape that kernels ask for, else a copy at `address`. */
export function placeTile(
  memory: Float32Array,
  address: number,
  matrix: Matrix,
  tile: Tile,
  shape: TileShape,
): PlacedTile {
  const stride = strideOf(matrix);
  const { buffer, byteOffset } = matrix.data;
  if (
    buffer === memory.buffer &&
    tile.rows % shape.rows === 0 &&
    tile.columns % shape.columns === 0 &&
    (!shape.isPacked || tile.columns === stride)
  ) {
    const start = byteOffset + 4 * (tile.row * stride + tile.column);
    return { address: start, stride, isInPlace: true };
  }
  const width = roundUp(tile.columns, shape.columns);
  copyTile(memory, address, matrix, tile, width);
  return { address, stride: width, isInPlace: false };
}

function copyTile(
  memory: Float32Array,
  address: number,
  matrix: Matrix,
  { row, rows, column, columns }: Tile,
  width: number,
): void {
  const { data } = matrix;
  const stride = strideOf(matrix);
  const start = address / 4;
  const first = row * stride + column;
  if (columns === stride && width === columns) {
    const count = rows * columns;
    copyNumbers(memory.subarray(start, start + count), data.subarray(first, first + count));
    return;
  }
  const copy = copierOf(data);
  for (let r = 0; r < rows; r++) {
    const from = first + r * stride;
    const to = start + r * width;
    copy(memory.subarray(to, to + columns), data.subarray(from, from + columns));
    if (width > columns) memory.fill(0, to + columns, to + width);
  }
}

/** Copies a tile back to its matrix, unless it is in place. */
export function storeTile(
  memory: Float32Array,
  { address, stride: width, isInPlace }: PlacedTile,
  matrix: Matrix,
  { row, rows, column, columns }: Tile,
): void {
  if (isInPlace) return;
  const { data } = matrix;
  const stride = strideOf(matrix);
  const first = row * stride + column;
  const isWhole = columns === stride && width === columns;
  const [lines, length] = isWhole ? [1, rows * columns] : [rows, columns];
  const copy = copierOf(data);
  for (let r = 0; r < lines; r++) {
    const from = address / 4 + r * width;
    const to = first + r * stride;
    copy(data.subarray(to, to + length), memory.subarray(from, from + length));
  }
}

/** Returns what copies between the kernels' memory and an array. Only arrays in shared memory ask the backend for each row. */
function copierOf({ buffer }: KernelArray): (to: KernelArray, from: KernelArray) => void {
  return buffer instanceof ArrayBuffer ? (to, from) => to.set(from) : copyNumbers;
}
