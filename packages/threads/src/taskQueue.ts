// The queue of tasks. A task is one block of the current job, or several consecutive ones. Tasks are numbered in the order of
// their publication. Numbers wrap around.
import { type Control, counter, queueCapacity } from "./control.ts";

/** The states of a task, except those that name a thread. */
export const queued = 0;
export const done = -1;
/** The caller computes it in the worker's place. */
export const stolen = -2;

/** Returns the state of a task that a thread computes, or whose result it writes. */
export const running = (thread: number) => thread << 1;
export const writing = (thread: number) => (thread << 1) | 1;
export const isWriting = (state: number) => state > 0 && (state & 1) === 1;
export const threadOf = (state: number) => state >> 1;

/** Returns the place of a task in the queue. */
export function placeOf(task: number): number {
  return task & (queueCapacity - 1);
}

export function stateOf({ states }: Control, task: number): number {
  return Atomics.load(states, placeOf(task));
}

/** Changes a task's state if it is `from`. Returns whether it was. */
export function changeState({ states }: Control, task: number, from: number, to: number): boolean {
  return Atomics.compareExchange(states, placeOf(task), from, to) === from;
}

/** Writes a task to its place. Workers see it once it is published. */
export function enqueue(
  control: Control,
  task: number,
  { index, count, slot }: { readonly index: number; readonly count: number; readonly slot: number },
): void {
  const place = placeOf(task);
  control.blocks[place] = index;
  control.blockCounts[place] = count;
  control.slots[place] = slot;
  Atomics.store(control.states, place, queued);
}

/** Lets workers claim the next `count` tasks. */
export function publish(control: Control, count: number): void {
  const { counters } = control;
  const published = Atomics.load(counters, counter.published);
  Atomics.store(counters, counter.published, (published + count) | 0);
  notifyWorkers(control);
}

/** Claims the next task. Returns its number, or undefined if there is none. */
export function claimTask({ counters }: Control): number | undefined {
  for (;;) {
    const task = Atomics.load(counters, counter.claimed);
    if (((Atomics.load(counters, counter.published) - task) | 0) <= 0) return undefined;
    const seen = Atomics.compareExchange(counters, counter.claimed, task, (task + 1) | 0);
    if (seen === task) return task;
  }
}

/** Returns how many tasks nobody has claimed. */
export function unclaimedTasks({ counters }: Control): number {
  return (Atomics.load(counters, counter.published) - Atomics.load(counters, counter.claimed)) | 0;
}

/** Wakes the workers for something new. */
export function notifyWorkers({ counters }: Control): void {
  Atomics.add(counters, counter.notification, 1);
  // A notification takes as long as many blocks: workers that have been notified are not again.
  if (areAsleep({ counters }) && Atomics.exchange(counters, counter.sleeping, 0) > 0) {
    Atomics.notify(counters, counter.notification);
  }
}

/** Returns whether workers sleep that nobody has notified. */
export function areAsleep({ counters }: Pick<Control, "counters">): boolean {
  return Atomics.load(counters, counter.sleeping) > 0;
}
