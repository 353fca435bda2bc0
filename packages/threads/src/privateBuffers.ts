// Computes a block in memory of this thread, so that nothing is written until the result is complete.
import { allocateForKernels, stagingLength } from "@surprisal/core/authoring";
import { activeKernels } from "./control.ts";
import { copyLines, type Lines } from "./copy.ts";
import { operationNumber, operations, type Parameters, type RowNumbers } from "./operations.ts";
import type { Block } from "./partition.ts";

/** Where a block's inputs and its output are, packed or in their arrays. */
export interface BlockArrays {
  readonly inputs: readonly Lines[];
  readonly output: Lines | undefined;
  /** Whether all of them are packed in one memory of this thread's kernels, which needs no copies. */
  readonly isDirect: boolean;
}

/** An operation, and the numbers that its blocks share. */
export interface BlockOperation extends Parameters {
  readonly operation: number;
  /** Whether one memory of kernels holds all arrays of the call. */
  readonly isAllocated: boolean;
}

/**
 * Copies a block's inputs, computes, and copies the result to its place if `mayWrite` says so.
 *
 * @param rows the numbers of the block's rows, which are written in any case.
 */
export function computeInPrivateBuffers(
  call: BlockOperation,
  block: Block,
  { inputs, output, isDirect }: BlockArrays,
  rows: RowNumbers | undefined,
  mayWrite: () => boolean,
): void {
  const { length, lines, layout } = block;
  const compute = operations[call.operation];
  const isPlain = mustBePlain(call, layout.size);
  if (isDirect && !isPlain) {
    const arrays = { inputs: inputs.map(({ array }) => array), output: output?.array };
    compute({ ...call, ...arrays, layout, rows });
    mayWrite();
    return;
  }
  const own = inputs.map((_, i) => privateArray(i, length * lines, isPlain));
  const packed = own.map((array) => ({ array, offset: 0, stride: length }));
  inputs.forEach((input, i) => {
    copyLines(packed[i], input, length, lines);
  });
  compute({ ...call, inputs: own, output: output && own[0], layout, rows });
  if (mayWrite() && output !== undefined) copyLines(output, packed[0], length, lines);
}

const backwardOperations = /* @__PURE__ */ (["softmaxBackward", "logSoftmaxBackward"] as const).map(
  operationNumber,
);

/**
 * Returns whether a block must be in ordinary memory: kernels compute rows that are longer than their
 * staging buffer piece by piece there, and in one piece in memory of their own.
 */
function mustBePlain({ operation, isAllocated, weight }: BlockOperation, size: number): boolean {
  if (isAllocated && weight === undefined) return false;
  const isBackward = backwardOperations.includes(operation);
  return size > (isBackward ? stagingLength / 2 : stagingLength);
}

const buffers = /* @__PURE__ */ new Map<string, Float32Array>();

/** Returns an array that is kept for the next block: in the memory of the kernels in use, or a plain one. */
function privateArray(index: number, length: number, isPlain: boolean): Float32Array {
  const key = `${index} ${isPlain ? "plain" : activeKernels()}`;
  let buffer = buffers.get(key);
  if (buffer === undefined || buffer.length < length) {
    const size = Math.max(1 << 16, 2 ** Math.ceil(Math.log2(length)));
    buffer = isPlain ? new Float32Array(size) : allocateForKernels(size);
    buffers.set(key, buffer);
  }
  return buffer.subarray(0, length);
}
