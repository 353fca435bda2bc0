import { exchange, forEachBlock } from "./blocks.ts";
import { address, chunkSize, type Instance } from "./instance.ts";
import type { Exports, Job } from "./job.ts";

/**
 * A row that the staging buffer does not hold: piece by piece through it for the maximum, for the
 * terms, and for what is written.
 */
export function longRow(instance: Instance, kernels: Exports, job: Job, row: number): void {
  const { x, out, layout, rows, empty } = job;
  const { stage, index, scales, values } = instance;
  // To be cut, the row's elements are columns.
  const pieces = { outer: 1, size: 1, inner: layout.size };
  const start = row * layout.size;
  const at = address.stage;
  const target = out === undefined ? 0 : at;
  const pass = (
    from: Float32Array,
    to: Float32Array | undefined,
    compute: (size: number, first: number) => void,
  ) => {
    forEachBlock(pieces, row, row + 1, chunkSize, (piece) => {
      exchange(from, stage, pieces, piece, true);
      compute(piece.columns, piece.first - start);
      if (to !== undefined) exchange(to, stage, pieces, piece, false);
    });
  };

  rows?.load(row, 1, index, scales);
  const logit = x[start + Math.max(0, index[0])];
  let max = Number.NEGATIVE_INFINITY;
  let top = 0;
  let others = 0;
  // Of a row that counts for nothing, nothing has to be known.
  if (rows === undefined || index[0] >= 0) {
    pass(x, undefined, (size, first) => {
      const found = kernels.rowMax(at, size);
      if (found > max) {
        max = found;
        top = first;
      }
    });
    pass(x, out, (size, first) => {
      const hide = first === top;
      if (hide) kernels.rowMax(at, size);
      others += kernels.sumExpMinusMax(at, target, size, max, hide);
    });
  }
  const finish = (size: number, first: number) =>
    kernels.storeRowResult(at, target, size, first, first === top, 0, max, others, logit, empty);
  if (out === undefined) finish(0, 0);
  else pass(out, out, finish);
  rows?.store(row, 1, values);
}
