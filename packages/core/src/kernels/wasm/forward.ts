import type { Layout } from "../../arrays/layout.ts";
import { exchange, forEachBlock, isColumnwise, stagedRowStride, transpose } from "../blocks.ts";
import { maxBlockRows } from "../rowData.ts";
import { chunkSize, type Instance, stagingSize } from "./instance.ts";
import { addressOf, type Exports, type KernelCall, linkKernels } from "./kernelCall.ts";
import { longRow } from "./longRow.ts";

/** Rows shorter than this run side by side, one per SIMD lane; longer ones alone. */
const shortRow = 256;

/** Computes where the arrays are, if they lie in the instance's memory, or else in the staging buffer. */
export function forward(instance: Instance, job: KernelCall, atHome: boolean): void {
  const kernels = linkKernels(instance, job);
  const { outer } = job.layout;
  const inPlace = atHome ? inPlaceOf(job.layout) : 0;
  run(instance, kernels, job, 0, inPlace, true);
  run(instance, kernels, job, inPlace, outer, false);
}

/** How many slabs can be computed in place: side by side rows are taken four by four, and nothing behind them may be written. */
function inPlaceOf(layout: Layout): number {
  const { outer, size, inner } = layout;
  if (inner === 1) return size < shortRow ? outer - (outer % 4) : outer;
  return isColumnwise(layout) && inner % 4 === 0 ? outer : 0;
}

/** Slabs `from` to `end`. */
function run(
  instance: Instance,
  kernels: Exports,
  job: KernelCall,
  from: number,
  end: number,
  inPlace: boolean,
): void {
  const { x, out, layout, rowData: rows, empty } = job;
  const { size, inner } = layout;
  const { staging: stage, targets: index, gradScale: scales, values } = instance;
  if (!inPlace && size > stagingSize) {
    for (let row = from; row < end; row++) longRow(instance, kernels, job, row);
    return;
  }
  const columnwise = isColumnwise(layout);
  const isShort = size < shortRow;
  const copy = columnwise || inner === 1 ? exchange : transpose;
  const compute = isShort ? kernels.shortRowsOf : kernels.rowsOf;
  const room = Math.floor((columnwise ? stagingSize : chunkSize) / size);
  const most = inPlace ? maxBlockRows : Math.max(1, Math.min(maxBlockRows, room));
  // Side by side, rows are taken sixteen at a time.
  forEachBlock(layout, from, end, columnwise || isShort ? most & ~15 : most, (block) => {
    const { slabs, columns, firstRow: first, offset: begin } = block;
    const count = slabs * columns;
    const [source, target] = [addressOf(x, begin, inPlace), addressOf(out, begin, inPlace)];
    if (!inPlace) copy(x, stage, layout, block, true);
    if (rows !== undefined) {
      rows.load(first, count, index, scales);
      // What is taken for a row without being one has no class.
      index.fill(-1, count, count + 4);
    }
    if (columnwise) {
      const pitch = inPlace ? inner : stagedRowStride(layout, block);
      kernels.columnsOf(source, target, slabs, size, columns, pitch, empty);
    } else compute(source, target, count, size, empty);
    if (!inPlace && out !== undefined) copy(out, stage, layout, block, false);
    rows?.store(first, count, values);
  });
}
