import {
  blockPool,
  copyNumbers,
  elementBlockLength,
  forEachRowBlock,
  type KernelArray,
  type Layout,
  multiplyKernel,
  type RowData,
  rowOffset,
  softcapKernel,
} from "@surprisal/core/authoring";
import type { ClassIndexKernel } from "./classLoss.ts";

/** Makes a kernel of capped logits from a kernel of logits; see `withSoftcap`. */
export type SoftcapClassKernel = (
  kernel: ClassIndexKernel,
  softcap: number,
  keepsMasked: boolean,
) => ClassIndexKernel;

/**
 * Makes a kernel of logits x from a kernel of s·tanh(x/s): it caps a block of rows, which are rounded to float32,
 * lets the kernel compute, and multiplies the gradients by sech²(x/s).
 *
 * @param keepsMasked whether −∞ stays −∞ instead of becoming −s.
 */
export function withSoftcap(
  kernel: ClassIndexKernel,
  softcap: number,
  keepsMasked: boolean,
): ClassIndexKernel {
  return (x, { outer, size, inner }, rows, gradient) => {
    const slab = size * inner;
    const slabsPerBlock = Math.max(1, Math.floor(elementBlockLength / Math.max(1, slab)));
    const pool = blockPool("float32");
    const blockLength = Math.min(outer, slabsPerBlock) * slab;
    const capped = pool.acquire(blockLength);
    const slopes = gradient && pool.acquire(blockLength);
    try {
      for (let first = 0; first < outer; first += slabsPerBlock) {
        const slabs = Math.min(slabsPerBlock, outer - first);
        const [start, count] = [first * slab, slabs * slab];
        const block = capped.subarray(0, count);
        copyNumbers(block, x.subarray(start, start + count));
        softcapKernel(block, block, slopes, count, softcap, keepsMasked);
        const layout = { outer: slabs, size, inner };
        const blockRows = rowsFrom(rows, first * inner, (row) => {
          // The logits of an ignored row, and so its slopes, may be NaN.
          if (slopes !== undefined) fillRow(slopes, row, layout, 0);
        });
        kernel(block, layout, blockRows, gradient && block);
        if (gradient === undefined || slopes === undefined) continue;
        multiplyKernel(block, slopes, block, count);
        copyNumbers(gradient.subarray(start), block);
      }
    } finally {
      pool.release(capped);
      if (slopes !== undefined) pool.release(slopes);
    }
  };
}

/** Beyond this quotient of logit and cap, the slope of the cap, 4 exp(−2|x / s|), leaves float32's range. */
const largestRatio = 42;

/** The same for slopes that an upstream gradient above 1 brings back into the range. */
const largestScaledRatio = 34;

/** Above this, an upstream gradient times a derivative may leave float32's range. */
const largestScale = 2 ** 100;

/**
 * Returns whether some gradient needs float64: slopes of large logits leave float32's range before their
 * products with other factors do.
 */
export function needsFloat64(
  input: KernelArray,
  softcap: number,
  rows: RowData,
  rowCount: number,
): boolean {
  let largest = 0;
  const load: RowData = { ...rows, store() {} };
  forEachRowBlock(rowCount, load, (_, count, { targets, gradScale }) => {
    for (let i = 0; i < count; i++) {
      if (targets[i] >= 0) largest = Math.max(largest, Math.abs(gradScale[i]));
    }
  });
  if (!(largest <= largestScale)) return true;
  const limit = softcap * (largest <= 1 ? largestRatio : largestScaledRatio);
  for (let k = 0; k < input.length; k++) {
    const size = Math.abs(input[k]);
    // At ±∞ the slope is exactly 0.
    if (size > limit && size < Number.POSITIVE_INFINITY) return true;
  }
  return false;
}

/** Returns the data of the rows from `start` on, and tells which of them are ignored. */
function rowsFrom(rows: RowData, start: number, onIgnored: (row: number) => void): RowData {
  return {
    ...rows,
    load(first, count, targets, gradScale) {
      rows.load(start + first, count, targets, gradScale);
      for (let i = 0; i < count; i++) if (targets[i] < 0) onIgnored(first + i);
    },
    store(first, count, values) {
      rows.store(start + first, count, values);
    },
  };
}

function fillRow(array: KernelArray, row: number, layout: Layout, value: number): void {
  const start = rowOffset(row, layout);
  for (let j = 0; j < layout.size; j++) array[start + j * layout.inner] = value;
}

/**
 * Replaces a row's logits by s·tanh(x/s) and writes the derivatives, sech²(x/s), to `slopes`.
 *
 * −∞ becomes −s, or stays −∞ if masked classes are skipped.
 */
export function softcapRow(
  x: Float64Array,
  softcap: number,
  skipMasked: boolean,
  slopes: Float64Array,
): void {
  for (let j = 0; j < x.length; j++) {
    const ratio = x[j] / softcap;
    // 1 − tanh² would cancel for large logits.
    const e = Math.exp(-2 * Math.abs(ratio));
    slopes[j] = (4 * e) / (1 + e) ** 2;
    if (!(skipMasked && x[j] === Number.NEGATIVE_INFINITY)) x[j] = softcap * Math.tanh(ratio);
  }
}
