import { kernels, type Tensor, useKernels } from "@surprisal/core";
import {
  exactReference,
  float64Reference,
  gridRows,
  gridSizes,
  maxUlp,
  random,
} from "@surprisal/testing";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkClassLoss } from "../../test/checkClassLoss.ts";
import { checkFixtures } from "../../test/checkLoss.ts";
import { crossEntropy } from "./crossEntropy.ts";

// PyTorch returns NaN for 0 · ∞ and 0 / 0. Here a class of weight or probability 0 contributes nothing.
checkFixtures(crossEntropy, new URL("crossEntropy.cases.json.gz", import.meta.url), [
  "0 · ∞",
  "0 / 0",
]);
checkClassLoss(crossEntropy, (r, classes) => Array.from({ length: classes }, () => 3 * r.normal()));

/** The published bounds, in ulp of float32. The JavaScript kernels compute in float64 and round once. */
const bounds = {
  relaxed: { loss: 2, gradient: 4 },
  simd: { loss: 2, gradient: 4 },
  js: { loss: 1, gradient: 1 },
};

describe.each(kernels().available)("float32 on the grid, kernels %s", (instructionSet) => {
  beforeAll(() => void useKernels(instructionSet));
  afterAll(() => void useKernels("auto"));
  const bound = bounds[instructionSet];

  it.each(gridSizes)("%d classes", (classes) => {
    for (const { name, x } of gridRows(classes, "float32")) {
      const reference = float64Reference(x);
      const argmax = x.indexOf(x.reduce((a, b) => Math.max(a, b)));
      const targets = [argmax, random(classes).below(classes), classes - 1, 0, argmax];
      const rows = classes > 1e5 ? 1 : targets.length;
      // Several rows, so that short rows also reach the SIMD kernels, along the last axis and the first.
      for (const axis of classes > 1e5 ? [1] : [1, 0]) {
        const offsetOf = (r: number, j: number) => (axis === 1 ? r * classes + j : j * rows + r);
        const data = new Float32Array(rows * classes);
        for (let r = 0; r < rows; r++)
          for (let j = 0; j < classes; j++) data[offsetOf(r, j)] = x[j];
        const input = { data, shape: axis === 1 ? [rows, classes] : [classes, rows] };
        const options = { reduction: "none", axis } as const;
        const labels = targets.slice(0, rows);
        const { value, grad } = crossEntropy.valueAndGrad(input, labels, options);
        const losses = (value as { data: Float32Array }).data;
        expect(crossEntropy(input, labels, options), name).toEqual(value);
        labels.forEach((target, r) => {
          const label = `${name}, axis ${axis}, target ${target}`;
          const lossError = maxUlp([losses[r]], [0 - reference.logSoftmax[target]], "float32");
          expect(lossError, `loss, ${label}`).toBeLessThanOrEqual(bound.loss);
          const gradient = x.map((_, j) => grad.data[offsetOf(r, j)]);
          const gradientError = maxUlp(gradient, reference.gradient(target), "float32");
          expect(gradientError, `gradient, ${label}`).toBeLessThanOrEqual(bound.gradient);
        });
      }
    }
  });
});

describe("a confident row: one logit ln C + 20 above the others", () => {
  for (const classes of [10, 1000, 50257]) {
    it(`${classes} classes, as class index and as class probabilities`, () => {
      const x = new Float32Array(classes);
      x[classes >> 1] = 20 + Math.log(classes);
      const reference = exactReference(Float64Array.from(x));
      const target = classes >> 1;
      const oneHot = Float32Array.from(x, (_, j) => +(j === target));
      for (const label of [target, oneHot]) {
        const { value, grad } = crossEntropy.valueAndGrad(x, label);
        expect(value).toBeGreaterThan(1e-9);
        expect(maxUlp([value], [-reference.logSoftmax[target]], "float32")).toBeLessThanOrEqual(2);
        expect(maxUlp(grad, reference.gradient(target), "float32")).toBeLessThanOrEqual(4);
      }
      const exact = Float64Array.from(x);
      const { value, grad } = crossEntropy.valueAndGrad(exact, target);
      expect(maxUlp([value], [-reference.logSoftmax[target]], "float64")).toBeLessThan(4);
      expect(maxUlp([grad[target]], [reference.gradient(target)[target]], "float64")).toBeLessThan(
        4,
      );
    });
  }
});

describe("properties of cross-entropy", () => {
  const rows = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), {
    minLength: 1,
    maxLength: 9,
  });
  const law = (name: string, holds: (row: number[], target: number) => void) =>
    it(name, () =>
      fc.assert(
        fc.property(rows, fc.nat(), (row, n) => holds(row, n % row.length)),
        { seed: 5 },
      ),
    );

  law("adding a constant to all logits does not change the loss", (row, target) => {
    // Multiples of 2⁻⁴⁰, so that the addition is exact.
    const grid = row.map((value) => Math.round(value * 2 ** 40) / 2 ** 40);
    const shifted = grid.map((value) => value + 64);
    expect(crossEntropy(shifted, target)).toBe(crossEntropy(grid, target));
  });

  law("permuting the classes permutes the gradient", (row, target) => {
    const forward = crossEntropy.valueAndGrad(row, target);
    const backward = crossEntropy.valueAndGrad([...row].reverse(), row.length - 1 - target);
    expect(backward.value).toBeCloseTo(forward.value, 12);
    [...backward.grad].reverse().forEach((value, j) => {
      expect(value).toBeCloseTo(forward.grad[j], 14);
    });
  });

  law("the loss is never negative, and does not grow with the target's logit", (row, target) => {
    const value = crossEntropy(row, target);
    const raised = row.map((logit, j) => (j === target ? logit + 1 : logit));
    expect(value).toBeGreaterThanOrEqual(0);
    expect(crossEntropy(raised, target)).toBeLessThanOrEqual(value);
  });

  law("the gradient sums to 0 and is negative only at the target", (row, target) => {
    const { grad } = crossEntropy.valueAndGrad(row, target);
    expect(Math.abs(grad.reduce((sum, element) => sum + element, 0))).toBeLessThan(1e-15);
    grad.forEach((element, j) => {
      if (j === target) expect(element).toBeLessThanOrEqual(0);
      else expect(element).toBeGreaterThanOrEqual(0);
    });
  });
});

describe("edge cases", () => {
  const inf = Number.POSITIVE_INFINITY;

  it("keeps the logarithm of the sum for logits of 1e8", () => {
    expect(crossEntropy([1e8, 1e8], 0)).toBe(Math.LN2);
  });

  it("ignores a masked class (−∞) of probability 0", () => {
    const { value, grad } = crossEntropy.valueAndGrad([1, -inf, 1], [0.5, 0, 0.5]);
    expect(value).toBe(Math.LN2);
    expect(grad).toEqual([0, 0, 0]);
    expect(crossEntropy([1, -inf, 1], [0.5, 0.5, 0])).toBe(inf);
  });

  it("ignores a row of weight 0, even if its loss is infinite", () => {
    const options = { weight: [0, 1] };
    const { value, grad } = crossEntropy.valueAndGrad(
      [
        [-inf, 1],
        [0, 0],
      ],
      [0, 1],
      options,
    );
    expect(value).toBe(Math.LN2);
    expect(grad).toEqual([
      [0, 0],
      [0.5, -0.5],
    ]);
  });

  it("returns NaN, or 0 with whenEmpty, for a row of −∞, which still counts in the mean", () => {
    const rows = [
      [-inf, -inf],
      [0, 0],
    ];
    expect(crossEntropy.valueAndGrad(rows[0], 0)).toEqual({
      value: Number.NaN,
      grad: [Number.NaN, Number.NaN],
    });
    const zero = { whenEmpty: "zero" } as const;
    for (const target of [
      [0, 1],
      [
        [1, 0],
        [0, 1],
      ],
    ]) {
      const { value, grad } = crossEntropy.valueAndGrad(rows, target, zero);
      expect(value).toBe(Math.LN2 / 2);
      expect(grad).toEqual([
        [0, 0],
        [0.25, -0.25],
      ]);
    }
  });

  it("averages a batch of 65536 rows", () => {
    const input = { data: new Float32Array(65536 * 2), shape: [65536, 2] };
    expect(crossEntropy(input, new Uint8Array(65536))).toBeCloseTo(Math.LN2, 9);
  });
});

describe("out may share memory with an argument", () => {
  const rows = 9000;
  const input = {
    data: Float32Array.from({ length: 3 * rows }, (_, i) => Math.sin(i)),
    shape: [rows, 3],
  };
  const none = { reduction: "none" } as const;

  it("with the target", () => {
    const memory = Float32Array.from({ length: rows + 1 }, (_, r) => r % 3);
    const target = memory.subarray(0, rows);
    const expected = crossEntropy(input, target.slice(), none) as Tensor;
    const actual = crossEntropy(input, target, { ...none, out: memory.subarray(1) }) as Tensor;
    expect(actual.data).toEqual(expected.data);
  });

  it("with the upstream gradient", () => {
    const memory = Float32Array.from({ length: 3 * rows }, (_, i) => Math.cos(i));
    const upstream = memory.subarray(0, rows);
    const target = new Int32Array(rows);
    const options = { ...none, gradOutput: { data: upstream.slice(), shape: [rows] } };
    const expected = crossEntropy.valueAndGrad(input, target, options);
    const overlapping = { ...none, gradOutput: { data: upstream, shape: [rows] }, out: memory };
    expect(crossEntropy.valueAndGrad(input, target, overlapping).grad.data).toEqual(
      expected.grad.data,
    );
  });
});

it("returns 0 for ignored rows without classes, whatever was computed before", () => {
  const empty = { data: new Float64Array(), shape: [2, 0] };
  crossEntropy(Float64Array.of(2, 1, 0), 0);
  expect(crossEntropy([], -100, { reduction: "sum" })).toBe(0);
  expect(crossEntropy(empty, [-100, -100], { reduction: "none" })).toEqual({
    data: new Float64Array(2),
    shape: [2],
  });
  expect(crossEntropy.valueAndGrad(empty, [-100, -100], { reduction: "sum" })).toEqual({
    value: 0,
    grad: empty,
  });
});
