import { type Layout, startOf } from "../layout.ts";
import { address, type Instance, stageSize } from "./instance.ts";
import { chunkSize, type Exports, type Job, kernelsOf } from "./job.ts";
import { longRow } from "./longRow.ts";
import { maxRows } from "./perRow.ts";

/** Rows shorter than this run side by side, one per SIMD lane; longer ones alone. */
const shortRow = 256;

/** Of rows whose elements lie apart, these are the longest that run side by side. */
const maxColumn = 1024;

/** Copies into the staging buffer, computes there, copies out. */
export function runStaged(instance: Instance, job: Job): void {
  const { outer, inner } = job.layout;
  const kernels = kernelsOf(instance, job);
  if (inner === 1) runRows(instance, kernels, job, 0, outer);
  else if (areColumns(job.layout)) runColumns(instance, kernels, job);
  else runGathered(instance, kernels, job);
}

/** Computes where the data are: nothing is copied but the numbers per row. */
export function runInPlace(instance: Instance, job: Job): void {
  const { outer, size, inner } = job.layout;
  const kernels = kernelsOf(instance, job);
  if (inner > 1) {
    // What stands behind the columns is taken for columns, too: it must be their own.
    if (inner % 4 === 0 && size <= maxColumn) runColumnsInPlace(instance, kernels, job);
    else runStaged(instance, job);
    return;
  }
  const whole = size < shortRow ? outer - (outer % 4) : outer;
  const x = job.x.byteOffset;
  const out = (job.out ?? job.x).byteOffset;
  for (let r = 0; r < whole; r += maxRows) {
    const rows = Math.min(maxRows, whole - r);
    load(instance, job, r, rows);
    computeRows(kernels, job, x + 4 * r * size, out + 4 * r * size, rows);
    store(instance, job, r, rows);
  }
  runRows(instance, kernels, job, whole, outer);
}

/** Whether rows whose elements lie apart are taken as columns, side by side. */
export function areColumns({ size, inner }: Layout): boolean {
  return size <= maxColumn && (inner % 4 === 0 || inner >= 64);
}

function runRows(instance: Instance, kernels: Exports, job: Job, from: number, end: number): void {
  const { x, out, layout } = job;
  const { size } = layout;
  if (size > chunkSize) {
    for (let r = from; r < end; r++) longRow(instance, kernels, job, r);
    return;
  }
  const most = Math.min(maxRows, Math.floor(chunkSize / size));
  // Short rows are taken sixteen at a time.
  const step = size < shortRow ? most & ~15 : most;
  for (let r = from; r < end; r += step) {
    const rows = Math.min(step, end - r);
    instance.stage.set(x.subarray(r * size, (r + rows) * size));
    load(instance, job, r, rows);
    computeRows(kernels, job, address.stage, address.stage, rows);
    out?.set(instance.stage.subarray(0, rows * size), r * size);
    store(instance, job, r, rows);
  }
}

function computeRows(kernels: Exports, job: Job, x: number, out: number, rows: number): void {
  const { result: kind, empty } = job;
  const { size } = job.layout;
  const { rowsOf, shortRowsOf } = kernels;
  (size < shortRow ? shortRowsOf : rowsOf)(kind, x, out, rows, size, empty);
}

function runColumnsInPlace(instance: Instance, kernels: Exports, job: Job): void {
  const { outer, size, inner } = job.layout;
  const x = job.x.byteOffset;
  const out = (job.out ?? job.x).byteOffset;
  forEachBlock(outer, inner, maxRows, (o, slabs, i, columns) => {
    const start = 4 * (o * size * inner + i);
    load(instance, job, o * inner + i, slabs * columns);
    computeColumns(kernels, job, x + start, out + start, slabs, columns, inner);
    store(instance, job, o * inner + i, slabs * columns);
  });
}

function runColumns(instance: Instance, kernels: Exports, job: Job): void {
  const { x, out, layout } = job;
  const { outer, size, inner } = layout;
  const most = Math.min(maxRows, Math.floor(stageSize / size)) & ~15;
  forEachBlock(outer, inner, most, (o, slabs, i, columns) => {
    const start = o * size * inner + i;
    const pitch = (columns + 3) & ~3;
    // Whole slabs lie in one piece.
    const part = columns === inner && pitch === columns ? slabs * size * inner : columns;
    const copies = (slabs * size * columns) / part;
    for (let j = 0; j < copies; j++) {
      const from = start + j * inner;
      instance.stage.set(x.subarray(from, from + part), j * pitch);
    }
    load(instance, job, o * inner + i, slabs * columns);
    computeColumns(kernels, job, address.stage, address.stage, slabs, columns, pitch);
    for (let j = 0; out !== undefined && j < copies; j++) {
      out.set(instance.stage.subarray(j * pitch, j * pitch + part), start + j * inner);
    }
    store(instance, job, o * inner + i, slabs * columns);
  });
}

function computeColumns(
  kernels: Exports,
  { result: kind, empty, layout: { size } }: Job,
  x: number,
  out: number,
  slabs: number,
  columns: number,
  pitch: number,
): void {
  kernels.columnsOf(kind, x, out, slabs, size, columns, pitch, empty);
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

/** Rows whose elements lie apart, collected element by element. */
function runGathered(instance: Instance, kernels: Exports, job: Job): void {
  const { x, out, layout } = job;
  const { outer, size, inner } = layout;
  const { stage } = instance;
  const step = Math.max(1, Math.min(maxRows, Math.floor(chunkSize / size)));
  const count = outer * inner;
  for (let first = 0; first < count; first += step) {
    const rows = Math.min(step, count - first);
    for (let r = 0; r < rows; r++) {
      const start = startOf(first + r, layout);
      for (let j = 0; j < size; j++) stage[r * size + j] = x[start + j * inner];
    }
    load(instance, job, first, rows);
    computeRows(kernels, job, address.stage, address.stage, rows);
    for (let r = 0; out !== undefined && r < rows; r++) {
      const start = startOf(first + r, layout);
      for (let j = 0; j < size; j++) out[start + j * inner] = stage[r * size + j];
    }
    store(instance, job, first, rows);
  }
}

function load({ index, scales }: Instance, { rows }: Job, first: number, count: number): void {
  if (rows === undefined) return;
  rows.load(first, count, index, scales);
  // What is taken for a row without being one has no class.
  for (let i = count; i < count + 4; i++) index[i] = -1;
}

function store({ values }: Instance, { rows }: Job, first: number, count: number): void {
  rows?.store(first, count, values);
}
