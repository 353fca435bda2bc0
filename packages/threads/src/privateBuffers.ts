// Computes a block in memory of this thread, so that nothing is written until the result is complete.
import {
  allocateForKernels,
  type Layout,
  type RowData,
  stagingLength,
} from "@surprisal/core/authoring";
import { activeKernels } from "./control.ts";
import { copyLines, type Lines } from "./copy.ts";
import {
  type Arrays,
  type Operands,
  operationNumber,
  operations,
  type Parameters,
  scalarParametersOf,
} from "./operations.ts";
import type { Block } from "./partition.ts";

/** The places of a block's inputs and outputs, packed or in their arrays. */
export interface BlockArrays {
  readonly inputs: readonly Lines[];
  readonly outputs: readonly (Lines | undefined)[];
  /**
   * Given if all arrays are packed in one memory in which this thread's kernels compute. Inputs are then not copied. Results are
   * written in place, or first to this array of the same memory.
   */
  readonly results?: Float32Array | "inPlace" | undefined;
}

/** An operation, and the numbers that its blocks share. */
export interface BlockOperation extends Parameters {
  readonly operation: number;
  /** Whether one memory of kernels holds all arrays of the call. */
  readonly isAllocated: boolean;
  readonly computeBlocks?: Operands["computeBlocks"];
  readonly rowKernel?: Operands["rowKernel"];
  readonly formulaKernel?: Operands["formulaKernel"];
}

/** Computes one block. */
export function compute(
  call: BlockOperation,
  arrays: Arrays,
  layout: Layout,
  rows: RowData | undefined,
): void {
  const { weight, computeBlocks, rowKernel, formulaKernel } = call;
  const named = { computeBlocks, rowKernel, formulaKernel };
  const parameters = { ...scalarParametersOf(call), weight, ...named };
  operations[call.operation]({ ...parameters, ...arrays, layout, rows });
}

/**
 * Computes in memory of this thread, and copies the results to their places if `mayWrite` says so.
 *
 * @param rows the numbers of the block's rows, which are written in any case.
 */
export function computeInPrivateBuffers(
  call: BlockOperation,
  block: Block,
  arrays: BlockArrays,
  rows: RowData | undefined,
  mayWrite: () => boolean,
): void {
  const { length, lines, layout } = block;
  const isPlain = mustBePlain(call, layout.size);
  const own = (isPlain ? undefined : directArrays(arrays)) ?? packedArrays(arrays, block, isPlain);
  compute(call, own, layout, rows);
  if (!mayWrite()) return;
  arrays.outputs.forEach((output, i) => {
    const array = own.outputs[i];
    if (output === undefined || array === undefined || array === output.array) return;
    copyLines(output, { array, offset: 0, stride: length }, length, lines);
  });
}

/** Returns the arrays of a block in this thread's memory, if its inputs are there and there is room for the results. */
function directArrays({ inputs, outputs, results }: BlockArrays): Arrays | undefined {
  if (results === undefined) return undefined;
  const places = outputs.map((output) => output?.array);
  const ownOutputs = results === "inPlace" ? places : divide(results, places);
  return ownOutputs && { inputs: inputs.map(({ array }) => array), outputs: ownOutputs };
}

/** Copies a block's inputs into arrays of this thread. An output replaces an input, which is read before. */
function packedArrays(
  { inputs, outputs }: BlockArrays,
  { length, lines }: Block,
  isPlain: boolean,
): Arrays {
  const count = Math.max(inputs.length, outputs.length);
  const own = Array.from({ length: count }, (_, i) => privateArray(i, length * lines, isPlain));
  inputs.forEach((input, i) => {
    copyLines({ array: own[i], offset: 0, stride: length }, input, length, lines);
  });
  return {
    inputs: own.slice(0, inputs.length),
    outputs: outputs.map((output, i) => output && own[i]),
  };
}

/** Returns parts of an array, as long as those of the list; undefined if there is no room for all of them. */
function divide(
  array: Float32Array,
  parts: readonly (Float32Array | undefined)[],
): (Float32Array | undefined)[] | undefined {
  let end = 0;
  const divided = parts.map((part) => {
    if (part === undefined) return undefined;
    const start = end;
    // Each begins at a cache line.
    end = 16 * Math.ceil((start + part.length) / 16);
    return array.subarray(start, start + part.length);
  });
  return end <= array.length ? divided : undefined;
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

/** For each kind of kernels and for plain memory, the arrays that are kept. */
const kept = /* @__PURE__ */ new Map<number, Float32Array[]>();

const plainMemory = -1;

/** Returns an array that is kept for the next block: in the memory of the kernels in use, or a plain one. */
export function privateArray(index: number, length: number, isPlain: boolean): Float32Array {
  const memory = isPlain ? plainMemory : activeKernels();
  const arrays = kept.get(memory) ?? [];
  kept.set(memory, arrays);
  if (arrays[index] === undefined || arrays[index].length < length) {
    const size = Math.max(1 << 16, 2 ** Math.ceil(Math.log2(length)));
    arrays[index] = isPlain ? new Float32Array(size) : allocateForKernels(size);
  }
  return arrays[index].subarray(0, length);
}
