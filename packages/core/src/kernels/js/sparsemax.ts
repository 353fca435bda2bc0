import { type Layout, rowOffset } from "../../arrays/layout.ts";
import type { Kernels } from "../interface.ts";
import { sumOf } from "./compensatedSum.ts";
import { argmax, loadRow, scaledDifference, storeRow } from "./rows.ts";

/**
 * Replaces a row by its projection onto the probability simplex: max(0, x/T − τ), where τ makes the sum 1.
 *
 * Only elements less than 1 below the maximum can be above τ. They are sorted, so a row takes
 * O(C log C) at most.
 *
 * @param candidates has the row's length, for any use.
 * @returns τ, relative to the maximum of x/T; NaN if the maximum is not finite. The row is then left
 * as it is.
 */
export function sparsemaxOfRow(
  row: Float64Array,
  candidates: Float64Array,
  temperature = 1,
): number {
  const max = row[argmax(row)];
  if (!(Math.abs(max) < Number.POSITIVE_INFINITY)) return Number.NaN;
  let count = 0;
  for (let j = 0; j < row.length; j++) {
    row[j] = scaledDifference(row[j], max, temperature);
    if (row[j] > -1) candidates[count++] = row[j];
  }
  const threshold = thresholdOf(candidates.subarray(0, count).sort());
  for (let j = 0; j < row.length; j++) row[j] = Math.max(0, row[j] - threshold);
  return threshold;
}

/** Returns τ. The numbers are in ascending order, and the last one is 0. */
function thresholdOf(ascending: Float64Array): number {
  const end = ascending.length;
  let sum = 0;
  let first = end;
  // The k largest are above τ if 1 + k · (the smallest of them) is more than their sum.
  while (first > 0 && 1 + (end - first + 1) * ascending[first - 1] > sum + ascending[first - 1]) {
    first--;
    sum += ascending[first];
  }
  return (sumOf(ascending, first, end) - 1) / (end - first);
}

/** sparsemax of rows, on the calling thread. */
export const sparsemaxRows: Kernels["softmax"] = (x, out, layout, temperature, empty) => {
  const row = new Float64Array(layout.size);
  const candidates = new Float64Array(layout.size);
  forEachRow(layout, (start) => {
    loadRow(x, start, layout.inner, row);
    if (Number.isNaN(sparsemaxOfRow(row, candidates, temperature))) {
      const isEmpty = row.every((value) => value === Number.NEGATIVE_INFINITY);
      row.fill(isEmpty ? empty : Number.NaN);
    }
    storeRow(row, out, start, layout.inner);
  });
};

/** The gradient of sparsemax, on the calling thread. */
export const sparsemaxBackwardRows: Kernels["softmaxBackward"] = (g, y, out, layout) => {
  const gradOutput = new Float64Array(layout.size);
  const output = new Float64Array(layout.size);
  const support = new Float64Array(layout.size);
  forEachRow(layout, (start) => {
    loadRow(g, start, layout.inner, gradOutput);
    loadRow(y, start, layout.inner, output);
    let count = 0;
    for (let j = 0; j < layout.size; j++) {
      if (output[j] !== 0) support[count++] = output[j] > 0 ? gradOutput[j] : Number.NaN;
    }
    const mean = meanOf(support, count);
    for (let j = 0; j < layout.size; j++) {
      gradOutput[j] = output[j] === 0 ? 0 : gradOutput[j] - mean;
    }
    storeRow(gradOutput, out, start, layout.inner);
  });
};

/** Returns the mean of the first `count` numbers, also where their sum overflows. */
function meanOf(numbers: Float64Array, count: number): number {
  const sum = sumOf(numbers, 0, count);
  if (Math.abs(sum) < Number.POSITIVE_INFINITY) return sum / count;
  // The largest numbers keep their digits, and the sum of an array cannot overflow: it has less than 2⁶⁰ numbers.
  const scale = 2 ** -60;
  const scaled = numbers.subarray(0, count).map((value) => value * scale);
  return sumOf(scaled) / count / scale;
}

function forEachRow(layout: Layout, visit: (start: number) => void): void {
  const rows: number = layout.outer * layout.inner;
  for (let r = 0; r < rows; r++) visit(rowOffset(r, layout));
}
