import { formatShape } from "../../arguments/format.ts";
import { sizeOf } from "../../arrays/layout.ts";
import { readShape } from "../../arrays/readArray.ts";
import { activeInstructionSet, registeredBackend } from "../../kernels/backend.ts";
import { allocateFloats, releaseFloats } from "../../kernels/wasm/arena.ts";
import { instanceOwning, type Memory } from "../../kernels/wasm/instance.ts";
import type { Tensor } from "../../types.ts";

/** A WebAssembly memory has at most 4 GiB, the kernels' own part included. */
const limit = 2 ** 29;

/**
 * A tensor of zeros that lies in the memory of the kernels.
 *
 * Operations on such tensors, also as `out`, copy nothing in or out. That pays where the data are
 * made in place, or used more than once; to fill one from another array is the copy that is saved.
 * No later call detaches or overlaps it; its memory is freed with the last tensor in it. While
 * `@surprisal/threads` computes on several threads, large tensors lie in memory that they share.
 *
 * @param shape the size of each axis.
 * @returns a float32 tensor, row-major. Where JavaScript computes, it is an ordinary one.
 * @throws TypeError if the shape is no array.
 * @throws RangeError if a size is no whole number from 0, or there are more than 2²⁹ elements.
 *
 * @example
 * ```ts
 * import { allocate, softmax } from "@surprisal/core";
 *
 * const logits = allocate([32, 10]);
 * logits.data.set(new Float32Array(320).fill(1));
 * softmax(logits, { out: logits }).data[0]; // 0.1…
 * ```
 *
 * Source: the counterpart of `torch.empty` with `pin_memory`.
 */
export function allocate(shape: readonly number[]): Tensor<Float32Array> {
  const read = readShape("allocate: shape", shape);
  const size = sizeOf(read);
  if (size > limit) {
    throw new RangeError(
      `allocate: shape ${formatShape(read)} has ${size} elements, expected at most ${limit}.`,
    );
  }
  return { data: registeredBackend()?.allocate?.(size) ?? allocateForKernels(size), shape: read };
}

/**
 * Returns zeros in the memory of the kernels that are in use, which may be shared with other
 * threads; ordinary ones, or in a SharedArrayBuffer, where JavaScript computes.
 */
export function allocateForKernels(size: number, isShared = false): Float32Array {
  const level = activeInstructionSet();
  if (level !== undefined) return allocateFloats(level, size, isShared);
  return isShared ? new Float32Array(new SharedArrayBuffer(4 * size)) : new Float32Array(size);
}

/** Returns the memory of the kernels in use if all of the arrays lie in it. */
export function kernelMemoryOf(
  first: Float32Array,
  ...others: (Float32Array | undefined)[]
): Memory | undefined {
  const level = activeInstructionSet();
  return level && instanceOwning(level, first, ...others)?.memory;
}

/**
 * Lets go of the memory that `allocate` gives out.
 *
 * Tensors stay as they are, and their memory is freed once none of them is referenced any more;
 * what is allocated from now on lies in new memory, so that only operations among the new ones
 * copy nothing.
 *
 * @example
 * ```ts
 * import { allocate, release } from "@surprisal/core";
 *
 * let batch: object | undefined = allocate([1024, 1000]);
 * batch = undefined;
 * release(); // nothing holds its memory any more
 * ```
 *
 * Source: the counterpart of `torch.cuda.empty_cache`.
 */
export function release(): void {
  const level = activeInstructionSet();
  if (level !== undefined) releaseFloats(level);
}
