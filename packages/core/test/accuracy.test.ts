import {
  exactReference,
  float64Reference,
  gridRows,
  gridSizes,
  maxUlp,
  ulpAt,
} from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import { logSoftmax, logSumExp, softmax } from "../src/index.ts";

describe("float32 on the grid: at most 1 ulp", () => {
  for (const classes of gridSizes) {
    it(`${classes} classes`, () => {
      for (const { name, x } of gridRows(classes, "float32")) {
        const reference = float64Reference(x);
        const row = Float32Array.from(x);
        expect(maxUlp(softmax(row), reference.softmax, "float32"), `softmax, ${name}`).toBeLessThan(
          1,
        );
        expect(
          maxUlp(logSoftmax(row), reference.logSoftmax, "float32"),
          `logSoftmax, ${name}`,
        ).toBeLessThan(1);
        const lse = { data: row, shape: [1, classes] };
        const [actual] = (logSumExp(lse) as { data: Float32Array }).data;
        const largest = Math.max(Math.abs(reference.logSumExp), Math.abs(greatest(x)));
        const distance = Math.abs(actual - reference.logSumExp) / ulpAt(largest, "float32");
        expect(distance, `logSumExp, ${name}`).toBeLessThan(1);
      }
    });
  }
});

describe("float64 on the grid: relative error at most 4e-16 (1 + |x - max|)", () => {
  for (const classes of [1, 2, 3, 10, 1000]) {
    it(`${classes} classes`, () => {
      for (const { name, x } of gridRows(classes, "float64")) {
        const reference = exactReference(x);
        const max = greatest(x);
        const p = softmax(x);
        const logP = logSoftmax(x);
        for (let j = 0; j < classes; j++) {
          const bound = 4e-16 * (1 + Math.abs(x[j] - max));
          expect(relative(p[j], reference.softmax[j]), `softmax ${j}, ${name}`).toBeLessThanOrEqual(
            bound,
          );
          expect(
            relative(logP[j], reference.logSoftmax[j]),
            `logSoftmax ${j}, ${name}`,
          ).toBeLessThanOrEqual(bound);
        }
        const lse = Math.abs(logSumExp(x) - reference.logSumExp);
        expect(
          lse / Math.max(Math.abs(reference.logSumExp), Math.abs(max)),
          `logSumExp, ${name}`,
        ).toBeLessThanOrEqual(4e-16);
      }
    });
  }
});

function relative(actual: number, expected: number): number {
  if (actual === expected || Math.abs(expected) < 2 ** -1022) return 0;
  return Math.abs(actual - expected) / Math.abs(expected);
}

function greatest(x: Float64Array): number {
  return x.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
}
