// What a worker does: it computes tasks while there are any, spins a little, and sleeps.
import { useKernels } from "@surprisal/core";
import {
  activeKernels,
  type Control,
  constantOf,
  counter,
  type Job,
  kernelsOfNumber,
  noArray,
  noProduct,
  readJob,
  staged,
} from "./control.ts";
import { copyRowNumbers, createShared } from "./copy.ts";
import { blockArraysOf, type JobArrays, jobArraysOf } from "./jobArrays.ts";
import { type Losses, type OperationOfBlock, operationOfJob } from "./jobOperation.ts";
import { joinBlocks } from "./partition.ts";
import { computeInPrivateBuffers } from "./privateBuffers.ts";
import { computeProductTask } from "./productTask.ts";
import { type RowNumbers, rowDataOf, rowsIn } from "./rows.ts";
import {
  changeState,
  claimTask,
  done,
  placeOf,
  queued,
  running,
  stateOf,
  writing,
} from "./taskQueue.ts";

declare const performance: { now(): number };

/** How long a worker looks for the next task before it sleeps, in milliseconds. */
export const spinTime = 0.5;

/** A worker, as its messages have made it. */
export interface WorkerState {
  readonly control: Control;
  readonly thread: number;
  /** The shared memory that jobs name by number. */
  readonly buffers: ReadonlyMap<number, SharedArrayBuffer>;
  /** The number of messages that have been received. */
  readonly messageCount: number;
  readonly losses: Losses;
  /** Called before a result is written; tests let workers fail here. */
  readonly beforeWrite?: () => void;
}

/** Runs tasks until there is a message. */
export function runTasks(state: WorkerState): void {
  const { control, messageCount } = state;
  const { counters } = control;
  const runNextTask = taskRunner(state);
  while (Atomics.load(counters, counter.messages) === messageCount) {
    const notification = Atomics.load(counters, counter.notification);
    if (runNextTask()) continue;
    const end = performance.now() + spinTime;
    while (Atomics.load(counters, counter.notification) === notification) {
      if (performance.now() < end) continue;
      Atomics.add(counters, counter.sleeping, 1);
      if (Atomics.load(counters, counter.messages) === messageCount) {
        Atomics.wait(counters, counter.notification, notification);
      }
      break;
    }
  }
}

/** Returns a function that claims a task and runs it; it returns false if there is none. */
function taskRunner(state: WorkerState): () => boolean {
  const { control, thread } = state;
  const currentJob = jobReader(control);
  const compute = blockComputer(state);

  const run = (task: number, slot: number) => {
    if (!changeState(control, task, queued, running(thread))) return;
    if (control.slots[placeOf(task)] !== slot) {
      // Its place in the queue now holds a later task.
      changeState(control, task, running(thread), queued);
      return;
    }
    const job = currentJob();
    if (job === undefined) return;
    try {
      compute(task, job);
    } catch (error) {
      // The memory of a call that is over may hold anything.
      if (stateOf(control, task) === running(thread)) throw error;
    }
  };

  return () => {
    const task = claimTask(control);
    if (task === undefined) return false;
    const slot = control.slots[placeOf(task)];
    // The caller must not reuse the slot before this thread is through with it, even if it is late.
    Atomics.add(control.slotUsers, slot, 1);
    run(task, slot);
    Atomics.sub(control.slotUsers, slot, 1);
    Atomics.add(control.counters, counter.progress + thread, 1);
    return true;
  };
}

/** Returns a function that reads the job; it returns undefined while the caller changes it. */
function jobReader(control: Control): () => Job | undefined {
  let jobNumber = -1;
  let job: Job | undefined;
  return () => {
    const number = Atomics.load(control.counters, counter.job);
    if (number === jobNumber) return job;
    job = readJob(control);
    jobNumber = number;
    if (Atomics.load(control.counters, counter.job) !== number) {
      jobNumber = -1;
      job = undefined;
    }
    return job;
  };
}

/** What the blocks of a job share. */
interface JobCall {
  readonly job: Job;
  readonly operationOf: OperationOfBlock;
  readonly arrays: JobArrays;
  readonly rows: RowNumbers | undefined;
}

/** Returns a function that computes the block of a task that this thread runs. */
function blockComputer(state: WorkerState) {
  const { control, thread, buffers, losses, beforeWrite } = state;
  let jobCall: JobCall | undefined;
  let values: Float64Array = new Float64Array();

  /** Returns the operation and the arrays of a job, which its blocks share. */
  const callOf = (job: Job): JobCall => {
    if (jobCall?.job === job) return jobCall;
    if (job.kernels !== activeKernels()) useKernels(kernelsOfNumber(job.kernels));
    jobCall = {
      job,
      operationOf: operationOfJob(job, control, losses, buffers),
      arrays: jobArraysOf(job, state),
      rows: rowsOf(job, buffers),
    };
    return jobCall;
  };

  /** Returns memory of this thread for the values of some rows. */
  const privateValues = (count: number): Float64Array => {
    if (values.length < count) values = new Float64Array(createShared(2 * 8 * count));
    return values.subarray(0, count);
  };

  return (task: number, job: Job) => {
    const place = placeOf(task);
    const slot = control.slots[place];
    if (!hasBuffers(job, control, slot, buffers)) {
      // The message that brings them is on its way.
      changeState(control, task, running(thread), queued);
      return;
    }
    const mayWrite = () => {
      beforeWrite?.();
      return changeState(control, task, running(thread), writing(thread));
    };
    const [index, count] = [control.blocks[place], control.blockCounts[place]];
    const call = job.product === noProduct ? callOf(job) : undefined;
    // The caller changes the job and the place only after it has taken the task over. So all that has been read belongs together.
    if (stateOf(control, task) !== running(thread)) return;
    if (call === undefined) {
      if (job.kernels !== activeKernels()) useKernels(kernelsOfNumber(job.kernels));
      computeProductTask({ control, thread, buffers, job, index, slot, mayWrite });
      changeState(control, task, writing(thread), done);
      return;
    }
    const block = joinBlocks(job, index, count);
    const { operationOf, arrays: jobArrays, rows } = call;
    const arrays = blockArraysOf(jobArrays, job, block, slot, state);
    const firstRow = block.firstValue - job.firstValue;
    const own = rows && privateValues(block.values);
    const rowData = rows && own && rowDataOf(rows, firstRow, constantOf(job.gradScale), own);
    computeInPrivateBuffers(operationOf(block), block, arrays, rowData, () => {
      if (!mayWrite()) return false;
      if (rows && own) copyRowNumbers(rows.values.subarray(firstRow), own);
      return true;
    });
    changeState(control, task, writing(thread), done);
  };
}

function hasBuffers(
  { buffers: arrays, rowMemory, weightMemory, sharedMemory, product }: Job,
  { slotMemories }: Control,
  slot: number,
  buffers: ReadonlyMap<number, SharedArrayBuffer>,
): boolean {
  const has = (number: number) =>
    number === noArray || buffers.has(number === staged ? slotMemories[slot] : number);
  if (product !== noProduct && !has(staged)) return false;
  return arrays.every(has) && [rowMemory, weightMemory, sharedMemory].every(has);
}

function rowsOf(
  { rowMemory, rowCapacity }: Job,
  buffers: ReadonlyMap<number, SharedArrayBuffer>,
): RowNumbers | undefined {
  const buffer = buffers.get(rowMemory);
  return rowMemory === noArray || buffer === undefined ? undefined : rowsIn(buffer, rowCapacity);
}
