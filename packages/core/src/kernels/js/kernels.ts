// The kernels in plain JavaScript. They compute in float64, whatever the arrays hold.
import type { Layout } from "../../arrays/layout.ts";
import type { KernelArray } from "../../types.ts";
import { copyIn, copyOut, forEachBlock, packRows, type RowBlock, unpackRows } from "../blocks.ts";
import { bufferPool } from "../bufferPool.ts";
import type { ComposedCrossEntropyKernel, Kernels } from "../interface.ts";
import { jsBlockLength, maxBlockRows, minBulkCopyLength } from "../limits.ts";
import { type RowData, rowBuffers } from "../rowData.ts";
import { sumOf } from "./compensatedSum.ts";
import {
  argmax,
  crossEntropyRow,
  exponentials,
  expTimes,
  rescaleRow,
  scaledDifference,
  uncorrectedExponentials,
} from "./rows.ts";

/** The sum of any numbers does not overflow, if they are multiplied by this first. */
const overflowScale = 2 ** -64;

const createBuffer = (length: number) => new Float64Array(length);

const rowPool = /* @__PURE__ */ bufferPool(createBuffer);
const scratchPool = /* @__PURE__ */ bufferPool(createBuffer);
const productPool = /* @__PURE__ */ bufferPool(createBuffer);

/** The block of an array that is one row. */
const onlyRow: RowBlock = { slabs: 1, columns: 1, firstRow: 0, offset: 0 };

function rowsPerBlock({ outer, size, inner }: Layout): number {
  return Math.max(1, Math.min(outer * inner, maxBlockRows, Math.floor(jsBlockLength / size)));
}

/**
 * Copies rows block by block into the contiguous `rows`, calls `compute`, and copies what it has left
 * in `rows` to `out`. `scratch` is as long as `rows` and free for use.
 */
function forEachBlockOfRows(
  x: KernelArray,
  out: KernelArray | undefined,
  layout: Layout,
  compute: (rows: Float64Array, scratch: Float64Array, count: number, block: RowBlock) => void,
): void {
  const { outer, size } = layout;
  const maxRows = rowsPerBlock(layout);
  const rows = rowPool.acquire(maxRows * size);
  const scratch = scratchPool.acquire(maxRows * size);
  if (outer * layout.inner === 1 && size < minBulkCopyLength) {
    // To cut one short row into blocks takes as long as its exponentials.
    for (let j = 0; j < size; j++) rows[j] = x[j];
    compute(rows, scratch, 1, onlyRow);
    if (out !== undefined) for (let j = 0; j < size; j++) out[j] = rows[j];
  } else {
    forEachBlock(layout, 0, outer, maxRows, (block) => {
      loadRows(x, rows, layout, block);
      compute(rows, scratch, block.slabs * block.columns, block);
      if (out !== undefined) storeRows(out, rows, layout, block);
    });
  }
  rowPool.release(rows);
  scratchPool.release(scratch);
}

function loadRows(x: KernelArray, rows: Float64Array, layout: Layout, block: RowBlock): void {
  if (canCopyInBulk(rows, layout)) copyIn(x, rows, layout, block);
  else packRows(x, rows, layout, block);
}

function storeRows(out: KernelArray, rows: Float64Array, layout: Layout, block: RowBlock): void {
  if (canCopyInBulk(rows, layout)) copyOut(out, rows, layout, block);
  else unpackRows(out, rows, layout, block);
}

function canCopyInBulk(rows: Float64Array, layout: Layout): boolean {
  return layout.inner === 1 && rows.length >= minBulkCopyLength;
}

export const softmax: Kernels["softmax"] = (x, out, layout, temperature, empty) => {
  const { size } = layout;
  forEachBlockOfRows(x, out, layout, (rows, exps, count) => {
    for (let i = 0, start = 0; i < count; i++, start += size) {
      const end = start + size;
      const top = argmax(rows, start, end);
      if (rows[top] === Number.NEGATIVE_INFINITY) rows.fill(empty, start, end);
      else {
        const total = 1 + uncorrectedExponentials(rows, exps, top, temperature, start, end);
        for (let j = start; j < end; j++) rows[j] = exps[j] / total;
      }
    }
  });
};

export const logSoftmax: Kernels["logSoftmax"] = (x, out, layout, temperature, empty) => {
  const { size } = layout;
  forEachBlockOfRows(x, out, layout, (rows, exps, count) => {
    for (let i = 0, start = 0; i < count; i++, start += size) {
      const end = start + size;
      const top = argmax(rows, start, end);
      const max = rows[top];
      if (max === Number.NEGATIVE_INFINITY) rows.fill(empty, start, end);
      else {
        const logTotal = Math.log1p(exponentials(rows, exps, top, temperature, start, end));
        for (let j = start; j < end; j++) {
          const shifted =
            temperature === 1 ? rows[j] - max : scaledDifference(rows[j], max, temperature);
          // (x − max) − log, never x − (max + log): the latter loses the log at large offsets.
          rows[j] = shifted - logTotal;
        }
      }
    }
  });
};

export const logSumExp: Kernels["logSumExp"] = (x, out, layout) => {
  const { size } = layout;
  forEachBlockOfRows(x, undefined, layout, (rows, exps, count, block) => {
    for (let i = 0, start = 0; i < count; i++, start += size) {
      const top = argmax(rows, start, start + size);
      const max = size === 0 ? Number.NEGATIVE_INFINITY : rows[top];
      out[block.firstRow + i] = Number.isFinite(max)
        ? max + Math.log1p(exponentials(rows, exps, top, 1, start, start + size))
        : max;
    }
  });
};

/** Returns the largest magnitude of some elements; NaN is none. */
function largestMagnitude(elements: Float64Array, start: number, end: number): number {
  let largest = 0;
  for (let j = start; j < end; j++) {
    const magnitude = Math.abs(elements[j]);
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
}

function scaleElements(elements: Float64Array, scale: number, start: number, end: number): void {
  for (let j = start; j < end; j++) elements[j] *= scale;
}

export const softmaxBackward: Kernels["softmaxBackward"] = (g, y, out, layout) => {
  const { size } = layout;
  const products = productPool.acquire(size);
  forEachBlockOfRows(y, out, layout, (rows, upstream, count, block) => {
    loadRows(g, upstream, layout, block);
    for (let i = 0, start = 0; i < count; i++, start += size) {
      const end = start + size;
      const largest = largestMagnitude(upstream, start, end);
      // Where twice that overflows, upstream − Σ may, though its product with the output does not.
      const scale = largest * 2 < Number.POSITIVE_INFINITY ? 1 : overflowScale;
      if (scale !== 1) scaleElements(upstream, scale, start, end);
      for (let j = 0; j < size; j++) products[j] = upstream[start + j] * rows[start + j];
      const dot = sumOf(products);
      for (let j = start; j < end; j++) rows[j] *= upstream[j] - dot;
      if (scale !== 1) scaleElements(rows, 1 / scale, start, end);
    }
  });
  productPool.release(products);
};

export const logSoftmaxBackward: Kernels["logSoftmaxBackward"] = (g, y, out, layout) => {
  const { size } = layout;
  forEachBlockOfRows(y, out, layout, (rows, upstream, count, block) => {
    loadRows(g, upstream, layout, block);
    for (let i = 0, start = 0; i < count; i++, start += size) {
      const end = start + size;
      // All 0 is a row that logSoftmax has filled, or one class: the gradient is 0.
      let first = start;
      while (first < end && rows[first] === 0) first++;
      if (first === end) continue;
      let sum = sumOf(upstream, start, end);
      const overflows = !Number.isFinite(sum);
      if (overflows) {
        scaleElements(upstream, overflowScale, start, end);
        sum = sumOf(upstream, start, end);
      }
      for (let j = start; j < end; j++) rows[j] = upstream[j] - expTimes(rows[j], sum);
      if (overflows) scaleElements(rows, 1 / overflowScale, start, end);
    }
  });
};

export const crossEntropy: Kernels["crossEntropy"] = (x, layout, rowData, gradient) =>
  computeCrossEntropy(x, layout, rowData, gradient);

/** The cross-entropy, and its gradient times factors; see `ComposedRowData`. */
export const composedCrossEntropy: ComposedCrossEntropyKernel = (x, layout, rowData, gradient) => {
  const { size } = layout;
  computeCrossEntropy(x, layout, rowData, gradient, (rows, count) => {
    const factors = rowData.gradFactors(count);
    for (let i = 0; i < count; i++) rescaleRow(rows, i * size, (i + 1) * size, factors[i]);
  });
};

/** @param rescale multiplies the gradients of `count` rows by their factors. */
function computeCrossEntropy(
  x: KernelArray,
  layout: Layout,
  rowData: RowData,
  gradient: KernelArray | undefined,
  rescale?: (rows: Float64Array, count: number) => void,
): void {
  const { size } = layout;
  const buffers = rowBuffers.acquire(rowsPerBlock(layout));
  const { targets, gradScale, values } = buffers;
  const compute = (rows: Float64Array, exps: Float64Array, count: number, block: RowBlock) => {
    rowData.load(block.firstRow, count, targets, gradScale);
    for (let i = 0, start = 0; i < count; i++, start += size) {
      const scale = gradient === undefined ? undefined : gradScale[i];
      values[i] = crossEntropyRow(rows, exps, start, start + size, targets[i], scale);
    }
    rowData.store(block.firstRow, count, values);
    if (gradient !== undefined) rescale?.(rows, count);
  };
  forEachBlockOfRows(x, gradient, layout, compute);
  rowBuffers.release(buffers);
}
