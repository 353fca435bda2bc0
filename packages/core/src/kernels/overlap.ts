// The overlap of predicted and true regions in WebAssembly, in tiles: one row of positions for each class.
import { overlap } from "../generated/overlap.ts";
import { activeInstructionSet } from "./backend.ts";
import { elementBlockLength } from "./limits.ts";
import { blockMemory, isKernelMemory, kernelsOf } from "./wasm/blockMemory.ts";
import type { Instance } from "./wasm/instance.ts";
import { stagingRegions } from "./wasm/stagingRegions.ts";

/** Probabilities at some positions, in blocks of `blockPool`. */
export interface OverlapTile {
  /** The number of classes. */
  readonly size: number;
  /** The length of a row: a multiple of four. */
  readonly columns: number;
  readonly p: Float32Array;
  /** 1 − p of a sigmoid, with its digits where p is close to 1. */
  readonly complements: Float32Array | undefined;
  /** Whether the probabilities of a position are a softmax. */
  readonly isSoftmax: boolean;
  /** Whether `shares` are those of the target. If not, the class of each label has the share 1. */
  readonly hasShares: boolean;
  /** Whether mismatches are (p − t)² instead of p · (1 − t) and (1 − p) · t. */
  readonly squared: boolean;
}

/** Memory for the target of a tile, and what computes with it. Other kernels overwrite that memory. */
export interface OverlapWorkspace {
  /** The class of each position; −1 where it does not count. */
  readonly labels: Int32Array;
  /** Positions whose classes are adjacent, for the copies below. */
  readonly positions: Float32Array;
  /** The target's shares of the classes, in the layout of a tile. */
  readonly shares: Float32Array;
  /** Copies `positions` to a block with the rows of the tile, or back. */
  fromPositions(tile: OverlapTile, to: Float32Array): void;
  toPositions(tile: OverlapTile, from: Float32Array): void;
  /** Adds to three sums for each class: p · t, the mismatches p · (1 − t) or (p − t)², and (1 − p) · t. */
  addOverlaps(tile: OverlapTile, sums: Float64Array): void;
  /**
   * Replaces the probabilities of a tile by the gradient, given two numbers a and b for each class. The derivative with
   * respect to p is a · (1 − t) − b · t, or 2a · (p − t) − b · t with `squared`. A class for which both are 0 does not count.
   */
  computeGradient(tile: OverlapTile, slopes: Float64Array): void;
}

interface OverlapKernels {
  sumSmaller(p: number, columns: number, size: number, sums: number): void;
  addOverlaps(...numbers: readonly number[]): void;
  overlapGradient(...numbers: readonly number[]): void;
  rowsToTile(from: number, to: number, columns: number, size: number): void;
  tileToRows(from: number, to: number, columns: number, size: number): void;
}

/** The most classes of a tile, which then has room for sixteen positions. */
export const maxOverlapClasses = elementBlockLength / 16;

const workspaces = /* @__PURE__ */ new WeakMap<Instance, OverlapWorkspace>();

/** Returns the workspace, if the arrays of tiles are in the memory of the kernels in use. */
export function overlapWorkspace(
  p: Float32Array,
  complements: Float32Array,
): OverlapWorkspace | undefined {
  const instructionSet = activeInstructionSet();
  const memory = instructionSet && blockMemory(instructionSet);
  const kernels = memory && kernelsOf<OverlapKernels>(memory.owner, overlap);
  if (memory === undefined || kernels === undefined || !isKernelMemory(p, complements))
    return undefined;
  let workspace = workspaces.get(memory.owner);
  if (workspace === undefined) {
    workspace = createWorkspace(memory.owner, kernels);
    workspaces.set(memory.owner, workspace);
  }
  return workspace;
}

/** Makes a workspace in the staging buffer. */
function createWorkspace(instance: Instance, kernels: OverlapKernels): OverlapWorkspace {
  const { integers, floats, doubles } = stagingRegions(instance);
  const labels = integers(elementBlockLength);
  const positions = floats(elementBlockLength);
  const shares = floats(elementBlockLength);
  const ofClasses = doubles(3 * maxOverlapClasses);
  const others = doubles(elementBlockLength).byteOffset;
  const derivatives = doubles(4 * maxOverlapClasses).byteOffset;
  const argumentsOf = (tile: OverlapTile) =>
    [
      tile.p.byteOffset,
      tile.complements?.byteOffset ?? 0,
      tile.isSoftmax ? others : 0,
      labels.byteOffset,
      tile.hasShares ? shares.byteOffset : 0,
      tile.columns,
      tile.size,
      Number(tile.squared),
      ofClasses.byteOffset,
    ] as const;
  const prepare = ({ isSoftmax, p, columns, size }: OverlapTile) => {
    if (isSoftmax) kernels.sumSmaller(p.byteOffset, columns, size, others);
  };
  return {
    labels,
    positions,
    shares,
    fromPositions({ columns, size }, to) {
      kernels.rowsToTile(positions.byteOffset, to.byteOffset, columns, size);
    },
    toPositions({ columns, size }, from) {
      kernels.tileToRows(from.byteOffset, positions.byteOffset, columns, size);
    },
    addOverlaps(tile, sums) {
      prepare(tile);
      ofClasses.set(sums);
      kernels.addOverlaps(...argumentsOf(tile));
      sums.set(ofClasses.subarray(0, sums.length));
    },
    computeGradient(tile, slopes) {
      prepare(tile);
      ofClasses.set(slopes);
      kernels.overlapGradient(...argumentsOf(tile), derivatives);
    },
  };
}
