// Products and sums of blocks, which the module `blocks` computes.
import { blocks } from "../../generated/blocks.ts";
import type { KernelArray } from "../../types.ts";
import { copyNumbers } from "../backend.ts";
import { leastPlain, plainLimit } from "../js/weights.ts";
import { minWasmLength } from "../limits.ts";
import { blockStaging, kernelsOf, ownerOfBlocks } from "./blockMemory.ts";

/** The functions of the module `blocks`. */
interface BlockExports {
  sum(x: number, count: number): number;
  scale(x: number, high: number, low: number, count: number): void;
  weigh(x: number, weights: number, factor: number, count: number): void;
  plainSum(x: number, count: number, least: number, limit: number): number;
}

/** The second part of a smaller factor may be subnormal, and lose digits. */
const minFactor = 2 ** -100;
/** The largest factor whose second part is at most ½. The part, or its double, times a finite float is finite. */
const maxFactor = 2 ** 24;

/** Returns whether kernels multiply by the factor, in two parts. */
export function isSplit(factor: number): boolean {
  const size = Math.abs(factor);
  return size === 0 || (size >= minFactor && size <= maxFactor);
}

/** Multiplies the elements of a block in the kernels' memory. Returns whether it did; `count` may be rounded up. */
export function scaleBlock(x: KernelArray, factor: number, count: number): boolean {
  const kernels = kernelsOfBlock(x, count);
  if (kernels === undefined || !isSplit(factor)) return false;
  const high = Math.fround(factor);
  kernels.scale(x.byteOffset, high, factor - high, (count + 3) & ~3);
  return true;
}

/**
 * Multiplies the elements of a block in the kernels' memory by weights and a factor; see `weighKernel`.
 *
 * @returns whether it did; `count` may be rounded up.
 */
export function weighBlock(
  x: KernelArray,
  weights: KernelArray,
  factor: number,
  count: number,
): boolean {
  const staging = blockStaging();
  const kernels = kernelsOfBlock(x, count);
  // The weights are staged in the memory of blocks: other threads may use that of a tensor.
  if (kernels === undefined || staging === undefined || x.buffer !== staging.buffer) return false;
  const { buffer, byteOffset } = staging;
  copyNumbers(new Float64Array(buffer, byteOffset, count), weights);
  kernels.weigh(x.byteOffset, byteOffset, factor, (count + 3) & ~3);
  return true;
}

/**
 * Adds up the weights from `start` to `end`, at most a block.
 *
 * @returns their sum; NaN if one of them is not plain; undefined if it has computed nothing: for few weights, for a
 * number of weights that is not a multiple of four, or without WebAssembly.
 */
export function plainSumOfBlock(
  values: Float64Array,
  start: number,
  end: number,
): number | undefined {
  const count = end - start;
  const staging = count < minWasmLength || count % 4 > 0 ? undefined : blockStaging();
  const kernels = staging && kernelsOfBlock(staging, count);
  if (kernels === undefined || staging === undefined) return undefined;
  const { buffer, byteOffset } = staging;
  new Float64Array(buffer, byteOffset, count).set(values.subarray(start, end));
  return kernels.plainSum(byteOffset, count, leastPlain, plainLimit);
}

/** Returns the sum of the elements of a block in the kernels' memory, in float64; undefined for other arrays. */
export function sumBlock(x: ArrayLike<number>, count: number): number | undefined {
  const kernels = kernelsOfBlock(x, count);
  if (kernels === undefined || !(x instanceof Float32Array)) return undefined;
  const whole = count & ~3;
  let sum = kernels.sum(x.byteOffset, whole);
  for (let i = whole; i < count; i++) sum += x[i];
  return sum;
}

/** Returns the arithmetic of the kernels in use if the block is in one of their memories. */
function kernelsOfBlock(x: ArrayLike<number>, count: number): BlockExports | undefined {
  const owner = ownerOfBlocks(count, x);
  return owner && kernelsOf<BlockExports>(owner, blocks);
}
