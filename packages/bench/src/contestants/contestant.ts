import type { Answer, Problem } from "../problem.ts";

/** One library in one set-up. */
export interface Contestant {
  readonly name: string;
  readonly version: string;
  readonly kind: "ours" | "JavaScript" | "native";
  /** What is in its times besides the arithmetic. */
  readonly times: string;
  /** Gets ready to solve a problem; nothing where it has no such operation. */
  prepare(problem: Problem): Task | undefined | Promise<Task | undefined>;
  close?(): void;
}

/** One problem, ready to be solved over and over. */
export interface Task {
  /** Solves it so many times and returns the nanoseconds that took. */
  time(repeats: number): number | Promise<number>;
  answer(): Answer | Promise<Answer>;
  /** The bytes that solving it once allocates, as the library counts them. */
  memory?(): number | Promise<number>;
  release?(): void | Promise<void>;
}

/** A task that is done when the call returns. */
export function synchronousTask<Result>(
  solve: () => Result,
  read: (result: Result) => Answer,
  discard?: (result: Result) => void,
): Pick<Task, "time" | "answer"> {
  const once = () => {
    const result = solve();
    discard?.(result);
  };
  return {
    time(repeats) {
      const start = process.hrtime.bigint();
      for (let i = 0; i < repeats; i++) once();
      return Number(process.hrtime.bigint() - start);
    },
    answer() {
      const result = solve();
      const answer = read(result);
      discard?.(result);
      return answer;
    },
  };
}

/** A task that is done when its promise is kept. */
export function asynchronousTask<Result>(
  solve: () => Promise<Result>,
  read: (result: Result) => Answer | Promise<Answer>,
  discard: (result: Result) => void,
): Pick<Task, "time" | "answer"> {
  return {
    async time(repeats) {
      const start = process.hrtime.bigint();
      for (let i = 0; i < repeats; i++) discard(await solve());
      return Number(process.hrtime.bigint() - start);
    },
    async answer() {
      const result = await solve();
      const answer = await read(result);
      discard(result);
      return answer;
    },
  };
}

/** The bytes of typed arrays that a call allocates; the most of a few calls, lest a collection hides some. */
export function allocatedBytes(solve: () => unknown): number {
  return Math.max(
    ...Array.from({ length: 3 }, () => {
      const before = process.memoryUsage().arrayBuffers;
      solve();
      return process.memoryUsage().arrayBuffers - before;
    }),
  );
}
