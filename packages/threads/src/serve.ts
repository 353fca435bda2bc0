// What a worker does: it takes blocks while there are any, spins a little, and sleeps.
import { useKernels } from "@surprisal/core";
import {
  activeKernels,
  type Control,
  claim,
  computing,
  counter,
  done,
  free,
  inSlot,
  type Job,
  kernelsOfNumber,
  move,
  noArray,
  readJob,
  ringLength,
  writing,
} from "./control.ts";
import type { Lines } from "./copy.ts";
import { type Block, blockAt } from "./cut.ts";
import { computePrivately } from "./privateBlock.ts";
import { rowBytes, rowsIn } from "./rows.ts";

declare const performance: { now(): number };

/** How long a worker looks for the next call before it sleeps, in milliseconds. */
const spinTime = 0.05;

/** A worker, as its messages have made it. */
export interface WorkerState {
  readonly control: Control;
  readonly thread: number;
  /** The shared memory that jobs name by number. */
  readonly buffers: ReadonlyMap<number, SharedArrayBuffer>;
  /** The messages that have been received. */
  readonly mail: number;
  /** Called before a result is written; tests let workers fail here. */
  readonly beforeWrite?: () => void;
}

/** Takes blocks until there is a message. */
export function serve(state: WorkerState): void {
  const { control, mail } = state;
  const { counters } = control;
  const takeBlock = blockTaker(state);
  while (Atomics.load(counters, counter.mail) === mail) {
    const bell = Atomics.load(counters, counter.bell);
    if (takeBlock()) continue;
    const end = performance.now() + spinTime;
    while (Atomics.load(counters, counter.bell) === bell) {
      if (performance.now() < end) continue;
      Atomics.add(counters, counter.sleeping, 1);
      if (Atomics.load(counters, counter.mail) === mail) {
        Atomics.wait(counters, counter.bell, bell);
      }
      Atomics.sub(counters, counter.sleeping, 1);
      break;
    }
  }
}

/** Returns a function that takes a block and computes it; it returns false if there is none. */
function blockTaker({ control, thread, buffers, beforeWrite }: WorkerState): () => boolean {
  const { counters, blocks, slots } = control;
  let known = -1;
  let job: Job | undefined;
  let own = new ArrayBuffer(0);

  /** Reads the job of a block that is this thread's; undefined if the caller is not waiting for it any more. */
  const currentJob = (): Job | undefined => {
    const number = Atomics.load(counters, counter.job);
    if (number !== known) {
      job = readJob(control);
      known = number;
      if (Atomics.load(counters, counter.job) !== number) {
        known = -1;
        job = undefined;
      }
    }
    return job;
  };

  const compute = (number: number, job: Job) => {
    const index = number & (ringLength - 1);
    const block = blockAt(job, blocks[index]);
    const slot = slots[index];
    if (!knowsBuffers(job, buffers)) {
      // The message that brings them is on its way.
      move(control, number, computing(thread), free);
      return;
    }
    if (job.kernels !== activeKernels()) useKernels(kernelsOfNumber(job.kernels));
    const inputs = [0, 1].flatMap((i) => linesOf(job, i, block, slot, buffers) ?? []);
    const output = linesOf(job, 2, block, slot, buffers);
    const shared = sharedRows(job, block, buffers);
    const { rows: count } = block;
    if (shared !== undefined && own.byteLength < rowBytes(count + 1)) {
      own = new ArrayBuffer(2 * rowBytes(count + 1));
    }
    const rows = shared && rowsIn(own, count + (count & 1), 0, count);
    rows?.targets.set(shared?.targets ?? []);
    rows?.gradScale.set(shared?.gradScale ?? []);
    // Targets of another call could lead out of this one's rows.
    if (control.states[index] !== computing(thread)) return;
    computePrivately(job, block, { inputs, output }, rows, () => {
      beforeWrite?.();
      if (!move(control, number, computing(thread), writing(thread))) return false;
      shared?.values.set(rows?.values ?? []);
      return true;
    });
    move(control, number, writing(thread), done);
  };

  return () => {
    const number = claim(control);
    if (number === undefined) return false;
    if (move(control, number, free, computing(thread))) {
      const job = currentJob();
      try {
        if (job !== undefined) compute(number, job);
      } catch (error) {
        // The memory of a call that is over may hold anything.
        if (control.states[number & (ringLength - 1)] === computing(thread)) throw error;
      }
    }
    Atomics.add(counters, counter.progress + thread, 1);
    return true;
  };
}

function knowsBuffers(job: Job, buffers: ReadonlyMap<number, SharedArrayBuffer>): boolean {
  const { buffer0, buffer1, buffer2, slotMemory, rowMemory } = job;
  return [buffer0, buffer1, buffer2, slotMemory, rowMemory].every(
    (number) => number < 0 || buffers.has(number),
  );
}

function linesOf(
  job: Job,
  array: number,
  { offset, stride, length, lines }: Block,
  slot: number,
  buffers: ReadonlyMap<number, SharedArrayBuffer>,
): Lines | undefined {
  const { slotMemory, slotLength } = job;
  const [number, byteOffset] = [
    [job.buffer0, job.offset0],
    [job.buffer1, job.offset1],
    [job.buffer2, job.offset2],
  ][array];
  if (number === noArray) return undefined;
  const buffer = buffers.get(number === inSlot ? slotMemory : number);
  if (buffer === undefined) return undefined;
  if (number === inSlot) {
    const start = 4 * (3 * slot + array) * slotLength;
    return {
      array: new Float32Array(buffer, start, length * lines),
      offset: 0,
      stride: length,
    };
  }
  const elements = (lines - 1) * stride + length;
  return {
    array: new Float32Array(buffer, byteOffset + 4 * offset, elements),
    offset: 0,
    stride,
  };
}

function sharedRows(
  { rowMemory, rowCapacity, firstRow }: Job,
  block: Block,
  buffers: ReadonlyMap<number, SharedArrayBuffer>,
) {
  const buffer = buffers.get(rowMemory);
  if (rowMemory === noArray || buffer === undefined) return undefined;
  return rowsIn(buffer, rowCapacity, block.firstRow - firstRow, block.rows);
}
