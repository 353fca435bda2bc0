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

// 0 · ∞ and 0 / 0 are NaN in PyTorch; here what has weight or probability 0 contributes nothing.
checkFixtures(crossEntropy, new URL("crossEntropy.cases.json.gz", import.meta.url), [
  "0 · ∞",
  "0 / 0",
]);
checkClassLoss(crossEntropy, (r, classes) => Array.from({ length: classes }, () => 3 * r.normal()));

/** The published goals, in ulp of float32. JavaScript computes in float64, so rounds once. */
const goals = {
  relaxed: { loss: 2, gradient: 4 },
  simd: { loss: 2, gradient: 4 },
  js: { loss: 1, gradient: 1 },
};

describe.each(kernels().available)("float32 on the grid, kernels %s", (level) => {
  beforeAll(() => void useKernels(level));
  afterAll(() => void useKernels("auto"));
  const goal = goals[level];

  it.each(gridSizes)("%d classes", (classes) => {
    for (const { name, x } of gridRows(classes, "float32")) {
      const reference = float64Reference(x);
      const top = x.indexOf(x.reduce((a, b) => Math.max(a, b)));
      const targets = [top, random(classes).below(classes), classes - 1, 0, top];
      const rows = classes > 1e5 ? 1 : targets.length;
      // Several rows, so that short ones are enough for SIMD, and along both kinds of axes.
      for (const axis of classes > 1e5 ? [1] : [1, 0]) {
        const at = (r: number, j: number) => (axis === 1 ? r * classes + j : j * rows + r);
        const data = new Float32Array(rows * classes);
        for (let r = 0; r < rows; r++) for (let j = 0; j < classes; j++) data[at(r, j)] = x[j];
        const input = { data, shape: axis === 1 ? [rows, classes] : [classes, rows] };
        const options = { reduction: "none", axis } as const;
        const labels = targets.slice(0, rows);
        const { value, grad } = crossEntropy.valueAndGrad(input, labels, options);
        const losses = (value as { data: Float32Array }).data;
        expect(crossEntropy(input, labels, options), name).toEqual(value);
        labels.forEach((target, r) => {
          const label = `${name}, axis ${axis}, target ${target}`;
          const off = maxUlp([losses[r]], [0 - reference.logSoftmax[target]], "float32");
          expect(off, `loss, ${label}`).toBeLessThanOrEqual(goal.loss);
          const slopes = x.map((_, j) => grad.data[at(r, j)]);
          const gradientOff = maxUlp(slopes, reference.gradient(target), "float32");
          expect(gradientOff, `gradient, ${label}`).toBeLessThanOrEqual(goal.gradient);
        });
      }
    }
  });
});

describe("a confident row, 20 above ln C of the others", () => {
  for (const classes of [10, 1000, 50257]) {
    it(`${classes} classes, by index and by probabilities`, () => {
      const x = new Float32Array(classes);
      x[classes >> 1] = 20 + Math.log(classes);
      const reference = exactReference(Float64Array.from(x));
      const target = classes >> 1;
      const oneHot = Float32Array.from(x, (_, j) => +(j === target));
      for (const answer of [target, oneHot]) {
        const { value, grad } = crossEntropy.valueAndGrad(x, answer);
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

describe("laws of the softmax inside", () => {
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

  law("shifting all logits changes nothing", (row, target) => {
    // Whole multiples of 2⁻⁴⁰, so that the shift itself is exact.
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

  law("the loss is never negative, and falls as the target's logit grows", (row, target) => {
    const value = crossEntropy(row, target);
    const raised = row.map((one, j) => (j === target ? one + 1 : one));
    expect(value).toBeGreaterThanOrEqual(0);
    expect(crossEntropy(raised, target)).toBeLessThanOrEqual(value);
  });

  law("the gradient adds up to 0, negative at the target alone", (row, target) => {
    const { grad } = crossEntropy.valueAndGrad(row, target);
    expect(Math.abs(grad.reduce((sum, one) => sum + one, 0))).toBeLessThan(1e-15);
    grad.forEach((one, j) => {
      if (j === target) expect(one).toBeLessThanOrEqual(0);
      else expect(one).toBeGreaterThanOrEqual(0);
    });
  });
});

describe("edges", () => {
  const inf = Number.POSITIVE_INFINITY;

  it("does not lose the logarithm at an offset of 1e8", () => {
    expect(crossEntropy([1e8, 1e8], 0)).toBe(Math.LN2);
  });

  it("a masked class of probability 0 counts for nothing", () => {
    const { value, grad } = crossEntropy.valueAndGrad([1, -inf, 1], [0.5, 0, 0.5]);
    expect(value).toBe(Math.LN2);
    expect(grad).toEqual([0, 0, 0]);
    expect(crossEntropy([1, -inf, 1], [0.5, 0.5, 0])).toBe(inf);
  });

  it("a row of weight 0 counts for nothing, also where its loss is infinite", () => {
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

  it("a row of nothing but −∞ gives NaN, or 0 when asked, and still counts", () => {
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

  it("adds up a batch of 65536 rows", () => {
    const input = { data: new Float32Array(65536 * 2), shape: [65536, 2] };
    expect(crossEntropy(input, new Uint8Array(65536))).toBeCloseTo(Math.LN2, 9);
  });
});

describe("one row of a few classes", () => {
  const r = random(7);
  const rows = Array.from({ length: 200 }, (_, i) => {
    const x = Float32Array.from({ length: 1 + (i % 70) }, () => 30 * r.normal());
    return { x, t: r.below(x.length) };
  });

  it("gives without options what the general way gives, to the last bit", () => {
    for (const { x, t } of rows) {
      const shape = [1, x.length];
      const general = crossEntropy(x, t, { axis: 0 });
      expect(crossEntropy(x, t)).toBe(general);
      if (x.length > 64) continue;
      expect(crossEntropy({ data: x, shape }, Int32Array.of(t))).toBe(general);
      const labels = { data: Int32Array.of(t), dims: [1] };
      expect(crossEntropy({ data: x, dims: shape }, labels)).toBe(general);
    }
  });

  it("leaves what needs a closer look to the general way", () => {
    const x = Float32Array.of(1, 2, 3);
    expect(crossEntropy(x, -100)).toBeNaN();
    expect(crossEntropy(Float32Array.of(-Infinity, -Infinity), 0)).toBeNaN();
    expect(crossEntropy({ data: x, shape: [1, 2], offset: 1 }, [0])).toBe(
      crossEntropy(x.slice(1), 0),
    );
    expect(() => crossEntropy(x, 3)).toThrow("target 3 at row 0 is out of bounds for 3 classes");
    expect(() => crossEntropy(x, 0.5)).toThrow("target 0.5 at row 0 is not a whole number");
    expect(() => crossEntropy({ data: x, shape: [1, 2] }, Int32Array.of(0))).toThrow("data has 3");
    expect(() => crossEntropy({ data: x, shape: [1, 3] }, Int32Array.of(0, 1))).toThrow("[1]");
  });
});

describe("out may lie over what is still read", () => {
  const rows = 9000;
  const input = {
    data: Float32Array.from({ length: 3 * rows }, (_, i) => Math.sin(i)),
    shape: [rows, 3],
  };
  const each = { reduction: "none" } as const;

  it("over the target", () => {
    const memory = Float32Array.from({ length: rows + 1 }, (_, r) => r % 3);
    const target = memory.subarray(0, rows);
    const expected = crossEntropy(input, target.slice(), each) as Tensor;
    const actual = crossEntropy(input, target, { ...each, out: memory.subarray(1) }) as Tensor;
    expect(actual.data).toEqual(expected.data);
  });

  it("over the upstream gradient", () => {
    const memory = Float32Array.from({ length: 3 * rows }, (_, i) => Math.cos(i));
    const upstream = memory.subarray(0, rows);
    const target = new Int32Array(rows);
    const options = { ...each, gradOutput: { data: upstream.slice(), shape: [rows] } };
    const expected = crossEntropy.valueAndGrad(input, target, options);
    const over = { ...each, gradOutput: { data: upstream, shape: [rows] }, out: memory };
    expect(crossEntropy.valueAndGrad(input, target, over).grad.data).toEqual(expected.grad.data);
  });
});

it("gives nothing for rows of no classes, whatever was computed before", () => {
  const none = { data: new Float64Array(), shape: [2, 0] };
  crossEntropy(Float64Array.of(2, 1, 0), 0);
  expect(crossEntropy([], -100, { reduction: "sum" })).toBe(0);
  expect(crossEntropy(none, [-100, -100], { reduction: "none" })).toEqual({
    data: new Float64Array(2),
    shape: [2],
  });
  expect(crossEntropy.valueAndGrad(none, [-100, -100], { reduction: "sum" })).toEqual({
    value: 0,
    grad: none,
  });
});
