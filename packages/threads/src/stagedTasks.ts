// Tasks whose arrays pass through slots: the caller publishes a task when a worker can take one, and computes
// the other blocks itself.
import { counter } from "./control.ts";
import type { Pool } from "./pool.ts";
import type { StagingSlots } from "./stagingSlots.ts";
import {
  changeState,
  claimTask,
  done,
  enqueue,
  placeOf,
  publish,
  queued,
  stateOf,
  stolen,
  unclaimedTasks,
} from "./taskQueue.ts";
import type { TaskWaiter } from "./taskWaiter.ts";

/** Tasks that wait for each worker while the caller computes a block. */
const waitingPerWorker = 2;

/** A block, and the slot that it has. */
export interface StagedBlock {
  readonly index: number;
  readonly slot: number;
}

interface Task extends StagedBlock {
  readonly number: number;
}

/** The blocks of a call. */
export interface StagedBlocks {
  /** Copies into the slot what a worker needs. */
  stage(block: StagedBlock): void;
  /** Copies a worker's result from the slot. */
  unstage(block: StagedBlock): void;
  /** Computes a block on the calling thread. */
  compute(index: number): void;
  /** Completes a result that a worker has written in part. Without this method, the caller computes the block again. */
  complete?(block: StagedBlock): void;
}

/** Computes the blocks from `first` to `end` on all threads of a pool. */
export function computeStaged(
  pool: Pool,
  slots: StagingSlots,
  waiter: TaskWaiter,
  blocks: StagedBlocks,
  first: number,
  end: number,
): void {
  const { control } = pool;
  const maxWaiting = waitingPerWorker * (pool.count() - 1);
  const compute = (index: number) => waiter.time(() => blocks.compute(index));
  let published: Task[] = [];
  let number = Atomics.load(control.counters, counter.published);
  for (let next = first; next < end; next++) {
    published = published.filter((task) => {
      if (stateOf(control, task.number) !== done) return true;
      blocks.unstage(task);
      slots.release(task.slot);
      return false;
    });
    const slot = unclaimedTasks(control) < maxWaiting ? slots.acquire() : undefined;
    if (slot === undefined) compute(next);
    else {
      const task = { number, index: next, slot };
      blocks.stage(task);
      enqueue(control, number, { index: next, count: 1, slot });
      publish(control, 1);
      published.push(task);
      number = (number + 1) | 0;
    }
  }
  for (let task = claimTask(control); task !== undefined; task = claimTask(control)) {
    const index = control.blocks[placeOf(task)];
    if (changeState(control, task, queued, stolen)) compute(index);
  }
  for (const task of published) {
    const result = waiter.wait(task.number);
    if (result === "done") blocks.unstage(task);
    else if (result === "interrupted" && blocks.complete) blocks.complete(task);
    else if (result !== "stolen") compute(task.index);
  }
}
