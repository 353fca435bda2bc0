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

/** The published goals, in ulp of float32. JavaScript computes in float64, so rounds once. */
const goals = {
  relaxed: { softmax: 4, logSoftmax: 3, logSumExp: 1 },
  simd: { softmax: 4, logSoftmax: 3, logSumExp: 1 },
  js: { softmax: 1, logSoftmax: 1, logSumExp: 1 },
};

describe.each(kernels().available)("float32 on the grid, kernels %s", (level) => {
  beforeAll(() => void useKernels(level));
  afterAll(() => void useKernels("auto"));
  const goal = goals[level];

  it.each(gridSizes)("%d classes", (classes) => {
    for (const { name, x } of gridRows(classes, "float32")) {
      const reference = float64Reference(x);
      const rows = 3;
      // Several rows, so that short ones are enough for SIMD, and along both kinds of axes.
      for (const axis of classes > 1e5 ? [1] : [1, 0]) {
        const shape = axis === 1 ? [rows, classes] : [classes, rows];
        const data = new Float32Array(rows * classes);
        const at = (r: number, j: number) => (axis === 1 ? r * classes + j : j * rows + r);
        for (let r = 0; r < rows; r++) for (let j = 0; j < classes; j++) data[at(r, j)] = x[j];
        const rowOf = (all: Float32Array, r: number) => x.map((_, j) => all[at(r, j)]);
        const label = `${name}, axis ${axis}`;
        const p = softmax({ data, shape }, { axis }).data;
        const logP = logSoftmax({ data, shape }, { axis }).data;
        const lse = logSumExp({ data, shape }, { axis }) as { data: Float32Array };
        const largest = Math.max(Math.abs(reference.logSumExp), Math.abs(greatest(x)));
        for (const r of [0, rows - 1]) {
          const off = {
            softmax: maxUlp(rowOf(p, r), reference.softmax, "float32"),
            logSoftmax: maxUlp(rowOf(logP, r), reference.logSoftmax, "float32"),
            logSumExp: Math.abs(lse.data[r] - reference.logSumExp) / ulpAt(largest, "float32"),
          };
          expect(off.softmax, `softmax, ${label}`).toBeLessThanOrEqual(goal.softmax);
          expect(off.logSoftmax, `logSoftmax, ${label}`).toBeLessThanOrEqual(goal.logSoftmax);
          expect(off.logSumExp, `logSumExp, ${label}`).toBeLessThanOrEqual(goal.logSumExp);
        }
      }
    }
  });
});

describe("float64 on the grid: relative error at most 4e-16 (1 + |x - max|)", () => {
  it.each([1, 2, 3, 10, 1000])("%d classes", (classes) => {
    for (const { name, x } of gridRows(classes, "float64")) {
      const reference = exactReference(x);
      const max = greatest(x);
      const p = softmax(x);
      const logP = logSoftmax(x);
      for (let j = 0; j < classes; j++) {
        const bound = 4e-16 * (1 + Math.abs(x[j] - max));
        const off = relative(p[j], reference.softmax[j]);
        expect(off, `softmax ${j}, ${name}`).toBeLessThanOrEqual(bound);
        const logOff = relative(logP[j], reference.logSoftmax[j]);
        expect(logOff, `logSoftmax ${j}, ${name}`).toBeLessThanOrEqual(bound);
      }
      const off = Math.abs(logSumExp(x) - reference.logSumExp);
      const largest = Math.max(Math.abs(reference.logSumExp), Math.abs(max));
      expect(off, `logSumExp, ${name}`).toBeLessThanOrEqual(4e-16 * largest);
    }
  });
});

function relative(actual: number, expected: number): number {
  if (actual === expected || Math.abs(expected) < 2 ** -1022) return 0;
  return Math.abs(actual - expected) / Math.abs(expected);
}

function greatest(x: Float64Array): number {
  return x.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
}
