import { expect, test } from "vitest";
import { float64Reference } from "../reference.ts";
import { type Batch, randomBatch, rowOffset } from "./batch.ts";
import {
  crossEntropyGradientLoop,
  crossEntropyLoop,
  diagonalLoop,
  gatherLoop,
  logSoftmaxLoop,
  meanLoop,
  smoothedCrossEntropyLoop,
  softmaxLogNllLoop,
  softmaxLoop,
} from "./plainLoops.ts";

const rows = 12;
const classes = 7;

/** The logits or results of a row, as an array of its own. */
function rowOf(values: Float32Array, { stride }: Batch, start: number): Float64Array {
  return Float64Array.from({ length: classes }, (_, j) => values[start + j * stride]);
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  for (let i = 0; i < expected.length; i++) expect(actual[i]).toBeCloseTo(expected[i], 5);
}

test.each([1, 4])("each loop agrees with the reference where the stride is %d", (stride) => {
  const batch = randomBatch(rows, classes, stride);
  const run = (loop: (out: Float32Array) => void, length = rows * classes) => {
    const out = new Float32Array(length);
    loop(out);
    return out;
  };
  const losses = new Float32Array(rows);
  const softmax = run((out) => softmaxLoop(batch, out));
  const logSoftmax = run((out) => logSoftmaxLoop(batch, out));
  const gradient = run((out) => crossEntropyGradientLoop(batch, losses, out));
  const lossOnly = run((out) => crossEntropyLoop(batch, out), rows);
  const smoothed = new Float32Array(rows);
  const smoothedGradient = run((out) => smoothedCrossEntropyLoop(batch, 0.2, smoothed, out));
  const smoothedOnly = run((out) => smoothedCrossEntropyLoop(batch, 0.2, out), rows);
  expectClose(smoothedOnly, smoothed);
  const stepwise = run((out) => softmaxLogNllLoop(batch, out, new Float32Array(softmax)), rows);
  expectClose(lossOnly, losses);
  expectClose(stepwise, losses);

  for (let r = 0; r < rows; r++) {
    const start = rowOffset(batch, r);
    const reference = float64Reference(rowOf(batch.logits, batch, start));
    expectClose(rowOf(softmax, batch, start), reference.softmax);
    expectClose(rowOf(logSoftmax, batch, start), reference.logSoftmax);
    expectClose([losses[r]], [-reference.logSoftmax[batch.targets[r]]]);
    const rowGradient = reference.gradient(batch.targets[r]).map((g) => g / rows);
    expectClose(rowOf(gradient, batch, start), rowGradient);
    const isTarget = (j: number) => j === batch.targets[r];
    const q = Array.from({ length: classes }, (_, j) => 0.2 / classes + (isTarget(j) ? 0.8 : 0));
    expectClose([smoothed[r]], [-q.reduce((sum, c, j) => sum + c * reference.logSoftmax[j], 0)]);
    const difference = q.map((c, j) => (reference.softmax[j] - c) / rows);
    expectClose(rowOf(smoothedGradient, batch, start), difference);
  }
});

test("the gathered logits and the diagonal of the gathered matrix are the same", () => {
  const batch = randomBatch(rows, classes);
  const gathered = new Float32Array(rows);
  const diagonal = new Float32Array(rows);
  gatherLoop(batch, gathered);
  diagonalLoop(batch, diagonal);
  expect(diagonal).toEqual(gathered);
  expect([...gathered]).toEqual([...batch.targets].map((t, r) => batch.logits[r * classes + t]));
});

test("the mean is in float64", () => {
  expect(meanLoop(Float32Array.of(2 ** 24, 1, 1, 2))).toBe((2 ** 24 + 4) / 4);
});
