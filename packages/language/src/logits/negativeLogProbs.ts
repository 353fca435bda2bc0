import {
  crossEntropyKernel,
  type KernelArray,
  logSoftmaxKernel,
  minWasmLength,
  type RowData,
} from "@surprisal/core/authoring";
import { forEachBlock, forEachRun, type Logits, newBlock, type RowBlock } from "./readLogits.ts";

/** Receives −log p of each row's id, in float64, for rows from `firstRow` on. An ignored row has 0. */
export type StoreRows = (firstRow: number, count: number, values: ArrayLike<number>) => void;

/**
 * Computes −log p of each row's id, in one pass over the logits.
 *
 * A row's result does not depend on how many others there are.
 *
 * @param ids the id of each row; −1 where it is ignored.
 */
export function negativeLogProbs(
  logits: Logits,
  ids: Int32Array,
  temperature: number,
  store: StoreRows,
): void {
  if (temperature === 1) {
    forEachRun(logits, (block) => computeBlock(logits.vocabulary, block, ids, store));
    return;
  }
  const { vocabulary } = logits;
  let logProbs: KernelArray | undefined;
  forEachBlock(logits, (block) => {
    const { firstRow, rows } = block;
    const { data, rows: paddedRows } = padded(block, vocabulary);
    if (logProbs === undefined || logProbs.length < data.length) {
      logProbs = newBlock(logits.spec, data.length);
    }
    const layout = { outer: paddedRows, size: vocabulary, inner: 1 };
    logSoftmaxKernel(data, logProbs.subarray(0, data.length), layout, temperature, Number.NaN);
    const values = new Float64Array(rows);
    for (let r = 0; r < rows; r++) {
      const id = ids[firstRow + r];
      // −0 would be the result of a sure row.
      values[r] = id < 0 ? 0 : 0 - logProbs[r * vocabulary + id];
    }
    store(firstRow, rows, values);
  });
}

function computeBlock(
  vocabulary: number,
  block: RowBlock,
  ids: Int32Array,
  store: StoreRows,
): void {
  const { firstRow } = block;
  const { data, rows } = padded(block, vocabulary);
  const rowData: RowData = {
    load(first, count, targets) {
      for (let i = 0; i < count; i++) {
        targets[i] = first + i < block.rows ? ids[firstRow + first + i] : -1;
      }
    },
    store(first, count, values) {
      const stored = Math.min(count, block.rows - first);
      if (stored > 0) store(firstRow + first, stored, values);
    },
  };
  crossEntropyKernel(data, { outer: rows, size: vocabulary, inner: 1 }, rowData, undefined);
}

/**
 * Adds rows without an id to a block so small that it would be left to JavaScript, whose last bits differ: a
 * row's result is the same, alone or with others.
 */
function padded(block: RowBlock, vocabulary: number): RowBlock {
  const { data, firstRow } = block;
  if (data.length > minWasmLength || data instanceof Float64Array) return block;
  const paddedRows = Math.floor(minWasmLength / vocabulary) + 1;
  const copy = new Float32Array(paddedRows * vocabulary);
  copy.set(data);
  return { data: copy, firstRow, rows: paddedRows };
}
