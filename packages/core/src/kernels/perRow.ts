import { maxRows } from "../generated/memoryMap.ts";
import { workspace } from "./row.ts";

/** What a kernel takes and gives per row: asked for and handed over in blocks, so that their memory stays constant. */
export interface PerRow {
  /** Puts the classes (−1: the row counts for nothing) and scales of `count` rows, from `first` on. Must call no kernel. */
  load(first: number, count: number, index: Int32Array, scales: Float64Array): void;
  /** Takes their values, which are valid only now. */
  store(first: number, count: number, values: Float64Array): void;
}

/** The most rows of a block: a multiple of sixteen. */
export { maxRows };

/** The numbers of up to `length` rows. */
export interface Block {
  readonly length: number;
  readonly index: Int32Array;
  readonly scales: Float64Array;
  readonly values: Float64Array;
}

export const perRowBlocks = /* @__PURE__ */ workspace(
  (length): Block => ({
    length,
    index: new Int32Array(length),
    scales: new Float64Array(length),
    values: new Float64Array(length),
  }),
);

/** Goes through `count` rows block by block: `compute` finds classes and scales, and leaves values. */
export function inBlocks(
  count: number,
  rows: PerRow,
  compute: (first: number, count: number, block: Block) => void,
): void {
  const block = perRowBlocks.take(Math.min(count, maxRows));
  for (let first = 0; first < count; first += maxRows) {
    const some = Math.min(maxRows, count - first);
    rows.load(first, some, block.index, block.scales);
    compute(first, some, block);
    rows.store(first, some, block.values);
  }
  perRowBlocks.giveBack(block);
}
