import { type Batch, randomBatch } from "@surprisal/testing/benchmark";

/** The operations that are measured, with their names in reports. */
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

/** The logits and class indices that all implementations get. */
export interface Data extends Shape, Batch {}

export interface Problem extends Data {
  readonly operation: Operation;
  readonly reduction: "mean" | "none";
}

/** The result of an operation. */
export interface Answer {
  /** Probabilities, log-probabilities, losses, or gathered logits. */
  readonly values: ArrayLike<number>;
  /** Gradient of the mean loss, if the operation computes it. */
  readonly gradient?: ArrayLike<number>;
}

/** Returns a shape whose classes are on axis 1. */
export function withAxis(shape: readonly number[]): Shape {
  return { shape, axis: 1 };
}

export function formatShape(shape: readonly number[]): string {
  return shape.join("×");
}

/** Returns the number of rows and classes of a shape, and the stride of the classes. */
export function layoutOf({ shape, axis }: Shape) {
  const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
  const classes = shape[axis];
  const stride = product(shape.slice(axis + 1));
  const rows = product(shape.slice(0, axis)) * stride;
  return { rows, classes, stride, elements: rows * classes };
}

/** Returns random logits and targets of a shape, the same in each run. */
export function randomData(shape: Shape): Data {
  const { rows, classes, stride } = layoutOf(shape);
  return { ...shape, ...randomBatch(rows, classes, stride) };
}
