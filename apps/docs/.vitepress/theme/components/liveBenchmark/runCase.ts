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
  checkAnswers(implementations, `${operation} of ${shape.join("×")}`);
  const times = await measure(implementations.map(timeable), sampling);
  return {
    operation,
    shape: shape.join("×"),
    times: implementations.map(({ name }, i) => ({ name, time: times[i].median })),
  };
}

function timeable({ prepare, compute }: Implementation): Timeable {
  return {
    time(iterations) {
      prepare();
      return timeCalls(compute, iterations);
    },
  };
}

/** Throws an error if an answer differs from the baseline's by more than 1e-5 of the largest number. */
export function checkAnswers(implementations: readonly Implementation[], problem: string): void {
  const [expected, ...others] = implementations.map((implementation) => {
    implementation.prepare();
    implementation.compute();
    return Array.from(implementation.answer());
  });
  const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  others.forEach((answer, i) => {
    const differs = answer.some((value, k) => !(Math.abs(value - expected[k]) <= 1e-5 * largest));
    if (differs) {
      throw new Error(`${implementations[i + 1].name} gives another result for ${problem}.`);
    }
  });
}
