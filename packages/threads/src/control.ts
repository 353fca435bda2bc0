// What the threads know of each other: a block of shared memory with counters, the queue of tasks,
// and the job in progress.
import { kernels } from "@surprisal/core";
import { maxLossBytes } from "./namedLoss.ts";
import { maxInputs, type ScalarParameters } from "./operations.ts";
import type { Partition } from "./partition.ts";

export const maxThreads = 128;

/** The number of tasks whose states are kept: a job has at most that many at once. A power of two. */
export const queueCapacity = 4096;

/** The largest number of staging slots. */
export const maxSlots = 16 * maxThreads;

/** Counters, a cache line apart. */
export const counter = {
  /** Changes with everything that is published: sleeping workers wait on it. */
  notification: 0,
  published: 16,
  claimed: 32,
  /** The number of the job. */
  job: 48,
  /** How many workers sleep that have not been notified. */
  sleeping: 64,
  /** How many messages have been sent to each worker. */
  messages: 80,
  /** Always 0. */
  zero: 96,
  /** For each thread, how many tasks it has finished or given up. */
  progress: 112,
};

const countersLength = counter.progress + maxThreads;

/** The number of arrays of a job: its inputs, and then its outputs. */
export const jobArrays = 2 * maxInputs;

/** The number in place of a buffer's where a job lacks an array. */
export const noArray = -1;

/** The number in place of a buffer's for an array that passes through slots. */
export const staged = -2;

/** The number in place of a product's for a job that is an operation. */
export const noProduct = -1;

const jobFields = [
  ...["operation", "kernels", "isAllocated"],
  ...["temperature", "empty", "labelSmoothing", "zLoss", "softcap", "skipMasked"],
  ...["firstValue", "rowMemory", "rowCapacity", "slotLength"],
  ...["weightMemory", "weightBytes", "weightCount", "sharedMemory"],
  ...["lossBytes", "gradScale", "total"],
  ...["product", "shortRows", "wideStride"],
  ...["outer", "size", "inner", "valuesPerRow"],
  ...["slabsPerBlock", "slabBlocks", "columnsPerBlock", "columnBlocks"],
] as const;

/** Everything that a worker must know about a call. */
export interface Job extends Partition, ScalarParameters {
  readonly operation: number;
  readonly kernels: number;
  /**
   * 1 if one memory of kernels holds all arrays. Long rows are then computed in one piece, and workers that have regions in the
   * memory read the arrays in place.
   */
  readonly isAllocated: number;
  /** The value that comes first in the memory of rows. */
  readonly firstValue: number;
  readonly rowMemory: number;
  readonly rowCapacity: number;
  readonly slotLength: number;
  readonly weightMemory: number;
  /** The bytes of one weight. */
  readonly weightBytes: number;
  readonly weightCount: number;
  /** The memory of the arrays that every block needs as a whole. */
  readonly sharedMemory: number;
  /** The bytes of the text of the loss that workers find by its name; 0 for other operations. */
  readonly lossBytes: number;
  /** The factor of the gradients of a loss of elements or vectors, or of all rows; NaN if each row has one. */
  readonly gradScale: number;
  /** The number of rows of a composed cross-entropy. */
  readonly total: number;
  /** For a product, the index of its result in `matrixNames`; `noProduct` for operations. */
  readonly product: number;
  /** The other sizes of a product; see `MatrixProduct`. */
  readonly shortRows: number;
  readonly wideStride: number;
  /** For each of `jobArrays`, the number of its buffer. */
  readonly buffers: readonly number[];
  /** The offsets of the arrays in their buffers, in bytes. */
  readonly offsets: readonly number[];
}

/** Returns the upstream gradient of all rows, from that of a job; undefined if each row has one. */
export function constantOf(gradScale: number): number | undefined {
  return Number.isNaN(gradScale) ? undefined : gradScale;
}

export interface Control {
  readonly buffer: SharedArrayBuffer;
  readonly counters: Int32Array;
  /** For each place of the queue: the task's state, the index of its first block, the number of its blocks, and its slot. */
  readonly states: Int32Array;
  readonly blocks: Int32Array;
  readonly blockCounts: Int32Array;
  readonly slots: Int32Array;
  /** For each slot: the worker that its memory is for, the memory's number, the address, and how many use it. */
  readonly slotOwners: Int32Array;
  readonly slotMemories: Int32Array;
  readonly slotAddresses: Int32Array;
  readonly slotUsers: Int32Array;
  readonly job: Float64Array;
  /** The text of the job's loss. */
  readonly loss: Uint8Array;
}

const kernelNames = ["relaxed", "simd", "js"] as const;

/** Returns the number of the kernels in use, as jobs hold it. */
export function activeKernels(): number {
  return kernelNames.indexOf(kernels().active);
}

export function kernelsOfNumber(number: number): (typeof kernelNames)[number] {
  return kernelNames[number];
}

const words = countersLength + 4 * queueCapacity + 4 * maxSlots;
const jobLength = jobFields.length + 2 * jobArrays;
const lossAddress = 4 * words + 8 * jobLength;

export function createControl(): Control {
  return openControl(new SharedArrayBuffer(lossAddress + maxLossBytes));
}

export function openControl(buffer: SharedArrayBuffer): Control {
  let next = 0;
  const part = (length: number) => {
    const array = new Int32Array(buffer, 4 * next, length);
    next += length;
    return array;
  };
  return {
    buffer,
    counters: part(countersLength),
    states: part(queueCapacity),
    blocks: part(queueCapacity),
    blockCounts: part(queueCapacity),
    slots: part(queueCapacity),
    slotOwners: part(maxSlots),
    slotMemories: part(maxSlots),
    slotAddresses: part(maxSlots),
    slotUsers: part(maxSlots),
    job: new Float64Array(buffer, 4 * words, jobLength),
    loss: new Uint8Array(buffer, lossAddress),
  };
}

export function writeJob({ job }: Control, values: Job): void {
  let i = 0;
  for (const name of jobFields) job[i++] = values[name];
  for (const number of values.buffers) job[i++] = number;
  for (const offset of values.offsets) job[i++] = offset;
}

export function readJob({ job }: Control): Job {
  const fields = Object.fromEntries(jobFields.map((name, i) => [name, job[i]]));
  const arrays = [...job.subarray(jobFields.length)];
  const [buffers, offsets] = [arrays.slice(0, jobArrays), arrays.slice(jobArrays)];
  return { ...fields, buffers, offsets } as unknown as Job;
}
