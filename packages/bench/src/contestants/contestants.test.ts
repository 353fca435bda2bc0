import { afterAll, describe, expect, test } from "vitest";
import { type Operation, operations, ordinaryData, type Problem, withAxis } from "../problem.ts";
import { errorOf, expected, truthOf } from "../truth.ts";
import { openContestants } from "./all.ts";

const { contestants, absent } = await openContestants();

afterAll(() => {
  for (const { close } of contestants) close?.();
});

test("those that need nothing but JavaScript take part", () => {
  const names = contestants.map(({ name }) => name);
  for (const name of ["Surprisal js", "plain JavaScript loop", "TensorFlow.js wasm", "jax-js"]) {
    expect(names).toContain(name);
  }
  for (const { reason } of absent) expect(reason).not.toBe("");
});

/** Our own goals, in ulp; the gradients of the longer routes have none. */
const goals: Partial<Record<Operation, number>> = {
  softmax: 4,
  logSoftmax: 3,
  crossEntropy: 2,
  crossEntropyGradient: 4,
};

const reductions = ["mean", "none"] as const;
const shapes = [
  [4, 10],
  [20, 33],
  [2, 5, 3, 4],
].map(withAxis);

describe.each(contestants)("$name", (contestant) => {
  const problems = (Object.keys(operations) as Operation[]).flatMap((operation) =>
    shapes
      .filter(({ shape }) => shape.length === 2 || !["gather", "diagonal"].includes(operation))
      .flatMap((shape) => reductions.map((reduction) => ({ operation, reduction, ...shape })))
      .filter(({ reduction }) => reduction === "mean" || operation === "crossEntropy"),
  );

  test.each(problems)("$operation of $shape, $reduction", async (about) => {
    const data = ordinaryData(about);
    const problem: Problem = { ...data, ...about };
    const task = await contestant.prepare(problem);
    if (task === undefined) return;
    const right = expected(problem, truthOf(data));
    const answer = await task.answer();
    expect(await task.time(2)).toBeGreaterThan(0);
    await task.release?.();

    expectClose(answer.values, right.values);
    if (right.gradient !== undefined) expectClose(answer.gradient ?? [], right.gradient);
    const goal = goals[about.operation];
    if (contestant.kind === "ours" && goal !== undefined) {
      expect(errorOf(answer, right)).toBeLessThanOrEqual(goal);
    }
  });
});

function expectClose(actual: ArrayLike<number>, right: ArrayLike<number>): void {
  expect(actual).toHaveLength(right.length);
  const errors = Array.from(
    right,
    (value, i) => Math.abs(actual[i] - value) / (1 + Math.abs(value)),
  );
  // jax-js's logarithm has an absolute error of 1e-5.
  expect(Math.max(...errors)).toBeLessThan(2e-5);
}
