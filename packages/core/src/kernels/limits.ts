// Every size at which the kernels compute in another way, in elements unless a name says otherwise.
import {
  maxRows,
  maxTileRowLength,
  stagingLength as stagingCapacity,
} from "../generated/memoryMap.ts";

/** The floats that the staging buffer holds. */
export const stagingLength = stagingCapacity;

/** Below this many floats, a call into WebAssembly costs more than it saves. */
export const minWasmLength = 64;

/** Below this many exponentials in float64, a call into WebAssembly costs more than it saves. */
export const minExponentials = 32;

/** Rows shorter than this are computed side by side, one per SIMD lane; longer ones one by one. */
export const shortRowLength = 256;

/** Longer rows whose elements are not adjacent are left to JavaScript. */
export const maxStridedRowLength = 1 << 16;

/** The longest rows that are computed column by column: the capacity of the kernels' tile. */
export const maxColumnLength = maxTileRowLength;

/** Fewer columns than these are packed into rows, unless they fill whole vectors. */
export const minColumns = 64;

/** The rows that one block may have: a multiple of sixteen. */
export const maxBlockRows = maxRows;

/** The floats that are staged at once where there is a choice: the second cache holds them. */
export const stagedChunkLength = 1 << 15;

/** The floats that are computed in place at once: what row data keeps for a block stays in proportion. */
export const inPlaceChunkLength = 1 << 20;

/**
 * The floats of rows whose terms are kept at once, in memory of the size of the staging buffer. The terms take up to
 * eight times as much: a row has two further numbers, and a tile has room for sixteen rows even if it holds four.
 */
export const termsChunkLength = stagingLength / 8;

/** The numbers that element kernels and formulas compute at once: the second cache holds the blocks of a call. */
export const elementBlockLength = 4096;

/** The number of blocks in the kernels' memory. A loss takes one per argument, gradient and value. */
export const maxElementBlocks = 64;

/** The numbers that JavaScript copies at once: a copy for each row would take longer than ten exponentials. */
export const jsBlockLength = 1024;

/** From this length on, `TypedArray.set` is faster than a loop. */
export const minBulkCopyLength = 64;

/** Longer arrays are not kept by a buffer pool. */
export const maxPooledLength = 4096;

/** Below and above these temperatures, their powers leave the range of float32. */
export const minTemperature = 2 ** -8;
export const maxTemperature = 2 ** 8;

/** Outside these softcaps, logits over the softcap may leave the range of float32. */
export const minSoftcap = 2 ** -20;
export const maxSoftcap = 2 ** 20;

/** The largest quotient of logit and softcap whose slope, 4 · exp(−2|x| / s), is a normal float32. */
const maxSoftcapRatio = 42;

/** Returns the largest logit whose slope is a normal float32. */
export function maxCappedLogit(softcap: number): number {
  return Math.fround(maxSoftcapRatio * softcap);
}
