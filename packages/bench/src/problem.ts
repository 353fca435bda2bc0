import { random } from "@surprisal/testing";

/** What is computed. The routes to one loss are told apart by their steps. */
export const operations = {
  softmax: "softmax",
  logSoftmax: "logSoftmax",
  logOfSoftmax: "log(softmax)",
  crossEntropy: "cross-entropy",
  softmaxLogNll: "softmax → log → NLL",
  logSoftmaxNll: "logSoftmax → NLL",
  crossEntropyGradient: "cross-entropy with gradient",
  softmaxLogNllGradient: "softmax → log → NLL with gradient",
  logSoftmaxNllGradient: "logSoftmax → NLL with gradient",
  gather: "one value per row, gathered",
  diagonal: "one value per row, as the diagonal of the gathered matrix",
} as const;

export type Operation = keyof typeof operations;

export interface Shape {
  readonly shape: readonly number[];
  /** The axis of the classes, counted from the front. */
  readonly axis: number;
}

/** Logits and one class index per row: what all contestants are given alike. */
export interface Data extends Shape {
  readonly logits: Float32Array<ArrayBuffer>;
  readonly targets: Int32Array<ArrayBuffer>;
}

export interface Problem extends Data {
  readonly operation: Operation;
  readonly reduction: "mean" | "none";
}

export interface Answer {
  /** Probabilities, their logarithms, or losses. */
  readonly values: ArrayLike<number>;
  /** Of the mean of the losses, where the operation asks for it. */
  readonly gradient?: ArrayLike<number>;
}

/** A shape whose classes lie on the last of two axes, or on axis 1 of more. */
export function withAxis(shape: readonly number[]): Shape {
  return { shape, axis: 1 };
}

export function showShape(shape: readonly number[]): string {
  return shape.join("×");
}

/** How the elements of a row lie: `inner` apart. */
export function rowsOf({ shape, axis }: Shape) {
  const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
  const classes = shape[axis];
  const outer = product(shape.slice(0, axis));
  const inner = product(shape.slice(axis + 1));
  const rows = outer * inner;
  const startOf = (row: number) => Math.floor(row / inner) * classes * inner + (row % inner);
  return { classes, outer, inner, rows, elements: rows * classes, startOf };
}

/** Logits as an ordinary model gives them, and labels: seeded, always the same. */
export function ordinaryData(shape: Shape): Data {
  const { classes, rows, elements } = rowsOf(shape);
  const source = random(elements);
  return {
    ...shape,
    logits: Float32Array.from({ length: elements }, () => 3 * source.normal()),
    targets: Int32Array.from({ length: rows }, () => source.below(classes)),
  };
}
