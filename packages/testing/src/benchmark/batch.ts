import { random } from "../random.ts";

/** Rows of logits in one array, and a class index for each row. */
export interface Batch {
  readonly logits: Float32Array<ArrayBuffer>;
  readonly targets: Int32Array<ArrayBuffer>;
  readonly classes: number;
  /** Distance between consecutive classes of a row, in elements: 1 if classes are the last axis. */
  readonly stride: number;
}

/** Returns the offset of a row's first class. */
export function rowOffset({ classes, stride }: Pick<Batch, "classes" | "stride">, row: number) {
  return Math.floor(row / stride) * classes * stride + (row % stride);
}

/** Returns normally distributed logits and uniformly distributed targets, the same in each run. */
export function randomBatch(rows: number, classes: number, stride = 1): Batch {
  const source = random(rows * classes);
  return {
    logits: Float32Array.from({ length: rows * classes }, () => 3 * source.normal()),
    targets: Int32Array.from({ length: rows }, () => source.below(classes)),
    classes,
    stride,
  };
}
