// The arrays of a worker's job, and the parts of them that a block has.
import { adoptKernelMemory } from "@surprisal/core/authoring";
import { type Control, type Job, noArray, staged } from "./control.ts";
import { type Lines, memoryOf } from "./copy.ts";
import { maxInputs } from "./operations.ts";
import type { Block } from "./partition.ts";
import type { BlockArrays } from "./privateBuffers.ts";
import { slotLines } from "./stagingSlots.ts";

/** A worker that computes blocks. */
interface Worker {
  readonly control: Control;
  readonly thread: number;
  readonly buffers: ReadonlyMap<number, SharedArrayBuffer>;
}

/** An array of a job: all of it, or its place in the slot of each task. */
type JobArray = Float32Array | { readonly slotPlace: number };

/** The arrays of a job, which its blocks are parts of. */
export interface JobArrays {
  readonly inputs: readonly JobArray[];
  readonly outputs: readonly (JobArray | undefined)[];
  /** Whether all of them pass through slots. */
  readonly areStaged: boolean;
  /**
   * Where this thread may keep results, if it computes in the one memory that has all of them. Rows along another axis than the
   * last are copied instead, because their elements and those of the results would have the same places in the cache.
   */
  readonly results: Float32Array | undefined;
}

/** Returns the arrays of a job, whose buffers the worker must have. */
export function jobArraysOf(job: Job, { thread, buffers: known }: Worker): JobArrays {
  const { buffers, offsets, outer, size, inner, isAllocated } = job;
  const arrays = buffers.map((number, i): JobArray | undefined => {
    if (number === noArray) return undefined;
    // In a slot, an output replaces the input at the same position.
    if (number === staged) return { slotPlace: i % maxInputs };
    return new Float32Array(bufferOf(known, number), offsets[i], outer * size * inner);
  });
  const isInOneMemory = isAllocated === 1 && !buffers.includes(staged);
  const memory = isInOneMemory ? memoryOf(known.get(buffers[0])) : undefined;
  const isOwn = memory !== undefined && thread < memory.threads && inner === 1;
  return {
    inputs: arrays.slice(0, maxInputs).filter((array) => array !== undefined),
    outputs: arrays.slice(maxInputs),
    areStaged: buffers.every((number) => number === staged || number === noArray),
    results: isOwn ? adoptKernelMemory(memory.memory, memory.buffer, thread) : undefined,
  };
}

/** Returns a block's arrays, in their slot or in the arrays of the call. */
export function blockArraysOf(
  { inputs, outputs, areStaged, results }: JobArrays,
  { slotLength }: Job,
  block: Block,
  slot: number,
  { control, thread, buffers }: Worker,
): BlockArrays {
  const linesOf = (array: JobArray): Lines => {
    const { offset, stride, length, lines } = block;
    if (array instanceof Float32Array) {
      const elements = (lines - 1) * stride + length;
      return { array: array.subarray(offset, offset + elements), offset: 0, stride };
    }
    const buffer = bufferOf(buffers, control.slotMemories[slot]);
    return slotLines(control, buffer, slot, array.slotPlace, slotLength, block);
  };
  const arrays = {
    inputs: inputs.map(linesOf),
    outputs: outputs.map((array) => array && linesOf(array)),
  };
  if (areStaged && control.slotOwners[slot] === thread) {
    const memory = memoryOf(buffers.get(control.slotMemories[slot]));
    if (memory !== undefined) {
      adoptKernelMemory(memory.memory, memory.buffer);
      return { ...arrays, results: "inPlace" };
    }
  }
  return { ...arrays, results };
}

function bufferOf(
  buffers: ReadonlyMap<number, SharedArrayBuffer>,
  number: number,
): SharedArrayBuffer {
  const buffer = buffers.get(number);
  if (buffer === undefined) throw new Error(`There is no buffer ${number}.`);
  return buffer;
}
