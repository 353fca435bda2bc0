import { formatShape } from "../../arguments/format.ts";
import { readShape } from "../../arrays/fields.ts";
import { sizeOf } from "../../arrays/layout.ts";
import { activeInstructionSet } from "../../kernels/backend.ts";
import { allocateFloats, releaseFloats } from "../../kernels/wasm/arena.ts";
import type { NewFloat32Array, Tensor } from "../../types.ts";

/** The largest tensor: half of a WebAssembly memory, which has at most 4 GiB. */
const maxElements = 2 ** 29;

/**
 * Creates a float32 tensor of zeros in the memory of the WebAssembly kernels.
 *
 * The kernels read and write such tensors in place, while ordinary arrays are copied into their
 * memory and back. That pays for data that is created in the tensor or used several times; filling
 * the tensor from another array is the same copy that it saves.
 *
 * No later call detaches the tensor or overlaps it. Tensors share memories of 64 MiB, and a call
 * copies nothing if all its tensors are in the same one. A memory is freed once none of its tensors
 * is referenced any more; the newest memory is kept until `release` is called.
 *
 * `structuredClone` and `postMessage` copy the whole memory, at least 64 MiB, with any tensor in it. To
 * send one tensor t, send `{ data: t.data.slice(), shape: t.shape }`.
 *
 * @param shape the size of each axis.
 * @returns a float32 tensor in row-major order. If the JavaScript kernels are in use, its memory is
 * ordinary.
 * @throws TypeError if shape is no array.
 * @throws RangeError if a size is no whole number from 0, there are more than 2²⁹ elements, or memory runs out.
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
export function allocate(shape: readonly number[]): Tensor<NewFloat32Array> {
  const checkedShape = readShape("allocate: shape", shape);
  const size = sizeOf(checkedShape);
  if (size > maxElements) {
    throw new RangeError(
      `allocate: shape ${formatShape(checkedShape)} has ${size} elements, expected at most ${maxElements}.`,
    );
  }
  return { data: allocateMemory(size), shape: checkedShape };
}

function allocateMemory(size: number): NewFloat32Array {
  const instructionSet = activeInstructionSet();
  try {
    return instructionSet === undefined
      ? new Float32Array(size)
      : (allocateFloats(instructionSet, size) as NewFloat32Array);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RangeError(`allocate: shape of ${size} elements does not fit into memory.`);
  }
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
