import {
  exactReference,
  float64Reference,
  gridRows,
  gridSizes,
  maxUlp,
  ulpAt,
} from "@surprisal/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kernels, logSoftmax, logSumExp, softmax, useKernels } from "../src/index.ts";

/** The published bounds in ulp of float32. The JavaScript kernels compute in float64 and round once. */
const bounds = {
  relaxed: { softmax: 4, logSoftmax: 3, logSumExp: 1 },
  simd: { softmax: 4, logSoftmax: 3, logSumExp: 1 },
  js: { softmax: 1, logSoftmax: 1, logSumExp: 1 },
};

describe.each(kernels().available)("float32 on the grid, kernels %s", (instructionSet) => {
  beforeAll(() => void useKernels(instructionSet));
  afterAll(() => void useKernels("auto"));
  const bound = bounds[instructionSet];

  it.each(gridSizes)("%d classes", (classes) => {
    for (const { name, x } of gridRows(classes, "float32")) {
      const reference = float64Reference(x);
      const rows = 3;
      // One short row would be too small for the SIMD kernels. Both kinds of axis have kernels of their own.
      for (const axis of classes > 1e5 ? [1] : [1, 0]) {
        const shape = axis === 1 ? [rows, classes] : [classes, rows];
        const data = new Float32Array(rows * classes);
        const at = (r: number, j: number) => (axis === 1 ? r * classes + j : j * rows + r);
        for (let r = 0; r < rows; r++) for (let j = 0; j < classes; j++) data[at(r, j)] = x[j];
        const rowOf = (data: Float32Array, r: number) => x.map((_, j) => data[at(r, j)]);
        const label = `${name}, axis ${axis}`;
        const p = softmax({ data, shape }, { axis }).data;
        const logP = logSoftmax({ data, shape }, { axis }).data;
        const lse = logSumExp({ data, shape }, { axis }) as { data: Float32Array };
        const scale = Math.max(Math.abs(reference.logSumExp), Math.abs(largest(x)));
        for (const r of [0, rows - 1]) {
          const error = {
            softmax: maxUlp(rowOf(p, r), reference.softmax, "float32"),
            logSoftmax: maxUlp(rowOf(logP, r), reference.logSoftmax, "float32"),
            logSumExp: Math.abs(lse.data[r] - reference.logSumExp) / ulpAt(scale, "float32"),
          };
          expect(error.softmax, `softmax, ${label}`).toBeLessThanOrEqual(bound.softmax);
          expect(error.logSoftmax, `logSoftmax, ${label}`).toBeLessThanOrEqual(bound.logSoftmax);
          expect(error.logSumExp, `logSumExp, ${label}`).toBeLessThanOrEqual(bound.logSumExp);
        }
      }
    }
  });
});

describe("float64 on the grid: relative error at most 4e-16 (1 + |x - max|)", () => {
  it.each([1, 2, 3, 10, 1000])("%d classes", (classes) => {
    for (const { name, x } of gridRows(classes, "float64")) {
      const reference = exactReference(x);
      const max = largest(x);
      const p = softmax(x);
      const logP = logSoftmax(x);
      for (let j = 0; j < classes; j++) {
        const bound = 4e-16 * (1 + Math.abs(x[j] - max));
        const error = relativeError(p[j], reference.softmax[j]);
        expect(error, `softmax ${j}, ${name}`).toBeLessThanOrEqual(bound);
        const logError = relativeError(logP[j], reference.logSoftmax[j]);
        expect(logError, `logSoftmax ${j}, ${name}`).toBeLessThanOrEqual(bound);
      }
      const error = Math.abs(logSumExp(x) - reference.logSumExp);
      const scale = Math.max(Math.abs(reference.logSumExp), Math.abs(max));
      expect(error, `logSumExp, ${name}`).toBeLessThanOrEqual(4e-16 * scale);
    }
  });
});

function relativeError(actual: number, expected: number): number {
  if (actual === expected || Math.abs(expected) < 2 ** -1022) return 0;
  return Math.abs(actual - expected) / Math.abs(expected);
}

function largest(x: Float64Array): number {
  return x.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
}
