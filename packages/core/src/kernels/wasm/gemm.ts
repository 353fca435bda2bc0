import { gemm as binary } from "../../generated/gemm.ts";
import { maxTileRowLength, stagingLength, tileAddress } from "../../generated/memoryMap.ts";
import { activeInstructionSet, tryLink } from "../backend.ts";
import { type Matrix, rowsOfPartialSum, type TransposedFactor } from "../matrices.ts";
import { roundDown, roundUp } from "../multiples.ts";
import { type Instance, instanceOwning, linkExports, stagingInstance } from "./instance.ts";
import { isFloat32 } from "./kernels.ts";
import { placeTile, storeTile } from "./matrixTiles.ts";

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
  addTile(x: number, c: number, cStride: number, m: number, n: number): void;
}

/** The kernels, their memory as floats, and the regions of it that they use. */
interface Linked {
  readonly kernels: Exports;
  readonly memory: Float32Array;
  readonly regions: Regions;
}

/** Addresses of the memory that a product uses while it is computed. */
interface Regions {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  /** A partial sum. */
  readonly sum: number;
  /** A panel of B. */
  readonly panel: number;
}

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

/** Returns regions that are free, because no other kernel is running: those of soft targets, and the staging buffer. */
function regionsOf({ base, stagedProbabilities, classWeights, staging }: Instance): Regions {
  return {
    a: stagedProbabilities.byteOffset,
    b: classWeights.byteOffset,
    c: staging.byteOffset,
    // A tile of C that is made of panels fills less than the first half.
    sum: staging.byteOffset + 2 * stagingLength,
    panel: base + tileAddress,
  };
}

/**
 * Adds a product of matrices of float32 to C; see `gemmKernel`.
 *
 * @param depth how many rows of B make one partial sum of A · B.
 * @returns whether it did.
 */
export function compiledGemmKernel(
  a: Matrix,
  b: Matrix,
  c: Matrix,
  transposed: TransposedFactor,
  depth = rowsOfPartialSum(b.rows, b.columns),
): boolean {
  const instructionSet = activeInstructionSet();
  const [x, y, z] = [a.data, b.data, c.data];
  if (!instructionSet || !isFloat32(x) || !isFloat32(y) || !isFloat32(z)) return false;
  const linked = tryLink(instructionSet, (): Linked => {
    const instance = instanceOwning(instructionSet, x, y, z) ?? stagingInstance(instructionSet);
    const kernels = linkExports<Exports>(instance, binary);
    const memory = new Float32Array(instance.buffer);
    return { kernels, memory, regions: regionsOf(instance) };
  });
  if (linked === undefined) return false;
  if (transposed === "b") addTransposedB(linked, a, b, c);
  else if (transposed === "a") addProduct(linked, a, b, c, true, b.rows);
  else addProduct(linked, a, b, c, false, depth);
  return true;
}

/** Adds A · Bᵀ. */
function addTransposedB(linked: Linked, a: Matrix, b: Matrix, c: Matrix): void {
  const { kernels, memory, regions } = linked;
  const { columns: k } = a;
  const depth = Math.min(maxDepth, roundUp(k, 4));
  const tileRows = Math.min(roundUp(c.rows, 3), roundDown(tileLength / depth, 3), maxRowsOfDots);
  const tileColumns = Math.min(roundUp(c.columns, 4), roundDown(tileLength / depth, 4), maxColumns);
  const [aShape, bShape, cShape] = [
    { rows: 3, columns: 4, isPacked: true },
    { rows: 4, columns: 4, isPacked: true },
    { rows: 3, columns: 4 },
  ];
  for (let p = 0; p < k; p += depth) {
    const columns = Math.min(depth, k - p);
    const padded = roundUp(columns, 4);
    for (let i = 0; i < c.rows; i += tileRows) {
      const m = Math.min(tileRows, c.rows - i);
      const aTile = { row: i, rows: m, column: p, columns };
      const { address: left } = placeTile(memory, regions.a, a, aTile, aShape);
      for (let j = 0; j < c.columns; j += tileColumns) {
        const n = Math.min(tileColumns, c.columns - j);
        const bTile = { row: j, rows: n, column: p, columns };
        const { address: right } = placeTile(memory, regions.b, b, bTile, bShape);
        const tile = { row: i, rows: m, column: j, columns: n };
        const target = placeTile(memory, regions.c, c, tile, cShape);
        const { address, stride } = target;
        const [rows, width] = [roundUp(m, 3), roundUp(n, 4)];
        kernels.gemmTransposedB(left, right, address, rows, width, padded, 4 * stride);
        storeTile(memory, target, c, tile);
      }
    }
  }
}

/** Adds A · B or Aᵀ · B, as partial sums of `depth` rows of B each. */
function addProduct(
  linked: Linked,
  a: Matrix,
  b: Matrix,
  c: Matrix,
  isTransposed: boolean,
  depth: number,
): void {
  const { kernels, memory, regions } = linked;
  const tileColumns = Math.min(maxColumns, roundUp(c.columns, 8));
  const tileRows = Math.min(
    roundUp(c.rows, 4),
    roundDown(tileLength / tileColumns, 4),
    maxRowsOfPanels,
  );
  const isPartial = depth < b.rows;
  for (let j = 0; j < c.columns; j += tileColumns) {
    const n = Math.min(tileColumns, c.columns - j);
    const width = roundUp(n, 8);
    const addPanel = panelAdder(linked, a, b, { column: j, columns: n }, isTransposed);
    for (let i = 0; i < c.rows; i += tileRows) {
      const m = Math.min(tileRows, c.rows - i);
      const rows = roundUp(m, 4);
      const tile = { row: i, rows: m, column: j, columns: n };
      const target = placeTile(memory, regions.c, c, tile, { rows: 4, columns: 8 });
      const { address, stride } = target;
      for (let first = 0; first < b.rows; first += depth) {
        const end = Math.min(first + depth, b.rows);
        const [sum, sumStride] = isPartial ? [regions.sum, width] : [address, stride];
        if (isPartial) memory.fill(0, sum / 4, sum / 4 + rows * width);
        for (let p = first; p < end; p += maxPanelRows) {
          addPanel(i, m, p, Math.min(maxPanelRows, end - p), sum, sumStride);
        }
        if (isPartial) kernels.addTile(sum, address, 4 * stride, rows, width);
      }
      storeTile(memory, target, c, tile);
    }
  }
}

/** Returns a function that adds the product of k rows of B, from p on, to the tile of m rows of C, from i on. */
function panelAdder(
  { kernels, memory, regions }: Linked,
  a: Matrix,
  b: Matrix,
  columns: { readonly column: number; readonly columns: number },
  isTransposed: boolean,
) {
  let stagedPanel = -1;
  let right = { address: regions.b, stride: 0 };
  return (i: number, m: number, p: number, k: number, sum: number, sumStride: number): void => {
    const left = isTransposed
      ? placeTile(memory, regions.a, a, { row: p, rows: k, column: i, columns: m }, transposedShape)
      : placeTile(memory, regions.a, a, { row: i, rows: m, column: p, columns: k }, panelShape);
    if (stagedPanel !== p) {
      right = placeTile(memory, regions.b, b, { row: p, rows: k, ...columns }, rightShape);
    }
    stagedPanel = p;
    const [rowStride, columnStride] = isTransposed ? [4, 4 * left.stride] : [4 * left.stride, 4];
    kernels.gemm(
      left.address,
      rowStride,
      columnStride,
      right.address,
      4 * right.stride,
      sum,
      4 * sumStride,
      roundUp(m, 4),
      roundUp(columns.columns, 8),
      k,
      regions.panel,
    );
  };
}

/** The shapes of tiles of Aᵀ, A and B. */
const transposedShape = { rows: 1, columns: 4 };
const panelShape = { rows: 4, columns: 1 };
const rightShape = { rows: 1, columns: 8 };
