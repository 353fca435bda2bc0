import { gridRows } from "@surprisal/testing";
import { computeReference, expectedAnswer, maxErrorUlp, type ReferenceValues } from "./expected.ts";
import { matches } from "./filter.ts";
import type { Implementation } from "./implementations/implementation.ts";
import {
  type Answer,
  type Data,
  type Operation,
  operations,
  type Problem,
  withAxis,
} from "./problem.ts";
import type { Accuracy } from "./record.ts";

export const accuracyOperations = [
  "softmax",
  "logSoftmax",
  "logOfSoftmax",
  "crossEntropy",
  "crossEntropyGradient",
] as const satisfies readonly Operation[];

/** The kinds of rows that accuracy is measured on. */
export const gridKinds = gridRows(1, "float32").map(({ name }) => name);

/** Number of rows. A power of two: dividing by it for the mean is exact. */
const rowCount = 64;

/** Returns the pairs of an operation whose accuracy is measured and an implementation that match the filters. */
export function selectAccuracy(
  implementations: readonly Implementation[],
  filters: readonly string[],
) {
  return accuracyOperations.flatMap((operation) =>
    implementations
      .filter(({ name }) => matches(filters, ["accuracy", operation, operations[operation], name]))
      .map((implementation) => ({ implementation, operation })),
  );
}

interface Grid {
  readonly data: Data;
  readonly reference: ReferenceValues;
}

/** Returns every kind of row, once with the largest logit as its target and once with the next. */
export function makeGrid(classes: number): Grid {
  const rows = gridRows(classes, "float32");
  const logits = new Float32Array(rowCount * classes);
  const targets = new Int32Array(rowCount);
  for (let i = 0; i < rowCount; i++) {
    const { x } = rows[i % rows.length];
    const argmax = x.reduce((best, value, j) => (value > x[best] ? j : best), 0);
    logits.set(x, i * classes);
    targets[i] = i < rows.length ? argmax : (argmax + 1) % classes;
  }
  const data = { ...withAxis([rowCount, classes]), logits, targets, classes, stride: 1 };
  return { data, reference: computeReference(data) };
}

/** Returns the largest errors, or nothing if the implementation lacks the operation. */
export async function measureAccuracy(
  implementation: Implementation,
  operation: Operation,
  { data, reference }: Grid,
): Promise<Accuracy | undefined> {
  const isGradient = operation === "crossEntropyGradient";
  const problem: Problem = { ...data, operation, reduction: isGradient ? "mean" : "none" };
  const task = await implementation.prepare(problem);
  if (task === undefined) return undefined;
  const read = ({ values, gradient }: Answer) => (isGradient ? (gradient ?? []) : values);
  const expected = read(expectedAnswer(problem, reference));
  const actual = read(await task.answer());
  await task.release?.();
  const perRow = expected.length / rowCount;
  const ulps = gridKinds.map(() => 0);
  for (let i = 0; i < rowCount; i++) {
    const rowOf = (all: ArrayLike<number>) => ({
      values: Array.prototype.slice.call(all, i * perRow, (i + 1) * perRow),
    });
    const kind = i % gridKinds.length;
    ulps[kind] = Math.max(ulps[kind], maxErrorUlp(rowOf(actual), rowOf(expected)));
  }
  return {
    operation,
    classes: data.shape[data.axis],
    implementation: implementation.name,
    ulp: Math.max(...ulps),
    ulps,
  };
}
