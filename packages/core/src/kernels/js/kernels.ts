// The kernels in plain JavaScript: float64 inside, whatever the arrays hold.
import type { Layout } from "../../arrays/layout.ts";
import type { KernelArray } from "../../types.ts";
import { exchange, forEachBlock, type RowBlock, transpose } from "../blocks.ts";
import { bufferPool } from "../bufferPool.ts";
import type { Kernels } from "../interface.ts";
import { maxBlockRows, rowBuffers } from "../rowData.ts";
import { sumOf } from "./compensatedSum.ts";
import { argmax, exponentials, uncorrectedExponentials } from "./rows.ts";

/** How many numbers are copied at once, where rows are shorter: a copy for every row would take longer than ten exponentials. */
const blockSize = 1024;

const make = (size: number) => new Float64Array(size);

const first = /* @__PURE__ */ bufferPool(make);
const second = /* @__PURE__ */ bufferPool(make);
const third = /* @__PURE__ */ bufferPool(make);

function rowsOfBlock({ outer, size, inner }: Layout): number {
  return Math.max(1, Math.min(outer * inner, maxBlockRows, Math.floor(blockSize / size)));
}

/**
 * Copies block after block of rows, one after the other, into `rows`, and after `compute` has put
 * results there, back to `out`. `more` is as long as `rows` and for free use; `count` rows are in use.
 * A block is `done` when its results are in `out`.
 */
function inBlocksOfRows(
  x: KernelArray,
  out: KernelArray | undefined,
  layout: Layout,
  compute: (rows: Float64Array, more: Float64Array, count: number, block: RowBlock) => void,
  done?: (block: RowBlock) => void,
): void {
  const { outer, size } = layout;
  const most = rowsOfBlock(layout);
  const rows = first.acquire(most * size);
  const more = second.acquire(most * size);
  forEachBlock(layout, 0, outer, most, (block) => {
    copyRows(x, rows, layout, block, true);
    compute(rows, more, block.slabs * block.columns, block);
    if (out !== undefined) copyRows(out, rows, layout, block, false);
    done?.(block);
  });
  first.release(rows);
  second.release(more);
}

function copyRows(
  array: KernelArray,
  rows: Float64Array,
  layout: Layout,
  block: RowBlock,
  inwards: boolean,
): void {
  const inOnePiece = layout.inner === 1 && rows.length >= 64;
  (inOnePiece ? exchange : transpose)(array, rows, layout, block, inwards);
}

export const softmax: Kernels["softmax"] = (x, out, layout, temperature, empty) => {
  const { size } = layout;
  inBlocksOfRows(x, out, layout, (rows, exps, count) => {
    for (let i = 0, from = 0; i < count; i++, from += size) {
      const to = from + size;
      const top = argmax(rows, from, to);
      if (rows[top] === Number.NEGATIVE_INFINITY) rows.fill(empty, from, to);
      else {
        const total = 1 + uncorrectedExponentials(rows, exps, top, temperature, from, to);
        for (let j = from; j < to; j++) rows[j] = exps[j] / total;
      }
    }
  });
};

export const logSoftmax: Kernels["logSoftmax"] = (x, out, layout, temperature, empty) => {
  const { size } = layout;
  inBlocksOfRows(x, out, layout, (rows, exps, count) => {
    for (let i = 0, from = 0; i < count; i++, from += size) {
      const to = from + size;
      const top = argmax(rows, from, to);
      const max = rows[top];
      if (max === Number.NEGATIVE_INFINITY) rows.fill(empty, from, to);
      else {
        const logTotal = Math.log1p(exponentials(rows, exps, top, temperature, from, to));
        for (let j = from; j < to; j++) {
          const shifted = temperature === 1 ? rows[j] - max : (rows[j] - max) / temperature;
          // (x − max) − log, never x − (max + log): the latter loses the log at large offsets.
          rows[j] = shifted - logTotal;
        }
      }
    }
  });
};

export const logSumExp: Kernels["logSumExp"] = (x, out, layout) => {
  const { size } = layout;
  inBlocksOfRows(x, undefined, layout, (rows, exps, count, block) => {
    for (let i = 0, from = 0; i < count; i++, from += size) {
      const top = argmax(rows, from, from + size);
      const max = size === 0 ? Number.NEGATIVE_INFINITY : rows[top];
      out[block.firstRow + i] = Number.isFinite(max)
        ? max + Math.log1p(exponentials(rows, exps, top, 1, from, from + size))
        : max;
    }
  });
};

export const softmaxBackward: Kernels["softmaxBackward"] = (g, y, out, layout) => {
  const { size } = layout;
  const products = third.acquire(size);
  inBlocksOfRows(y, out, layout, (rows, upstream, count, block) => {
    copyRows(g, upstream, layout, block, true);
    for (let i = 0, from = 0; i < count; i++, from += size) {
      for (let j = 0; j < size; j++) products[j] = upstream[from + j] * rows[from + j];
      const dot = sumOf(products);
      for (let j = from; j < from + size; j++) rows[j] *= upstream[j] - dot;
    }
  });
  third.release(products);
};

export const logSoftmaxBackward: Kernels["logSoftmaxBackward"] = (g, y, out, layout) => {
  const { size } = layout;
  inBlocksOfRows(y, out, layout, (rows, upstream, count, block) => {
    copyRows(g, upstream, layout, block, true);
    for (let i = 0, from = 0; i < count; i++, from += size) {
      const sum = sumOf(upstream, from, from + size);
      for (let j = from; j < from + size; j++) rows[j] = upstream[j] - Math.exp(rows[j]) * sum;
    }
  });
};

export const crossEntropy: Kernels["crossEntropy"] = (x, layout, perRow, gradient) => {
  const { size } = layout;
  const numbers = rowBuffers.acquire(rowsOfBlock(layout));
  const { targets: index, gradScale: scales, values } = numbers;
  const compute = (rows: Float64Array, exps: Float64Array, count: number, block: RowBlock) => {
    perRow.load(block.firstRow, count, index, scales);
    for (let i = 0, from = 0; i < count; i++, from += size) {
      const to = from + size;
      if (index[i] < 0) {
        values[i] = 0;
        rows.fill(0, from, to);
        continue;
      }
      const target = from + index[i];
      const top = argmax(rows, from, to);
      const others = exponentials(rows, exps, top, 1, from, to);
      values[i] = Math.log1p(others) - (rows[target] - rows[top]);
      if (gradient === undefined) continue;
      const total = 1 + others;
      const factor = scales[i] / total;
      for (let j = from; j < to; j++) rows[j] = factor * exps[j];
      // p − 1 would cancel where the target dominates.
      const slope = target === top ? 0 - others / total : exps[target] / total - 1;
      rows[target] = scales[i] * slope;
    }
  };
  inBlocksOfRows(x, gradient, layout, compute, ({ firstRow: row, slabs, columns }) => {
    perRow.store(row, slabs * columns, values);
  });
  rowBuffers.release(numbers);
};
