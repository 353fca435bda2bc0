import { formatShape, formatValue } from "../../arguments/format.ts";
import { readShape } from "../../arrays/fields.ts";
import { sizeOf } from "../../arrays/layout.ts";
import { stagingEnd } from "../../generated/memoryMap.ts";
import { activeInstructionSet, registeredBackend } from "../../kernels/backend.ts";
import { allocateFloats, releaseFloats } from "../../kernels/wasm/arena.ts";
import {
  adoptMemory,
  createMemory,
  findOwner,
  type Memory,
  type View,
} from "../../kernels/wasm/instance.ts";
import type { Tensor } from "../../types.ts";

/** The largest tensor: half of a WebAssembly memory, which has at most 4 GiB. */
const maxElements = 2 ** 29;

/**
 * Creates a float32 tensor of zeros in the memory of the WebAssembly kernels.
 *
 * The kernels read and write such tensors in place, while ordinary arrays are copied into their memory and
 * back. This is faster for data that is created in the tensor or used several times. Filling the tensor
 * from another array costs the same copy that it saves.
 *
 * Later calls of `allocate` neither detach the tensor nor overlap it. Tensors share memories of 64 MiB, or of four times
 * the first tensor if that is more. A call copies nothing if all its tensors are in the same memory. So the first tensor
 * of a size starts a new memory where four of that size do not fit. A memory is freed once none of its tensors is
 * referenced any more. For each number of threads, the newest memory is kept until `release` is called. While
 * `@surprisal/threads` computes on several threads, large tensors are in memory that threads share.
 *
 * `structuredClone` and `postMessage` copy the whole memory, at least 64 MiB, with any tensor in it. To
 * send one tensor t, send `{ data: t.data.slice(), shape: t.shape }`.
 *
 * @param shape the size of each axis.
 * @returns a float32 tensor in row-major order. If the JavaScript kernels are in use, its memory is
 * ordinary.
 * @throws TypeError if shape is not an array of numbers, or a type follows it.
 * @throws RangeError if a size is not a whole number of at least 0, there are more than 2²⁹ elements, or memory runs out.
 *
 * @example
 * ```ts
 * import { allocate, softmax } from "@surprisal/core";
 *
 * const logits = allocate([32, 10]);
 * logits.data.fill(1);
 * softmax(logits, { out: logits }).data[0]; // 0.1…
 * ```
 *
 * Source: the counterpart of `torch.zeros` with `pin_memory`.
 */
export function allocate(shape: readonly number[]): Tensor<Float32Array>;
export function allocate(
  shape: readonly number[],
  ...others: readonly unknown[]
): Tensor<Float32Array> {
  // Other arguments come from shapes.map(allocate).
  if (typeof shape === "number" || typeof others[0] === "string") {
    throw new TypeError(
      `allocate: got ${formatArguments(shape, ...others)}, expected one array, such as allocate([1000, 1000]). All tensors are of float32.`,
    );
  }
  const checkedShape = readShape("allocate: shape", shape);
  const size = sizeOf(checkedShape);
  if (size > maxElements) {
    throw new RangeError(
      `allocate: shape ${formatShape(checkedShape)} has ${size} elements, expected at most ${maxElements}.`,
    );
  }
  return { data: allocateMemory(size), shape: checkedShape };
}

/** Returns the arguments of a call as they are written. */
function formatArguments(...values: readonly unknown[]): string {
  return `allocate(${values.map((value) => formatValue(value, true)).join(", ")})`;
}

function allocateMemory(size: number): Float32Array {
  try {
    return registeredBackend()?.allocate?.(size) ?? allocateForKernels(size);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RangeError(`allocate: shape of ${size} elements does not fit into memory.`);
  }
}

/**
 * Returns zeros in the memory of the kernels in use. With the JavaScript kernels, the memory is ordinary or a
 * SharedArrayBuffer.
 *
 * @param threads the number of threads that compute in the memory. With more than one, the memory is shared.
 */
export function allocateForKernels(size: number, threads = 1): Float32Array {
  const instructionSet = activeInstructionSet();
  if (instructionSet !== undefined) return allocateFloats(instructionSet, size, threads);
  return threads > 1 ? new Float32Array(new SharedArrayBuffer(4 * size)) : new Float32Array(size);
}

/**
 * Creates shared memory of `size` floats for the kernels of one other thread, which must adopt it.
 *
 * @returns the memory and the address of the first float; undefined with the JavaScript kernels.
 */
export function createKernelMemory(size: number): { memory: Memory; address: number } | undefined {
  if (activeInstructionSet() === undefined) return undefined;
  return { memory: createMemory(4 * size, true), address: stagingEnd };
}

/**
 * Lets the kernels in use compute in place in a memory of `createKernelMemory`, or in one that `allocateForKernels` has made for
 * several threads.
 *
 * @param buffer the buffer of the memory when it was received.
 * @param thread the number of this thread, which must be unique. In a memory of `createKernelMemory` it is 0. In other
 * memories, 0 is the thread that made them.
 * @returns the floats of the memory where this thread may keep results until it may write them to their destination. There
 * are none for thread 0, and with the JavaScript kernels.
 */
export function adoptKernelMemory(
  memory: Memory,
  buffer: ArrayBufferLike,
  thread = 0,
): Float32Array {
  const instructionSet = activeInstructionSet();
  return instructionSet ? adoptMemory(instructionSet, memory, buffer, thread) : new Float32Array(0);
}

/** Returns the memory of the kernels in use if it holds all of the arrays. */
export function kernelMemoryOf(first: View, ...others: (View | undefined)[]): Memory | undefined {
  const instructionSet = activeInstructionSet();
  return instructionSet && findOwner(instructionSet, first, ...others)?.memory;
}

/**
 * Lets the memory of allocated tensors be freed once none of them is referenced any more.
 *
 * Existing tensors keep their values. The next call of `allocate` starts a new memory.
 *
 * @example
 * ```ts
 * import { allocate, release } from "@surprisal/core";
 *
 * let batch: object | undefined = allocate([1024, 1000]);
 * batch = undefined;
 * release(); // nothing references the memory any more
 * ```
 *
 * Source: the counterpart of `torch.cuda.empty_cache`.
 */
export function release(): void {
  const instructionSet = activeInstructionSet();
  if (instructionSet !== undefined) releaseFloats(instructionSet);
}
