import { gemm as binary } from "../../generated/gemm.ts";
import {
  classWeightsAddress,
  maxTileRowLength,
  probabilitiesAddress,
  stagingAddress,
  stagingLength,
  tileAddress,
} from "../../generated/memoryMap.ts";
import { activeInstructionSet, tryLink } from "../backend.ts";
import type { Matrix, TransposedFactor } from "../interface.ts";
import { linkExports, stagingInstance } from "./instance.ts";
import { isFloat32 } from "./kernels.ts";

/** The exports of the module. Addresses and strides are in bytes. */
interface Exports {
  gemmTransposedB(
    a: number,
    b: number,
    c: number,
    m: number,
    n: number,
    k: number,
    cStride: number,
  ): void;
  gemm(
    a: number,
    aRowStride: number,
    aColumnStride: number,
    b: number,
    bStride: number,
    c: number,
    cStride: number,
    m: number,
    n: number,
    k: number,
    panel: number,
  ): void;
}

/** The kernels, and their memory as floats. */
interface Linked {
  readonly kernels: Exports;
  readonly memory: Float32Array;
}

/** Below this many multiplications, a call into WebAssembly costs more than it saves. */
const minProducts = 4096;

/** The floats of a staged tile: two of them, and a panel, stay in the second cache. */
const tileLength = 1 << 15;

/** The longest rows that are multiplied at once. */
const maxDepth = 2048;

/** The most columns of a tile of C, and the most rows of B that are added to it at once. */
const maxColumns = 512;
const maxPanelRows = Math.min(128, maxTileRowLength);

/** The most rows of a tile of C: with its most columns, or panels of A, it fits a region of the memory. */
const maxRowsOfDots = /* @__PURE__ */ roundDown(stagingLength / maxColumns, 3);
const maxRowsOfPanels = /* @__PURE__ */ roundDown(stagingLength / maxPanelRows, 4);

// No other kernel is running, so its regions for soft targets and the staging buffer are free.
const aAddress = probabilitiesAddress;
const bAddress = classWeightsAddress;
const cAddress = stagingAddress;

/** Adds a product of matrices of float32 to C; see `gemmKernel`. Returns whether it did. */
export function gemm(a: Matrix, b: Matrix, c: Matrix, transposed: TransposedFactor): boolean {
  const instructionSet = activeInstructionSet();
  if (!instructionSet || ![a, b, c].every(({ data }) => isFloat32(data))) return false;
  const depth = transposed === "b" ? b.columns : b.rows;
  if (c.rows * c.columns * depth < minProducts) return false;
  const linked = tryLink(instructionSet, (): Linked => {
    const instance = stagingInstance(instructionSet);
    const kernels = linkExports<Exports>(instance, binary);
    return { kernels, memory: new Float32Array(instance.memory.buffer) };
  });
  if (linked === undefined) return false;
  if (transposed === "b") addTransposedB(linked, a, b, c);
  else addProduct(linked, a, b, c, transposed === "a");
  return true;
}

/** Adds A · Bᵀ. */
function addTransposedB({ kernels, memory }: Linked, a: Matrix, b: Matrix, c: Matrix): void {
  const { columns: k } = a;
  const depth = Math.min(maxDepth, roundUp(k, 4));
  const tileRows = Math.min(roundUp(c.rows, 3), roundDown(tileLength / depth, 3), maxRowsOfDots);
  const tileColumns = Math.min(roundUp(c.columns, 4), roundDown(tileLength / depth, 4), maxColumns);
  for (let p = 0; p < k; p += depth) {
    const width = Math.min(depth, k - p);
    const padded = roundUp(width, 4);
    for (let i = 0; i < c.rows; i += tileRows) {
      const m = Math.min(tileRows, c.rows - i);
      copyTile(memory, aAddress, a, { row: i, rows: m, column: p, columns: width }, padded);
      for (let j = 0; j < c.columns; j += tileColumns) {
        const n = Math.min(tileColumns, c.columns - j);
        const stride = roundUp(n, 4);
        const tile = { row: i, rows: m, column: j, columns: n };
        copyTile(memory, bAddress, b, { row: j, rows: n, column: p, columns: width }, padded);
        copyTile(memory, cAddress, c, tile, stride);
        const rows = roundUp(m, 3);
        kernels.gemmTransposedB(aAddress, bAddress, cAddress, rows, stride, padded, 4 * stride);
        storeTile(memory, cAddress, c, tile, stride);
      }
    }
  }
}

/** Adds A · B or Aᵀ · B. */
function addProduct(
  { kernels, memory }: Linked,
  a: Matrix,
  b: Matrix,
  c: Matrix,
  isTransposed: boolean,
): void {
  const tileColumns = Math.min(maxColumns, roundUp(c.columns, 8));
  const tileRows = Math.min(
    roundUp(c.rows, 4),
    roundDown(tileLength / tileColumns, 4),
    maxRowsOfPanels,
  );
  for (let j = 0; j < c.columns; j += tileColumns) {
    const n = Math.min(tileColumns, c.columns - j);
    const stride = roundUp(n, 8);
    let stagedPanel = -1;
    for (let i = 0; i < c.rows; i += tileRows) {
      const m = Math.min(tileRows, c.rows - i);
      const rows = roundUp(m, 4);
      const tile = { row: i, rows: m, column: j, columns: n };
      copyTile(memory, cAddress, c, tile, stride);
      for (let p = 0; p < b.rows; p += maxPanelRows) {
        const k = Math.min(maxPanelRows, b.rows - p);
        const aTile = isTransposed
          ? { row: p, rows: k, column: i, columns: m }
          : { row: i, rows: m, column: p, columns: k };
        const aWidth = isTransposed ? rows : k;
        copyTile(memory, aAddress, a, aTile, aWidth);
        if (stagedPanel !== p) {
          copyTile(memory, bAddress, b, { row: p, rows: k, column: j, columns: n }, stride);
        }
        stagedPanel = p;
        const [rowStride, columnStride] = isTransposed ? [4, 4 * aWidth] : [4 * aWidth, 4];
        kernels.gemm(
          aAddress,
          rowStride,
          columnStride,
          bAddress,
          4 * stride,
          cAddress,
          4 * stride,
          rows,
          stride,
          k,
          tileAddress,
        );
      }
      storeTile(memory, cAddress, c, tile, stride);
    }
  }
}

/** A part of a matrix. */
interface Tile {
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
}

/** Copies a tile to the kernels' memory, in rows of `stride` floats that end with zeros. */
function copyTile(
  memory: Float32Array,
  address: number,
  { data, columns }: Matrix,
  tile: Tile,
  stride: number,
): void {
  const start = address / 4;
  const first = tile.row * columns + tile.column;
  if (tile.columns === columns && stride === columns) {
    memory.set(data.subarray(first, first + tile.rows * columns), start);
    return;
  }
  for (let r = 0; r < tile.rows; r++) {
    const from = first + r * columns;
    const to = start + r * stride;
    memory.set(data.subarray(from, from + tile.columns), to);
    memory.fill(0, to + tile.columns, to + stride);
  }
}

/** Copies a tile back. */
function storeTile(
  memory: Float32Array,
  address: number,
  { data, columns }: Matrix,
  tile: Tile,
  stride: number,
): void {
  for (let r = 0; r < tile.rows; r++) {
    const from = address / 4 + r * stride;
    data.set(memory.subarray(from, from + tile.columns), (tile.row + r) * columns + tile.column);
  }
}

function roundUp(length: number, multiple: number): number {
  return Math.ceil(length / multiple) * multiple;
}

function roundDown(length: number, multiple: number): number {
  return Math.max(multiple, Math.floor(length / multiple) * multiple);
}
