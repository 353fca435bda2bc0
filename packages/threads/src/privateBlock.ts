// Computes a block in memory of its own, so that nothing is written until the result is complete.
import { allocateForKernels, stagingLength } from "@surprisal/core/authoring";
import { activeKernels, type Job } from "./control.ts";
import { copyLines, type Lines } from "./copy.ts";
import type { Block } from "./cut.ts";
import { operation, operations, type RowNumbers } from "./operations.ts";

/** Where a block's inputs and its output are, packed or in their arrays. */
export interface BlockArrays {
  readonly inputs: readonly Lines[];
  readonly output: Lines | undefined;
}

type Parameters = Pick<Job, "operation" | "temperature" | "empty" | "isAllocated">;

/**
 * Copies a block's inputs, computes, and copies the result to its place if `mayWrite` says so.
 *
 * @param rows the numbers of the block's rows, which are written in any case.
 */
export function computePrivately(
  parameters: Parameters,
  block: Block,
  { inputs, output }: BlockArrays,
  rows: RowNumbers | undefined,
  mayWrite: () => boolean,
): void {
  const { length, lines, layout } = block;
  const elements = length * lines;
  const own = inputs.map((_, i) => privateArray(i, elements, isPlain(parameters, layout.size)));
  const packed = own.map((array) => ({ array, offset: 0, stride: length }));
  inputs.forEach((input, i) => {
    copyLines(packed[i], input, length, lines);
  });
  operations[parameters.operation]({
    inputs: own,
    output: output && own[0],
    layout,
    temperature: parameters.temperature,
    empty: parameters.empty,
    rows,
  });
  if (mayWrite() && output !== undefined) copyLines(output, packed[0], length, lines);
}

/**
 * Whether a block must be in ordinary memory: kernels compute rows that are longer than their
 * staging buffer piece by piece there, and in one piece in memory of their own.
 */
function isPlain({ operation: op, isAllocated }: Parameters, size: number): boolean {
  const isBackward = op === operation.softmaxBackward || op === operation.logSoftmaxBackward;
  return !isAllocated && size > (isBackward ? stagingLength / 2 : stagingLength);
}

const buffers = /* @__PURE__ */ new Map<string, Float32Array>();

/** Returns an array that is kept for the next block: in the memory of the kernels in use, or a plain one. */
function privateArray(index: number, length: number, plain: boolean): Float32Array {
  const key = `${index} ${plain ? "plain" : activeKernels()}`;
  let buffer = buffers.get(key);
  if (buffer === undefined || buffer.length < length) {
    const size = Math.max(1 << 16, 2 ** Math.ceil(Math.log2(length)));
    buffer = plain ? new Float32Array(size) : allocateForKernels(size);
    buffers.set(key, buffer);
  }
  return buffer.subarray(0, length);
}
