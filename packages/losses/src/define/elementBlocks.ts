// The passes between whole arrays and the blocks that a formula computes on.
import {
  type BlockInput,
  copyNumbers,
  type KernelArray,
  minBulkCopyLength,
  scaleKernel,
} from "@surprisal/core/authoring";
import type { Runs, VisitRun } from "./broadcast.ts";
import type { LoadGradScale } from "./preparedLoss.ts";

/** Copies the next `count` elements of an array to a block, starting with element `first`. */
export interface LoadBlock {
  (first: number, count: number, block: KernelArray): void;
  /** The array whose elements are loaded. */
  readonly input?: BlockInput;
}

/** Returns the loader of an array's elements. */
export function arrayLoader(data: ArrayLike<number>): LoadBlock {
  const load = (first: number, count: number, block: KernelArray) => {
    if (count >= minBulkCopyLength && isNumericArray(data)) {
      copyNumbers(block, data.subarray(first, first + count));
    } else {
      for (let i = 0; i < count; i++) block[i] = data[first + i];
    }
  };
  return Object.assign(load, { input: { data } });
}

/** Returns the loader of a strided array's elements. */
export function runLoader(data: ArrayLike<number>, runs: Runs): LoadBlock {
  const { stride } = runs;
  let block: KernelArray;
  const copyRun: VisitRun = (start, length, offset) => {
    if (stride === 0 && length >= minBulkCopyLength) {
      block.fill(data[offset], start, start + length);
    } else if (stride === 1 && length >= minBulkCopyLength && isNumericArray(data)) {
      block.set(data.subarray(offset, offset + length), start);
    } else {
      for (let i = 0, from = offset; i < length; i++, from += stride) block[start + i] = data[from];
    }
  };
  const load = (first: number, count: number, target: KernelArray) => {
    block = target;
    runs.forEachRun(first, count, copyRun);
  };
  return Object.assign(load, { input: { data, axes: runs.axes } });
}

/** Copies the first `count` elements of a block to a strided array. */
export function storeRuns(
  block: KernelArray,
  out: KernelArray,
  runs: Runs,
  first: number,
  count: number,
): void {
  const { stride } = runs;
  runs.forEachRun(first, count, (start, length, offset) => {
    for (let i = 0, to = offset; i < length; i++, to += stride) out[to] = block[start + i];
  });
}

/** Adds the first `count` elements of a block to the elements that they repeat. */
export function addToRuns(
  block: KernelArray,
  sums: KernelArray,
  runs: Runs,
  first: number,
  count: number,
): void {
  const { stride } = runs;
  runs.forEachRun(first, count, (start, length, offset) => {
    if (stride === 0) {
      let sum = 0;
      for (let i = 0; i < length; i++) sum += block[start + i];
      sums[offset] += sum;
    } else {
      for (let i = 0, to = offset; i < length; i++, to += stride) sums[to] += block[start + i];
    }
  });
}

/**
 * Multiplies the derivatives of `count` losses by the scale of their loss: the constant or, without one,
 * `gradScale`. A loss has `size` derivatives.
 */
export function scaleGradient(
  gradient: KernelArray,
  { constant }: LoadGradScale,
  count: number,
  gradScale: Float64Array,
  size = 1,
): void {
  if (constant !== undefined) {
    scaleKernel(gradient, constant, count * size);
    return;
  }
  // A loop in a loop takes four times as long.
  if (size === 1) for (let i = 0; i < count; i++) gradient[i] *= gradScale[i];
  else {
    for (let i = 0, k = 0; i < count; i++) {
      for (let j = 0; j < size; j++) gradient[k++] *= gradScale[i];
    }
  }
}

/** Replaces the results of losses whose weight is 0 by 0. A loss has `size` results. */
export function clearIgnored(
  results: readonly KernelArray[],
  sampleWeight: KernelArray,
  first: number,
  count: number,
  size = 1,
): void {
  for (let i = 0; i < count; i++) {
    if (sampleWeight[first + i] !== 0) continue;
    for (const array of results) array.fill(0, i * size, (i + 1) * size);
  }
}

/** Copies the first `count` elements of a block to an array, starting with element `first`. */
export function storeBlock(
  block: KernelArray,
  out: KernelArray,
  first: number,
  count: number,
): void {
  if (count >= minBulkCopyLength && block.constructor === out.constructor) {
    const part = count === block.length ? block : block.subarray(0, count);
    copyNumbers(out.subarray(first, first + count), part);
  } else {
    for (let i = 0; i < count; i++) out[first + i] = block[i];
  }
}

function isNumericArray(data: ArrayLike<number>): data is Float64Array {
  return ArrayBuffer.isView(data);
}
