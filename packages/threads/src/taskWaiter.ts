// How long the caller waits for the workers' last tasks.
import { type Control, counter, queueCapacity } from "./control.ts";
import type { Pool } from "./pool.ts";
import {
  changeState,
  claimTask,
  done,
  isWriting,
  queued,
  stateOf,
  stolen,
  threadOf,
} from "./taskQueue.ts";

declare const performance: { now(): number };

/**
 * The caller takes over a task if a worker needs longer than the caller would, plus this time in milliseconds. Waiting longer
 * would cost more than computing the task.
 */
const minTakeoverTimeout = 0.02;

/** The same if the caller has not computed a block of this call, and does not know how long one takes. */
const unknownTakeoverTimeout = 1;

/** A worker that takes longer to write one result is lost, in milliseconds. */
const writeTimeout = 1000;

/**
 * Once a worker has been writing for this long, in milliseconds, the caller sleeps and lets other threads run. A shorter
 * write takes less time than a sleep.
 */
const spinTime = 0.05;

/** Waits for tasks, and takes over those that take too long. */
export class TaskWaiter {
  /** How long the caller's last block has taken, in milliseconds. */
  #blockTime: number | undefined;
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Computes `count` blocks on the calling thread, and notes how long one of them takes. */
  time(compute: () => void, count = 1): void {
    const start = performance.now();
    compute();
    this.#blockTime = (performance.now() - start) / count;
  }

  /**
   * Waits for a task of `count` blocks.
   *
   * @returns "done" if a worker has computed it, and "stolen" if the caller had before. Else the caller must do it now:
   * "takenOver" if nothing of the result is written, "interrupted" if the worker has written a part.
   */
  wait(task: number, count = 1): "done" | "stolen" | "takenOver" | "interrupted" {
    const { control } = this.#pool;
    const start = performance.now();
    let writingSince: number | undefined;
    const takeoverTimeout =
      this.#blockTime === undefined
        ? unknownTakeoverTimeout
        : minTakeoverTimeout + count * this.#blockTime;
    for (;;) {
      const state = stateOf(control, task);
      if (state === done) return "done";
      if (state === stolen) return "stolen";
      const now = performance.now();
      const time = now - start;
      if (isWriting(state)) {
        writingSince ??= now;
        const writingTime = now - writingSince;
        if (writingTime < writeTimeout) {
          if (writingTime > spinTime) sleepBriefly(control);
          continue;
        }
        this.#pool.markLost(threadOf(state), "it hangs");
      } else if (state !== queued && time < takeoverTimeout) continue;
      if (changeState(control, task, state, stolen)) {
        if (state !== queued) this.#pool.noteTakeover(threadOf(state));
        return isWriting(state) ? "interrupted" : "takenOver";
      }
    }
  }
}

/** Takes back the tasks from `first` on that are not done. So no worker writes after the call has failed. */
export function abandonTasks(pool: Pool, first: number): void {
  const { control } = pool;
  for (let task = claimTask(control); task !== undefined; task = claimTask(control)) {
    changeState(control, task, queued, stolen);
  }
  const end = Atomics.load(control.counters, counter.published);
  const count = Math.min((end - first) | 0, queueCapacity);
  const waiter = new TaskWaiter(pool);
  for (let i = count; i > 0; i--) waiter.wait((end - i) | 0);
}

/** Sleeps a moment, where that is allowed: not on a page's main thread. */
function sleepBriefly({ counters }: Control): void {
  try {
    Atomics.wait(counters, counter.zero, 0, spinTime);
  } catch {
    // The caller goes on looking.
  }
}
