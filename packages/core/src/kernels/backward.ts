import { backward } from "../generated/backward.ts";
import type { Layout } from "../layout.ts";
import { areColumns, exchange, forEachBlock, pitchOf } from "./blocks.ts";
import { address, exportsOf, type Instance, stageSize } from "./instance.ts";
import { maxRows } from "./perRow.ts";

/** Whose gradient, as `BackwardOp` in `assembly/backward.ts` numbers it. */
export const through = { softmax: 0, logSoftmax: 1 };

/** What the compiled kernels export; as in `assembly/backward.ts`. */
interface Exports {
  contiguousRowsBackward(
    through: number,
    g: number,
    y: number,
    out: number,
    rows: number,
    size: number,
  ): void;
  stridedRowsBackward(
    through: number,
    g: number,
    y: number,
    out: number,
    outer: number,
    size: number,
    inner: number,
    pitch: number,
  ): void;
  sumBackward(through: number, g: number, y: number, size: number): number;
  applyBackward(
    through: number,
    g: number,
    y: number,
    out: number,
    size: number,
    sum: number,
  ): void;
}

/** One call of a backward kernel. */
export interface BackwardJob {
  readonly through: number;
  readonly g: Float32Array;
  readonly y: Float32Array;
  readonly out: Float32Array;
  readonly layout: Layout;
}

/** Both inputs are staged, each in its half. */
const half = stageSize / 2;
const second = address.stage + 4 * half;

/** Whether these rows can be staged. */
export function canStage(layout: Layout): boolean {
  return layout.inner === 1 || areColumns(layout);
}

/** Copies into the staging buffer, computes there, copies out. */
export function backwardStaged(instance: Instance, job: BackwardJob): void {
  const { outer, size } = job.layout;
  if (size > half) for (let r = 0; r < outer; r++) longRow(instance, job, r * size);
  else stageBlocks(instance, job);
}

/** Computes where the data are; rows whose elements lie apart must fill vectors. */
export function backwardInPlace(instance: Instance, job: BackwardJob): void {
  const exports = exportsOf<Exports>(instance, backward);
  const { outer, size, inner } = job.layout;
  const [g, y, out] = [job.g.byteOffset, job.y.byteOffset, job.out.byteOffset];
  if (inner === 1) exports.contiguousRowsBackward(job.through, g, y, out, outer, size);
  else exports.stridedRowsBackward(job.through, g, y, out, outer, size, inner, inner);
}

function stageBlocks(instance: Instance, { through, g, y, out, layout }: BackwardJob): void {
  const exports = exportsOf<Exports>(instance, backward);
  const { outer, size, inner } = layout;
  const stage = instance.stage;
  const behind = stage.subarray(half);
  const room = Math.max(1, Math.min(maxRows, Math.floor(half / size)));
  forEachBlock(layout, 0, outer, inner === 1 ? room : room & ~15, (block) => {
    exchange(g, stage, layout, block, true);
    exchange(y, behind, layout, block, true);
    const { slabs, columns } = block;
    const at = address.stage;
    if (inner === 1) exports.contiguousRowsBackward(through, at, second, at, slabs, size);
    else {
      const pitch = pitchOf(layout, block);
      exports.stridedRowsBackward(through, at, second, at, slabs, size, columns, pitch);
    }
    exchange(out, stage, layout, block, false);
  });
}

function longRow(instance: Instance, job: BackwardJob, start: number): void {
  const { stage } = instance;
  const exports = exportsOf<Exports>(instance, backward);
  const { through, g, y, out, layout } = job;
  const forEachPiece = (visit: (from: number, size: number) => void) => {
    for (let first = 0; first < layout.size; first += half) {
      const size = Math.min(half, layout.size - first);
      const from = start + first;
      stage.set(g.subarray(from, from + size));
      stage.set(y.subarray(from, from + size), half);
      visit(from, size);
    }
  };
  let sum = 0;
  forEachPiece((_, size) => {
    sum += exports.sumBackward(through, address.stage, second, size);
  });
  forEachPiece((from, size) => {
    exports.applyBackward(through, address.stage, second, address.stage, size, sum);
    out.set(stage.subarray(0, size), from);
  });
}
