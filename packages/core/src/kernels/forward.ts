import { type Layout, startOf } from "../layout.ts";
import { type Instance, stageSize } from "./instance.ts";
import { type Exports, type Job, kernelsOf, placeOf } from "./job.ts";
import { longRow } from "./longRow.ts";
import { maxRows } from "./perRow.ts";

/** Rows shorter than this run side by side, one per SIMD lane; longer ones alone. */
const shortRow = 256;

/** Of rows whose elements lie apart, these are the longest that run side by side. */
const maxColumn = 1024;

/** How many floats of rows are staged at once, if they are several: what the processor's second cache holds. */
const chunkSize = 1 << 15;

/** Computes where the arrays are, if they lie in the instance's memory, or else in the staging buffer. */
export function forward(instance: Instance, job: Job, inPlace: boolean): void {
  const kernels = kernelsOf(instance, job);
  const { layout } = job;
  if (areColumns(layout)) runColumns(instance, kernels, job, inPlace && layout.inner % 4 === 0);
  else runRows(instance, kernels, job, inPlace && layout.inner === 1);
}

/** Whether rows lie apart, and are taken side by side. */
export function areColumns({ size, inner }: Layout): boolean {
  return inner > 1 && size <= maxColumn && (inner % 4 === 0 || inner >= 64);
}

function runRows(instance: Instance, kernels: Exports, job: Job, inPlace: boolean): void {
  const { x, out, layout, empty } = job;
  const { outer, size, inner } = layout;
  const { stage } = instance;
  const isShort = size < shortRow;
  const compute = isShort ? kernels.shortRowsOf : kernels.rowsOf;
  const most = inPlace ? maxRows : Math.min(maxRows, Math.floor(chunkSize / size));
  // Short rows are taken sixteen at a time.
  const step = isShort ? most & ~15 : Math.max(1, most);
  const count = outer * inner;
  for (let first = 0, rows = 0; first < count; first += rows) {
    rows = Math.min(step, count - first);
    // The kernels take short rows four by four: the last of an array are staged, so that nothing behind them is written.
    if (inPlace && isShort && rows > 3) rows &= ~3;
    const stays = inPlace && !(isShort && rows < 4);
    const [start, end] = [first * size, (first + rows) * size];
    if (!stays && size > stageSize) {
      longRow(instance, kernels, job, first);
      continue;
    }
    if (!stays) {
      if (inner === 1) stage.set(x.subarray(start, end));
      else exchange(x, stage, layout, first, rows, true);
    }
    load(instance, job, first, rows);
    compute(placeOf(x, start, stays), placeOf(out, start, stays), rows, size, empty);
    if (!stays && out !== undefined) {
      if (inner === 1) out.set(stage.subarray(0, end - start), start);
      else exchange(out, stage, layout, first, rows, false);
    }
    store(instance, job, first, rows);
  }
}

/** Copies rows whose elements lie apart into the staging buffer, or out of it. */
function exchange(
  apart: Float32Array,
  stage: Float32Array,
  layout: Layout,
  first: number,
  rows: number,
  collect: boolean,
): void {
  const { size, inner } = layout;
  for (let r = 0, i = 0; r < rows; r++) {
    for (let j = 0, place = startOf(first + r, layout); j < size; j++, i++, place += inner) {
      if (collect) stage[i] = apart[place];
      else apart[place] = stage[i];
    }
  }
}

function runColumns(instance: Instance, kernels: Exports, job: Job, inPlace: boolean): void {
  const { x, out, layout, empty } = job;
  const { outer, size, inner } = layout;
  const { stage } = instance;
  const most = inPlace ? maxRows : Math.min(maxRows, Math.floor(stageSize / size)) & ~15;
  forEachBlock(outer, inner, most, (o, slabs, i, columns) => {
    const start = o * size * inner + i;
    const first = o * inner + i;
    const pitch = inPlace ? inner : (columns + 3) & ~3;
    // Whole slabs lie in one piece.
    const part = columns === inner && pitch === columns ? slabs * size * inner : columns;
    const copies = inPlace ? 0 : (slabs * size * columns) / part;
    for (let j = 0; j < copies; j++) {
      const from = start + j * inner;
      stage.set(x.subarray(from, from + part), j * pitch);
    }
    load(instance, job, first, slabs * columns);
    const [from, to] = [placeOf(x, start, inPlace), placeOf(out, start, inPlace)];
    kernels.columnsOf(from, to, slabs, size, columns, pitch, empty);
    for (let j = 0; out !== undefined && j < copies; j++) {
      out.set(stage.subarray(j * pitch, j * pitch + part), start + j * inner);
    }
    store(instance, job, first, slabs * columns);
  });
}

/**
 * Cuts [outer, inner] into blocks of at most `most` rows: whole slabs, several where they are
 * small and their columns fill vectors, else a part of the columns of one.
 */
export function forEachBlock(
  outer: number,
  inner: number,
  most: number,
  visit: (o: number, slabs: number, i: number, columns: number) => void,
): void {
  const slabs = inner % 4 === 0 ? Math.max(1, Math.floor(most / inner)) : 1;
  for (let o = 0; o < outer; o += slabs) {
    for (let i = 0; i < inner; i += most) {
      visit(o, Math.min(slabs, outer - o), i, Math.min(most, inner - i));
    }
  }
}

function load({ index, scales }: Instance, { rows }: Job, first: number, count: number): void {
  if (rows === undefined) return;
  rows.load(first, count, index, scales);
  // What is taken for a row without being one has no class.
  index.fill(-1, count, count + 4);
}

function store({ values }: Instance, { rows }: Job, first: number, count: number): void {
  rows?.store(first, count, values);
}
