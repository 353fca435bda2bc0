import { expect, it } from "vitest";
import { checkClassLoss } from "../../test/checkClassLoss.ts";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { multiMarginLoss } from "./multiMarginLoss.ts";

// PyTorch leaves out a NaN, which is not above 0.
checkFixtures(multiMarginLoss, new URL("multiMarginLoss.cases.json.gz", import.meta.url), [
  "edge: nan",
]);

checkClassLoss(
  multiMarginLoss,
  (random, classes) => Array.from({ length: classes }, () => random.normal()),
  { meanOver: "rows" },
);

checkLoss(multiMarginLoss, [
  {
    label: "p 2 and a margin",
    input: float64([1, 2.3, 3, 0, 1.1, 0.4], [2, 3]),
    rest: [[0, 2]],
    options: { p: 2, margin: 1.5 },
  },
  {
    label: "label smoothing",
    input: float64([1, 2.3, 3, 0, 1.1, 0.4], [2, 3]),
    rest: [[0, 2]],
    options: { labelSmoothing: 0.1 },
  },
  {
    label: "a class at the margin",
    input: float64([2, 1], [2]),
    rest: [0],
    value: 0,
    grads: { input: [0, 0] },
  },
]);

it.each([1, 2] as const)("counts no class whose score is −∞, also with p = %d", (p) => {
  const { value, grad } = multiMarginLoss.valueAndGrad([Number.NEGATIVE_INFINITY, 0.5, 1], 2, {
    p,
  });
  expect(value).toBeCloseTo(0.5 ** p / 3, 15);
  expect((grad as number[])[0]).toBe(0);
  expect(multiMarginLoss([0, Number.POSITIVE_INFINITY], 1, { p })).toBe(0);
  expect(multiMarginLoss([0, Number.NEGATIVE_INFINITY], 1, { p })).toBe(Number.POSITIVE_INFINITY);
});

it.each([
  [[1e308, -1e308, 0], 1, {}, 1e308],
  [[1e308, -1e308, 0], 1, { margin: 1e308 }, 1e308 * (5 / 3)],
  [[1e308, 1e308, 1e308], 1, { margin: 1e308, labelSmoothing: 0.1 }, 1e308 * (2 / 3)],
  [[1e308, -1e308, 0], 0, { labelSmoothing: 0.1 }, 4e307 / 9],
  [[1e308, 1e308, 0], [0.5, 0.25, 0.25], {}, 1e308 / 6],
  [[1e154, 0, -1e154, 0], 1, { p: 2, labelSmoothing: 0.4 }, 3.5e307],
] as const)("does not overflow for %j, %j, %j", (input, target, options, expected) => {
  expect(multiMarginLoss([...input], target, options) / expected).toBeCloseTo(1, 14);
});

it("divides the mean by the number of rows", () => {
  const rows = [
    [0, 0],
    [0, 0],
  ];
  expect(multiMarginLoss(rows, [0, 1], { weight: [3, 1] })).toBe(1);
});

it("refuses other powers, and margins that are not finite", () => {
  expect(() => multiMarginLoss([1, 2], 0, { p: 3 as 2 })).toThrow(
    new RangeError("multiMarginLoss: p must be 1 or 2, got 3."),
  );
  for (const p of ["2", null, Object.create(null)]) {
    expect(() => multiMarginLoss([1, 2], 0, { p })).toThrow(TypeError);
  }
  expect(() => multiMarginLoss([1, 2], 0, { margin: Number.NaN })).toThrow(
    new RangeError("multiMarginLoss: margin must be a finite number, got NaN."),
  );
});

it("takes a number as the score of a single class, which has no other to lose against", () => {
  expect(multiMarginLoss(0.5, 0)).toBe(0);
  expect(multiMarginLoss.valueAndGrad(0.5, 0)).toEqual({ value: 0, grad: 0 });
  expect(multiMarginLoss({ data: new Float32Array([3]), shape: [] }, 0)).toBe(0);
  expect(() => multiMarginLoss(0.5, 1)).toThrow(RangeError);
});

it("takes the default power also by name", () => {
  expect(multiMarginLoss([1, 2], 0, { p: 1 })).toBe(multiMarginLoss([1, 2], 0));
});
