import type { Layout } from "../layout.ts";
import { areColumns, exchange, forEachBlock, pitchOf, transpose } from "./blocks.ts";
import { chunkSize, type Instance, stageSize } from "./instance.ts";
import { type Exports, type Job, kernelsOf, placeOf } from "./job.ts";
import { longRow } from "./longRow.ts";
import { maxRows } from "./perRow.ts";

/** Rows shorter than this run side by side, one per SIMD lane; longer ones alone. */
const shortRow = 256;

/** Computes where the arrays are, if they lie in the instance's memory, or else in the staging buffer. */
export function forward(instance: Instance, job: Job, atHome: boolean): void {
  const kernels = kernelsOf(instance, job);
  const { outer } = job.layout;
  const inPlace = atHome ? inPlaceOf(job.layout) : 0;
  run(instance, kernels, job, 0, inPlace, true);
  run(instance, kernels, job, inPlace, outer, false);
}

/** How many slabs can be computed in place: side by side rows are taken four by four, and nothing behind them may be written. */
function inPlaceOf(layout: Layout): number {
  const { outer, size, inner } = layout;
  if (inner === 1) return size < shortRow ? outer - (outer % 4) : outer;
  return areColumns(layout) && inner % 4 === 0 ? outer : 0;
}

/** Slabs `from` to `end`. */
function run(
  instance: Instance,
  kernels: Exports,
  job: Job,
  from: number,
  end: number,
  inPlace: boolean,
): void {
  const { x, out, layout, rows, empty } = job;
  const { size, inner } = layout;
  const { stage, index, scales, values } = instance;
  if (!inPlace && size > stageSize) {
    for (let row = from; row < end; row++) longRow(instance, kernels, job, row);
    return;
  }
  const columnwise = areColumns(layout);
  const isShort = size < shortRow;
  const copy = columnwise || inner === 1 ? exchange : transpose;
  const compute = isShort ? kernels.shortRows : kernels.contiguousRows;
  const room = Math.floor((columnwise ? stageSize : chunkSize) / size);
  const most = inPlace ? maxRows : Math.max(1, Math.min(maxRows, room));
  // Side by side, rows are taken sixteen at a time.
  forEachBlock(layout, from, end, columnwise || isShort ? most & ~15 : most, (block) => {
    const { slabs, columns, first, begin } = block;
    const count = slabs * columns;
    const [source, target] = [placeOf(x, begin, inPlace), placeOf(out, begin, inPlace)];
    if (!inPlace) copy(x, stage, layout, block, true);
    if (rows !== undefined) {
      rows.load(first, count, index, scales);
      // What is taken for a row without being one has no class.
      index.fill(-1, count, count + 4);
    }
    if (columnwise) {
      const pitch = inPlace ? inner : pitchOf(layout, block);
      kernels.stridedRows(source, target, slabs, size, columns, pitch, empty);
    } else compute(source, target, count, size, empty);
    if (!inPlace && out !== undefined) copy(out, stage, layout, block, false);
    rows?.store(first, count, values);
  });
}
