import {
  checkUnchanged,
  copyClassIndices,
  formatShape,
  type KernelArray,
  type Layout,
  layoutOf,
  loadRow,
  readFloats,
  readNumbers,
  readSampleWeight,
  resolveAxis,
  rowOffset,
  sameShape,
  sizeOf,
  withoutAxis,
} from "@surprisal/core/authoring";
import { adviseShape, adviseSingleClass } from "./labelAdvice.ts";
import type { ParsedEvaluationOptions } from "./options.ts";

/** The rows of a batch, read and checked. */
export interface Rows {
  readonly data: KernelArray;
  readonly layout: Layout;
  /** The class of each row; −1 where the row is ignored. */
  readonly labels: Int32Array;
  /** One weight per row. */
  readonly sampleWeight: Float64Array | undefined;
  readonly probabilities: boolean;
}

/** Receives one row that is not ignored. `row` is reused for the next; it may be overwritten. */
export type VisitRow = (row: Float64Array, label: number, weight: number, index: number) => void;

/** The largest distance of the sum of a row of probabilities from 1: rounding to float16, and no more. */
const sumTolerance = 0.01;

/** Reads logits, or probabilities, and their labels. */
export function readRows(
  functionName: string,
  logits: unknown,
  labels: unknown,
  { axis: axisOption, ignoreIndex, probabilities, sampleWeight: weights }: ParsedEvaluationOptions,
): Rows {
  const input = readFloats(`${functionName}: logits`, logits);
  const label = `${functionName}: labels`;
  const numbers = readNumbers(label, labels);
  if (input.shape.length === 0) {
    throw new RangeError(`${functionName}: logits must have a class axis, got a number.`);
  }
  // An empty array cannot say how many classes its rows have.
  const isEmpty = input.kind !== "tensor" && sameShape(input.shape, [0]);
  const axis = isEmpty ? 0 : resolveAxis(functionName, axisOption, input.shape);
  const shape = isEmpty ? input.shape : withoutAxis(input.shape, axis);
  const call = { logits: input, labels: numbers, axis, probabilities };
  if (!sameShape(numbers.shape, shape)) {
    throw new RangeError(
      `${label} must have shape ${formatShape(shape)} (logits ${formatShape(input.shape)} without class axis ${axis}), got ${formatShape(numbers.shape)}.${adviseShape(call)}`,
    );
  }
  const layout = isEmpty ? { outer: 0, size: 0, inner: 1 } : layoutOf(input.shape, axis);
  const sampleWeight = readSampleWeight(functionName, weights, shape, undefined, "labels");
  const { indices } = withAdvice(
    () =>
      copyClassIndices(label, numbers.data, sizeOf(shape), layout.size, {
        ignoreIndex,
        sampleWeight,
      }),
    () => adviseSingleClass(call),
  );
  checkUnchanged(functionName, [input]);
  return { data: input.data, layout, labels: indices, sampleWeight, probabilities };
}

/** Returns the result of a function, whose errors get a last sentence. */
function withAdvice<T>(compute: () => T, advise: () => string): T {
  try {
    return compute();
  } catch (cause) {
    const advice = cause instanceof RangeError ? advise() : "";
    throw advice === "" ? cause : new RangeError((cause as Error).message + advice, { cause });
  }
}

/** Visits every row that is not ignored. */
export function forEachRow(functionName: string, rows: Rows, visit: VisitRow): void {
  const { data, layout, labels, sampleWeight, probabilities } = rows;
  const row = new Float64Array(layout.size);
  for (let r = 0; r < labels.length; r++) {
    if (labels[r] < 0) continue;
    loadRow(data, rowOffset(r, layout), layout.inner, row);
    if (probabilities) checkProbabilities(functionName, row, r);
    visit(row, labels[r], sampleWeight === undefined ? 1 : sampleWeight[r], r);
  }
}

function checkProbabilities(functionName: string, row: Float64Array, index: number): void {
  let sum = 0;
  for (const p of row) {
    if (!(p >= 0 && p <= 1)) {
      throw new RangeError(
        `${functionName}: probabilities must be from 0 to 1, got ${p} in row ${index}. For logits, leave out probabilities: true.`,
      );
    }
    sum += p;
  }
  if (Math.abs(sum - 1) > sumTolerance) {
    throw new RangeError(
      `${functionName}: the probabilities of row ${index} must add up to 1, got ${sum}.`,
    );
  }
}
