import { afterAll, describe, expect, test } from "vitest";
import { computeReference, expectedAnswer, maxErrorUlp } from "../expected.ts";
import {
  axesOf,
  type Operation,
  operations,
  type Problem,
  randomData,
  type Shape,
  withAxis,
} from "../problem.ts";
import { openImplementations } from "./all.ts";

const { implementations, unavailable } = await openImplementations();

afterAll(() => {
  for (const { close } of implementations) close?.();
});

test("the libraries that need only JavaScript are available", () => {
  const names = implementations.map(({ name }) => name);
  for (const name of ["Surprisal js", "plain JavaScript loop", "TensorFlow.js wasm", "jax-js"]) {
    expect(names).toContain(name);
  }
  for (const { reason } of unavailable) expect(reason).not.toBe("");
});

/** The largest errors that Surprisal allows itself, in ulp. */
const errorBounds: Partial<Record<Operation, number>> = {
  softmax: 4,
  logSoftmax: 3,
  crossEntropy: 2,
  crossEntropyGradient: 4,
  tokenLogProbs: 2,
  topLogProbs: 3,
};

const reductions = ["mean", "none"] as const;
const matrices = [
  [1, 10],
  [4, 10],
  [20, 33],
].map(withAxis);
const images = [[2, 5, 3, 4]].map(withAxis);
const sequences = [{ shape: [7, 3, 5], axis: 2 }];

/** Returns the shapes on which an operation is tested. */
function shapesOf(operation: Operation): readonly Shape[] {
  const axes = axesOf(operation);
  if (axes === undefined) return [...matrices, ...images];
  return axes === 2 ? matrices : sequences;
}

describe.each(implementations)("$name", (implementation) => {
  const problems = (Object.keys(operations) as Operation[]).flatMap((operation) =>
    shapesOf(operation)
      .flatMap((shape) => reductions.map((reduction) => ({ operation, reduction, ...shape })))
      .filter(({ reduction }) => reduction === "mean" || operation === "crossEntropy"),
  );

  test.each(problems)("$operation of $shape, $reduction", async (about) => {
    const data = randomData(about);
    const problem: Problem = { ...data, ...about };
    const task = await implementation.prepare(problem);
    if (task === undefined) return;
    const expected = expectedAnswer(problem, computeReference(data));
    const answer = await task.answer();
    expect(await task.time(2)).toBeGreaterThan(0);
    await task.release?.();

    expectClose(answer.values, expected.values);
    if (expected.gradient !== undefined) expectClose(answer.gradient ?? [], expected.gradient);
    const bound = errorBounds[about.operation];
    if (implementation.kind === "ours" && bound !== undefined) {
      expect(maxErrorUlp(answer, expected)).toBeLessThanOrEqual(bound);
    }
  });
});

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual).toHaveLength(expected.length);
  const errors = Array.from(
    expected,
    (value, i) => Math.abs(actual[i] - value) / (1 + Math.abs(value)),
  );
  // The logarithm of jax-js has an absolute error of 1e-5.
  expect(Math.max(...errors)).toBeLessThan(2e-5);
}
