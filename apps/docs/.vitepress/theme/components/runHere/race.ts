import type { Heat, Runner } from "./heats.ts";

/** What came of one heat. */
export interface Outcome {
  readonly operation: string;
  readonly shape: string;
  /** Nanoseconds per call: medians, in the order of the runners. */
  readonly times: readonly { readonly name: string; readonly time: number }[];
}

export interface Effort {
  readonly rounds: number;
  /** Milliseconds. Clocks of browsers are coarse: a turn is many calls. */
  readonly turn: number;
  readonly warmUp: number;
}

/** Checks all answers, then lets the runners take turns. */
export function race({ operation, shape, runners }: Heat, effort: Effort): Outcome {
  checkAnswers(runners, `${operation} of ${shape.join("×")}`);
  const repeats = runners.map((runner) => calibrate(runner, effort));
  const times = runners.map((): number[] => []);
  for (let round = 0; round < effort.rounds; round++) {
    runners.forEach((runner, i) => {
      times[i].push(timeOf(runner, repeats[i]));
    });
  }
  return {
    operation,
    shape: shape.join("×"),
    times: runners.map(({ name }, i) => ({ name, time: median(times[i]) })),
  };
}

/** All must agree with the first to 1e-5 of the largest number. */
export function checkAnswers(runners: readonly Runner[], what: string): void {
  const [expected, ...others] = runners.map((runner) => {
    runner.prepare();
    runner.compute();
    return Array.from(runner.answer());
  });
  const largest = Math.max(...expected.slice(0, 1000).map(Math.abs));
  others.forEach((answer, i) => {
    const far = answer.some((value, k) => !(Math.abs(value - expected[k]) <= 1e-5 * largest));
    if (far) throw new Error(`${runners[i + 1].name} gives another result for ${what}.`);
  });
}

/** Warms up, and finds how many calls fill a turn. */
function calibrate(runner: Runner, { turn, warmUp }: Effort): number {
  runner.prepare();
  const start = performance.now();
  let calls = 0;
  while (performance.now() - start < warmUp) {
    runner.compute();
    calls++;
  }
  return Math.max(1, Math.round((calls * turn) / (performance.now() - start)));
}

/** Nanoseconds per call. */
function timeOf(runner: Runner, repeats: number): number {
  runner.prepare();
  const start = performance.now();
  for (let i = 0; i < repeats; i++) runner.compute();
  return ((performance.now() - start) * 1e6) / repeats;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
