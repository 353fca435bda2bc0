import { gridRows } from "@surprisal/testing";
import type { Contestant } from "./contestants/contestant.ts";
import { type Answer, type Data, type Operation, type Problem, withAxis } from "./problem.ts";
import { errorOf, expected, type Truth, truthOf } from "./truth.ts";

export const accuracyOperations = [
  "softmax",
  "logSoftmax",
  "logOfSoftmax",
  "crossEntropy",
  "crossEntropyGradient",
] as const satisfies readonly Operation[];

/** The greatest errors of one contestant on the rows of the grid of one size, in ulp of float32. */
export interface Accuracy {
  readonly operation: Operation;
  readonly classes: number;
  readonly contestant: string;
  readonly ulp: number;
  /** For each of `gridKinds`. */
  readonly ulps: readonly number[];
}

/** The kinds of rows in the grid. */
export const gridKinds = gridRows(1, "float32").map(({ name }) => name);

/** A power of two: the mean's division by it is exact. */
const batch = 64;

interface Grid {
  readonly data: Data;
  readonly truth: Truth;
}

/** Every row of the grid, once with the greatest class as its target and once with the next. */
export function gridOf(classes: number): Grid {
  const rows = gridRows(classes, "float32");
  const logits = new Float32Array(batch * classes);
  const targets = new Int32Array(batch);
  for (let i = 0; i < batch; i++) {
    const { x } = rows[i % rows.length];
    const top = x.reduce((best, value, j) => (value > x[best] ? j : best), 0);
    logits.set(x, i * classes);
    targets[i] = i < rows.length ? top : (top + 1) % classes;
  }
  const data = { ...withAxis([batch, classes]), logits, targets };
  return { data, truth: truthOf(data) };
}

/** Nothing where the contestant has no such operation. */
export async function accuracyOf(
  contestant: Contestant,
  operation: Operation,
  { data, truth }: Grid,
): Promise<Accuracy | undefined> {
  const isGradient = operation === "crossEntropyGradient";
  const problem: Problem = { ...data, operation, reduction: isGradient ? "mean" : "none" };
  const task = await contestant.prepare(problem);
  if (task === undefined) return undefined;
  const of = ({ values, gradient }: Answer) => (isGradient ? (gradient ?? []) : values);
  const right = of(expected(problem, truth));
  const actual = of(await task.answer());
  await task.release?.();
  const perRow = right.length / batch;
  const ulps = gridKinds.map(() => 0);
  for (let i = 0; i < batch; i++) {
    const part = (whole: ArrayLike<number>) => ({
      values: Array.prototype.slice.call(whole, i * perRow, (i + 1) * perRow),
    });
    const kind = i % gridKinds.length;
    ulps[kind] = Math.max(ulps[kind], errorOf(part(actual), part(right)));
  }
  return {
    operation,
    classes: data.shape[data.axis],
    contestant: contestant.name,
    ulp: Math.max(...ulps),
    ulps,
  };
}
