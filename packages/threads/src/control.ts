// What the threads know of each other: a block of shared memory with counters, the state of each
// block, and the job in progress.
import { kernels } from "@surprisal/core";
import type { Cut } from "./cut.ts";

export const maxThreads = 128;

/** The states that are kept: a job has at most so many blocks. A power of two. */
export const ringLength = 4096;

/** Counters, a cache line apart. */
export const counter = {
  /** Changes with everything that is published. */
  bell: 0,
  /** Blocks are numbered in the order in which they are handed out; numbers wrap around. */
  published: 16,
  claimed: 32,
  /** The number of the job. */
  job: 48,
  /** How many threads sleep. */
  sleeping: 64,
  /** How many messages have been sent to each worker. */
  mail: 80,
  /** Always 0. */
  rest: 96,
  /** For each thread, how many blocks it has dealt with. */
  progress: 112,
};

const headLength = counter.progress + maxThreads;

/** The states of a block, but for those that name a thread. */
export const free = 0;
export const done = -1;
/** The caller has taken it over. */
export const stolen = -2;

/** Returns the state of a block that a thread computes, or whose result it writes. */
export const computing = (thread: number) => thread << 1;
export const writing = (thread: number) => (thread << 1) | 1;
export const isWriting = (state: number) => state > 0 && (state & 1) === 1;
export const threadOf = (state: number) => state >> 1;

/** Where an array of a job is, if not in a buffer with a number. */
export const noArray = -1;
export const inSlot = -2;

const jobFields = [
  ...["operation", "kernels", "temperature", "empty", "isAllocated"],
  ...["firstRow", "rowMemory", "rowCapacity", "slotMemory", "slotLength"],
  ...["buffer0", "offset0", "buffer1", "offset1", "buffer2", "offset2"],
  ...["outer", "size", "inner"],
  ...["slabsPerBlock", "slabBlocks", "columnsPerBlock", "columnBlocks"],
] as const;

/** All that a worker must know of a call; only numbers. Arrays 0 and 1 are inputs, 2 is the output. */
export interface Job extends Cut {
  readonly operation: number;
  readonly kernels: number;
  readonly temperature: number;
  readonly empty: number;
  /** 1 if one memory of kernels holds all arrays: long rows are then computed in one piece. */
  readonly isAllocated: number;
  /** The row whose numbers come first in the memory of rows. */
  readonly firstRow: number;
  readonly rowMemory: number;
  readonly rowCapacity: number;
  readonly slotMemory: number;
  readonly slotLength: number;
  readonly buffer0: number;
  readonly offset0: number;
  readonly buffer1: number;
  readonly offset1: number;
  readonly buffer2: number;
  readonly offset2: number;
}

export interface Control {
  readonly buffer: SharedArrayBuffer;
  readonly counters: Int32Array;
  readonly states: Int32Array;
  /** For each number, the index of its block in the cut. */
  readonly blocks: Int32Array;
  readonly slots: Int32Array;
  readonly job: Float64Array;
}

const kernelNames = ["relaxed", "simd", "js"] as const;

/** Returns the number of the kernels in use, as jobs hold it. */
export function activeKernels(): number {
  return kernelNames.indexOf(kernels().active);
}

export function kernelsOfNumber(number: number): (typeof kernelNames)[number] {
  return kernelNames[number];
}

export function createControl(): Control {
  const words = headLength + 3 * ringLength;
  return openControl(new SharedArrayBuffer(4 * words + 8 * jobFields.length));
}

export function openControl(buffer: SharedArrayBuffer): Control {
  const ring = (index: number) =>
    new Int32Array(buffer, 4 * (headLength + index * ringLength), ringLength);
  const job = new Float64Array(buffer, 4 * (headLength + 3 * ringLength));
  const counters = new Int32Array(buffer, 0, headLength);
  return { buffer, counters, states: ring(0), blocks: ring(1), slots: ring(2), job };
}

export function writeJob({ job }: Control, values: Job): void {
  jobFields.forEach((name, i) => {
    job[i] = values[name as keyof Job];
  });
}

export function readJob({ job }: Control): Job {
  return Object.fromEntries(jobFields.map((name, i) => [name, job[i]])) as unknown as Job;
}

/** Claims the next block. Returns its number, or undefined if there is none. */
export function claim({ counters }: Control): number | undefined {
  for (;;) {
    const next = Atomics.load(counters, counter.claimed);
    if (((Atomics.load(counters, counter.published) - next) | 0) <= 0) return undefined;
    const seen = Atomics.compareExchange(counters, counter.claimed, next, (next + 1) | 0);
    if (seen === next) return next;
  }
}

/** Moves a block from one state to another. Returns whether it was in the first. */
export function move({ states }: Control, number: number, from: number, to: number): boolean {
  return Atomics.compareExchange(states, number & (ringLength - 1), from, to) === from;
}

/** Tells the other threads that there is something new. */
export function ring({ counters }: Control): void {
  Atomics.add(counters, counter.bell, 1);
  if (Atomics.load(counters, counter.sleeping) > 0) Atomics.notify(counters, counter.bell);
}
