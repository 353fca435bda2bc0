import { type Timeable, timeCalls } from "@surprisal/testing/benchmark";
import type { Answer, Problem } from "../problem.ts";
import type { ImplementationInfo } from "../record.ts";

/** A library in one configuration. */
export interface Implementation extends ImplementationInfo {
  /** Returns the problem as a task, or nothing if the library lacks the operation. */
  prepare(problem: Problem): Task | undefined | Promise<Task | undefined>;
  close?(): void;
}

/** A problem that is ready to be solved many times. */
export interface Task extends Timeable {
  answer(): Answer | Promise<Answer>;
  /** Returns the bytes that one call allocates, as the library counts them. */
  memory?(): number | Promise<number>;
  release?(): void | Promise<void>;
}

/** Returns a task that is done when the call returns. */
export function synchronousTask<Result>(
  solve: () => Result,
  read: (result: Result) => Answer,
  discard?: (result: Result) => void,
): Pick<Task, "time" | "answer"> {
  const call = () => {
    const result = solve();
    discard?.(result);
  };
  return {
    time: (iterations) => timeCalls(call, iterations),
    answer() {
      const result = solve();
      const answer = read(result);
      discard?.(result);
      return answer;
    },
  };
}

/** Returns a task that is done when its promise resolves. */
export function asynchronousTask<Result>(
  solve: () => Promise<Result>,
  read: (result: Result) => Answer | Promise<Answer>,
  discard: (result: Result) => void,
): Pick<Task, "time" | "answer"> {
  return {
    async time(iterations) {
      const start = performance.now();
      for (let i = 0; i < iterations; i++) discard(await solve());
      return (performance.now() - start) * 1e6;
    },
    async answer() {
      const result = await solve();
      const answer = await read(result);
      discard(result);
      return answer;
    },
  };
}

/**
 * Returns the bytes of typed arrays that a call allocates: the largest of three counts, because a
 * garbage collection in between makes a count too small.
 */
export function allocatedBytes(solve: () => unknown): number {
  return Math.max(
    ...Array.from({ length: 3 }, () => {
      const before = process.memoryUsage().arrayBuffers;
      solve();
      return process.memoryUsage().arrayBuffers - before;
    }),
  );
}
