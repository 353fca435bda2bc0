import { measure, type SamplingPlan, type Timeable, timeCalls } from "@surprisal/testing/benchmark";
import type { BenchmarkCase, Implementation } from "./cases.ts";

export interface CaseResult {
  readonly operation: string;
  readonly shape: string;
  /** Median nanoseconds per call, in the order of the implementations. */
  readonly times: readonly { readonly name: string; readonly time: number }[];
}

/** Checks the answers of all implementations, then times them. */
export async function runCase(
  { operation, shape, implementations }: BenchmarkCase,
  sampling: SamplingPlan,
): Promise<CaseResult> {
  await checkAnswers(implementations, `${operation} of ${shape.join("×")}`);
  const times = await measure(implementations.map(timeable), sampling);
  return {
    operation,
    shape: shape.join("×"),
    times: implementations.map(({ name }, i) => ({ name, time: times[i].median })),
  };
}

function timeable({ prepare, compute, settle }: Implementation): Timeable {
  return {
    async time(iterations) {
      prepare();
      if (settle === undefined) return timeCalls(compute, iterations);
      const start = performance.now();
      timeCalls(compute, iterations);
      await settle();
      return (performance.now() - start) * 1e6;
    },
  };
}

/** Throws an error if an answer differs from the baseline's by more than 1e-5 of the largest number. */
export async function checkAnswers(
  implementations: readonly Implementation[],
  problem: string,
): Promise<void> {
  const answers: number[][] = [];
  for (const { prepare, compute, answer } of implementations) {
    prepare();
    compute();
    answers.push(Array.from(await answer()));
  }
  const [expected, ...others] = answers;
  const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  others.forEach((answer, i) => {
    const differs = answer.some((value, k) => !(Math.abs(value - expected[k]) <= 1e-5 * largest));
    if (differs) {
      throw new Error(`${implementations[i + 1].name} gives another result for ${problem}.`);
    }
  });
}
