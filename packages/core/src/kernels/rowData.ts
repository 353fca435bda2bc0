import { bufferPool } from "./bufferPool.ts";

/** What a kernel takes and gives per row: asked for and handed over in blocks, so that their memory stays constant. */
export interface RowData {
  /** Puts the classes (−1: the row counts for nothing) and scales of `count` rows, from `first` on. Must call no kernel. */
  load(first: number, count: number, targets: Int32Array, gradScale: Float64Array): void;
  /** Takes their values, which are valid only now. */
  store(first: number, count: number, values: Float64Array): void;
}

/** How many rows a block has at most: a multiple of sixteen, and sixteen less than `assembly/memory.ts` has room for. */
export const maxBlockRows = 4080;

/** The numbers of up to `length` rows. */
export interface RowBuffers {
  readonly length: number;
  readonly targets: Int32Array;
  readonly gradScale: Float64Array;
  readonly values: Float64Array;
}

export const rowBuffers = /* @__PURE__ */ bufferPool(
  (length): RowBuffers => ({
    length,
    targets: new Int32Array(length),
    gradScale: new Float64Array(length),
    values: new Float64Array(length),
  }),
);

/** Goes through `count` rows block by block: `compute` finds classes and scales, and leaves values. */
export function forEachRowBlock(
  count: number,
  rows: RowData,
  compute: (first: number, count: number, block: RowBuffers) => void,
): void {
  const block = rowBuffers.acquire(Math.min(count, maxBlockRows));
  for (let first = 0; first < count; first += maxBlockRows) {
    const some = Math.min(maxBlockRows, count - first);
    rows.load(first, some, block.targets, block.gradScale);
    compute(first, some, block);
    rows.store(first, some, block.values);
  }
  rowBuffers.release(block);
}
