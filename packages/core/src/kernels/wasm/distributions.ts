// Two distributions for each row of logits, in float64, in the staging buffer of the blocks' memory.
import { activeInstructionSet, copyNumbers } from "../backend.ts";
import { longArrayPool } from "../bufferPool.ts";
import { elementBlockLength } from "../limits.ts";
import { blockMemory, kernelsOf } from "./blockMemory.ts";
import type { Instance, KernelBinary } from "./instance.ts";
import { stagingRegions } from "./stagingRegions.ts";

/** The functions of both modules of divergences; `assembly/distributions.ts` explains them. Arrays are addresses. */
export interface DistributionKernels {
  maxima(x: number, rows: number, size: number, stats: number): void;
  exponentials(
    x: number,
    exps: number,
    rows: number,
    size: number,
    factor: number,
    stats: number,
  ): void;
}

/** The logits of two distributions for each row: contiguous rows of one size. */
export interface LogitPairs {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly rows: number;
  readonly size: number;
}

/** What the kernels compute from and write to, for `x` and for `y`. */
export interface Side {
  readonly logits: Float32Array;
  /** The derivatives. */
  readonly gradient: Float32Array;
  readonly exponentials: Float64Array;
  /** The logarithms of the probabilities' ratios to their mean. */
  readonly ratios: Float64Array;
  readonly stats: Float64Array;
}

/** The staging buffer, divided. */
export interface Workspace {
  readonly x: Side;
  readonly y: Side;
  /** One factor for each row. */
  readonly scales: Float64Array;
}

/** The rows of a block: more of them would need more memory for statistics than for exponentials. */
const maxRows = 512;

/** The doubles in the statistics of a row, and the indices of two of them; see `assembly/distributions.ts`. */
const statsLength = 8;
const largestIndex = 0;
const lossIndex = 5;

/** Kernels write up to three floats behind the last row. */
const slack = 4;

const workspaces = /* @__PURE__ */ new WeakMap<Instance, Workspace>();

function workspaceOf(instance: Instance): Workspace {
  const known = workspaces.get(instance);
  if (known !== undefined) return known;
  const { floats, doubles } = stagingRegions(instance);
  const side = (): Side => ({
    logits: floats(elementBlockLength + slack),
    gradient: floats(elementBlockLength + slack),
    exponentials: doubles(elementBlockLength),
    ratios: doubles(elementBlockLength),
    stats: doubles(maxRows * statsLength),
  });
  const workspace = { x: side(), y: side(), scales: doubles(maxRows) };
  workspaces.set(instance, workspace);
  return workspace;
}

/** Returns the kernels of a module and where they compute; undefined without WebAssembly. */
export function linkDistributions<Kernels>(
  binary: KernelBinary,
): { readonly kernels: Kernels; readonly workspace: Workspace } | undefined {
  const instructionSet = activeInstructionSet();
  const memory = instructionSet && blockMemory(instructionSet);
  const kernels = memory && kernelsOf<Kernels>(memory.owner, binary);
  return kernels && { kernels, workspace: workspaceOf(memory.owner) };
}

/** What fits the workspace at once: whole rows, or a piece of one row. */
export interface Piece {
  /** The index of its first logit. */
  readonly start: number;
  readonly rows: number;
  /** The logits of each of its rows. */
  readonly size: number;
}

/** Rows whose statistics are complete. */
export interface RowBlock {
  /** The index of the first row. */
  readonly first: number;
  readonly rows: number;
  readonly pieces: readonly Piece[];
  /** Loads the logits of a piece into the workspace, with its exponentials and ratios if they have been kept. */
  load(piece: Piece): void;
  /** Keeps the ratios of the piece that has been loaded. */
  keepRatios(piece: Piece): void;
}

/** A side of the workspace, with the numbers that are kept of a row in pieces, one for each logit. */
interface KeptSide {
  readonly side: Side;
  readonly source: Float32Array;
  exponentials: Float64Array | undefined;
  ratios: Float64Array | undefined;
}

const longRowPool = /* @__PURE__ */ longArrayPool(
  (length): Float64Array => new Float64Array(length),
);

/** Calls `visit` for all rows, block by block. The exponentials are exp((x − max) · factor). */
export function forEachDistributions(
  kernels: DistributionKernels,
  { x, y }: Workspace,
  { x: logitsX, y: logitsY, rows: count, size }: LogitPairs,
  factor: number,
  visit: (block: RowBlock) => void,
): void {
  const isLong = size > elementBlockLength;
  const sides: KeptSide[] = [
    { side: x, source: logitsX, exponentials: undefined, ratios: undefined },
    { side: y, source: logitsY, exponentials: undefined, ratios: undefined },
  ];
  let loaded: Piece | undefined;
  const loadLogits = (piece: Piece) => {
    if (piece === loaded) return false;
    const end = piece.start + piece.rows * piece.size;
    for (const { side, source } of sides) {
      copyNumbers(side.logits, source.subarray(piece.start, end));
    }
    loaded = piece;
    return true;
  };
  const computeExponentials = ({ start, rows, size: length }: Piece) => {
    for (const kept of sides) {
      const { logits, exponentials, stats } = kept.side;
      const [from, to] = [logits.byteOffset, exponentials.byteOffset];
      kernels.exponentials(from, to, rows, length, factor, stats.byteOffset);
      if (!isLong) continue;
      kept.exponentials ??= longRowPool.acquire(size);
      kept.exponentials.set(exponentials.subarray(0, length), start % size);
    }
  };
  const keepRatios = ({ start, size: length }: Piece) => {
    if (!isLong) return;
    for (const kept of sides) {
      kept.ratios ??= longRowPool.acquire(size);
      kept.ratios.set(kept.side.ratios.subarray(0, length), start % size);
    }
  };
  const load = (piece: Piece) => {
    if (!loadLogits(piece)) return;
    const from = piece.start % size;
    const end = from + piece.size;
    for (const { side, exponentials, ratios } of sides) {
      if (exponentials) side.exponentials.set(exponentials.subarray(from, end));
      side.exponentials.fill(0, piece.size, paddedSize(piece.size));
      if (ratios) side.ratios.set(ratios.subarray(from, end));
    }
  };
  const rowsPerBlock = rowsPerBlockOf(size);
  for (let first = 0; first < count; first += rowsPerBlock) {
    const rows = Math.min(rowsPerBlock, count - first);
    const pieces = piecesOf(first, rows, size);
    for (const { side } of sides) startStats(side.stats, rows);
    for (const piece of pieces) {
      loadLogits(piece);
      for (const { side } of sides) {
        kernels.maxima(side.logits.byteOffset, piece.rows, piece.size, side.stats.byteOffset);
      }
    }
    for (const piece of pieces) {
      loadLogits(piece);
      computeExponentials(piece);
    }
    visit({ first, rows, pieces, load, keepRatios });
  }
  for (const { exponentials, ratios } of sides) {
    if (exponentials) longRowPool.release(exponentials);
    if (ratios) longRowPool.release(ratios);
  }
}

/** Returns the rows of a block; one, if only a piece of a row fits a block. */
function rowsPerBlockOf(size: number): number {
  return Math.max(1, Math.min(maxRows, Math.floor(elementBlockLength / paddedSize(size))));
}

/** Returns the exponentials of a row, with the zeros that pad it. */
function paddedSize(size: number): number {
  return (size + 3) & ~3;
}

/** Divides a row that is longer than a block. */
function piecesOf(first: number, rows: number, size: number): Piece[] {
  if (size <= elementBlockLength) return [{ start: first * size, rows, size }];
  const pieces: Piece[] = [];
  for (let start = 0; start < size; start += elementBlockLength) {
    const length = Math.min(elementBlockLength, size - start);
    pieces.push({ start: first * size + start, rows: 1, size: length });
  }
  return pieces;
}

function startStats(stats: Float64Array, rows: number): void {
  stats.fill(0, 0, rows * statsLength);
  for (let i = 0; i < rows * statsLength; i += statsLength) {
    stats[i + largestIndex] = Number.NEGATIVE_INFINITY;
  }
}

/** Returns the loss of a row of a block. */
export function lossOf({ x }: Workspace, row: number): number {
  return x.stats[row * statsLength + lossIndex];
}
