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

/** Where an array of a job is: at an offset in a numbered buffer, or at a place in the slot of each task. */
interface ArrayPlace {
  readonly number: number;
  readonly offset: number;
  readonly slotPlace: number;
}

/** The arrays of a job, which its blocks are parts of. */
export interface JobArrays {
  readonly inputs: readonly ArrayPlace[];
  readonly outputs: readonly (ArrayPlace | undefined)[];
  /** Whether all of them pass through slots. */
  readonly areStaged: boolean;
  /** The number of the buffer that has all of them, if one memory of kernels does. */
  readonly onlyBuffer: number | undefined;
}

/** Returns where the arrays of a job are. */
export function jobArraysOf({ buffers, offsets, isAllocated }: Job): JobArrays {
  // In a slot, an output replaces the input at the same position.
  const places = buffers.map((number, i): ArrayPlace | undefined =>
    number === noArray ? undefined : { number, offset: offsets[i], slotPlace: i % maxInputs },
  );
  return {
    inputs: places.slice(0, maxInputs).filter((place) => place !== undefined),
    outputs: places.slice(maxInputs),
    areStaged: buffers.every((number) => number === staged || number === noArray),
    onlyBuffer: isAllocated === 1 && !buffers.includes(staged) ? buffers[0] : undefined,
  };
}

/** Returns a block's arrays, in their slot or in the arrays of the call. */
export function blockArraysOf(
  { inputs, outputs, areStaged, onlyBuffer }: JobArrays,
  { slotLength }: Job,
  block: Block,
  slot: number,
  { control, thread, buffers }: Worker,
): BlockArrays {
  const linesOf = ({ number, offset: start, slotPlace }: ArrayPlace): Lines => {
    const buffer = buffers.get(number === staged ? control.slotMemories[slot] : number);
    if (buffer === undefined) throw new Error(`There is no buffer ${number}.`);
    if (number === staged) return slotLines(control, buffer, slot, slotPlace, slotLength, block);
    const { offset, stride, length, lines } = block;
    const elements = (lines - 1) * stride + length;
    return { array: new Float32Array(buffer, start + 4 * offset, elements), offset: 0, stride };
  };
  const arrays = {
    inputs: inputs.map(linesOf),
    outputs: outputs.map((place) => place && linesOf(place)),
  };
  if (areStaged && control.slotOwners[slot] === thread) {
    const memory = memoryOf(buffers.get(control.slotMemories[slot]))?.memory;
    if (memory !== undefined) {
      adoptKernelMemory(memory);
      return { ...arrays, results: "inPlace" };
    }
  }
  const shared = onlyBuffer === undefined ? undefined : memoryOf(buffers.get(onlyBuffer));
  if (shared !== undefined && thread < shared.threads && block.lines === 1) {
    return { ...arrays, results: adoptKernelMemory(shared.memory, thread) };
  }
  return arrays;
}
