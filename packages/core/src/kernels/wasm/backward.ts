import type { Layout } from "../../arrays/layout.ts";
import { backward } from "../../generated/backward.ts";
import { exchange, forEachBlock, isColumnwise, stagedRowStride } from "../blocks.ts";
import { maxBlockRows } from "../rowData.ts";
import { address, type Instance, linkExports, stagingSize } from "./instance.ts";

/** Whose gradient, as `Through` in `assembly/backward.ts` numbers it. */
export const backwardOp = { softmax: 0, logSoftmax: 1 };

/** What the compiled kernels export; as in `assembly/backward.ts`. */
interface Exports {
  rowsBackward(
    backwardOp: number,
    g: number,
    y: number,
    out: number,
    rows: number,
    size: number,
  ): void;
  columnsBackward(
    backwardOp: number,
    g: number,
    y: number,
    out: number,
    outer: number,
    size: number,
    inner: number,
    pitch: number,
  ): void;
  sumBackward(backwardOp: number, g: number, y: number, size: number): number;
  applyBackward(
    backwardOp: number,
    g: number,
    y: number,
    out: number,
    size: number,
    sum: number,
  ): void;
}

/** One call of a backward kernel. */
export interface BackwardCall {
  readonly op: number;
  readonly g: Float32Array;
  readonly y: Float32Array;
  readonly out: Float32Array;
  readonly layout: Layout;
}

/** Both inputs are staged, each in its half. */
const half = stagingSize / 2;
const second = address.staging + 4 * half;

/** Whether these rows can be staged. */
export function canStage(layout: Layout): boolean {
  return layout.inner === 1 || isColumnwise(layout);
}

/** Copies into the staging buffer, computes there, copies out. */
export function backwardStaged(instance: Instance, job: BackwardCall): void {
  const { outer, size } = job.layout;
  if (size > half) for (let r = 0; r < outer; r++) longRow(instance, job, r * size);
  else stageBlocks(instance, job);
}

/** Computes where the data are; rows whose elements lie apart must fill vectors. */
export function backwardInPlace(instance: Instance, job: BackwardCall): void {
  const exports = linkExports<Exports>(instance, backward);
  const { outer, size, inner } = job.layout;
  const [g, y, out] = [job.g.byteOffset, job.y.byteOffset, job.out.byteOffset];
  if (inner === 1) exports.rowsBackward(job.op, g, y, out, outer, size);
  else exports.columnsBackward(job.op, g, y, out, outer, size, inner, inner);
}

function stageBlocks(
  instance: Instance,
  { op: backwardOp, g, y, out, layout }: BackwardCall,
): void {
  const exports = linkExports<Exports>(instance, backward);
  const { outer, size, inner } = layout;
  const staging = instance.staging;
  const secondStaging = staging.subarray(half);
  const room = Math.max(1, Math.min(maxBlockRows, Math.floor(half / size)));
  forEachBlock(layout, 0, outer, inner === 1 ? room : room & ~15, (block) => {
    exchange(g, staging, layout, block, true);
    exchange(y, secondStaging, layout, block, true);
    const { slabs, columns } = block;
    const at = address.staging;
    if (inner === 1) exports.rowsBackward(backwardOp, at, second, at, slabs, size);
    else {
      const pitch = stagedRowStride(layout, block);
      exports.columnsBackward(backwardOp, at, second, at, slabs, size, columns, pitch);
    }
    exchange(out, staging, layout, block, false);
  });
}

function longRow(instance: Instance, job: BackwardCall, start: number): void {
  const { staging } = instance;
  const exports = linkExports<Exports>(instance, backward);
  const { op: backwardOp, g, y, out, layout } = job;
  const forEachPiece = (visit: (from: number, size: number) => void) => {
    for (let first = 0; first < layout.size; first += half) {
      const size = Math.min(half, layout.size - first);
      const from = start + first;
      staging.set(g.subarray(from, from + size));
      staging.set(y.subarray(from, from + size), half);
      visit(from, size);
    }
  };
  let sum = 0;
  forEachPiece((_, size) => {
    sum += exports.sumBackward(backwardOp, address.staging, second, size);
  });
  forEachPiece((from, size) => {
    exports.applyBackward(backwardOp, address.staging, second, address.staging, size, sum);
    out.set(staging.subarray(0, size), from);
  });
}
