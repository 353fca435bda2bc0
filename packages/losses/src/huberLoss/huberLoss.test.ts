import { expect, it } from "vitest";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { huberLoss } from "./huberLoss.ts";

checkFixtures(huberLoss, new URL("huberLoss.cases.json.gz", import.meta.url));

checkLoss(
  huberLoss,
  [
    { label: "a vector", input: float64([1, 3, -2], [3]), rest: [[0.2, 1.5, 0.5]] },
    { label: "a target that repeats", input: float64([1.3, 2, 3, 4], [2, 2]), rest: [[0.1, 5.5]] },
    { label: "an input that repeats", input: float64([1, 2], [2, 1]), rest: [[0.1, 5.5]] },
    {
      label: "a small delta and weights",
      input: float64([1, 3, -2], [3]),
      rest: [[0.95, 1.5, 0.5]],
      options: { delta: 0.1, weight: [1, 2, 0.5] },
    },
    {
      label: "no error",
      input: float64([2], [1]),
      rest: [[2]],
      value: 0,
      grads: { input: [0], target: [0] },
    },
  ],
  { kind: "element" },
);

it("is squared up to delta, linear beyond", () => {
  const options = { reduction: "none", delta: 2 } as const;
  expect(huberLoss([1, 2, -5], [0, 0, 0], options)).toEqual([0.5, 2, 8]);
  expect(huberLoss.valueAndGrad([1, 2, -5], [0, 0, 0], options).grad).toEqual([1, 2, -2]);
});

it("multiplies by the weights, and divides the mean by the number of losses", () => {
  expect(huberLoss([1, 1], [0, 0], { weight: [3, 1] })).toBe(1);
});

it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("refuses a delta of %d", (delta) => {
  expect(() => huberLoss([1], [0], { delta })).toThrow(
    new RangeError(`huberLoss: delta must be a finite number above 0, got ${delta}.`),
  );
});

it("leaves out elements of weight 0, even if their loss is infinite", () => {
  const options = { weight: [0, 1], reduction: "sum" } as const;
  const { value, grads } = huberLoss.valueAndGrad([Number.NEGATIVE_INFINITY, 1], [1, 0], options);
  expect(value).toBe(0.5);
  expect(grads.input).toEqual([0, 1]);
  expect(grads.target).toEqual([0, -1]);
});

it("neither overflows nor underflows where the weighted loss is in range", () => {
  const loss = (input: number, weight: number, delta: number) =>
    huberLoss([input], [0], { weight: [weight], delta, reduction: "sum" });
  expect(loss(1e300, 1e-300, 1e-30) / 1e-30).toBeCloseTo(1, 14);
  expect(loss(1e300, 1e-300, 1e300) / 5e299).toBeCloseTo(1, 14);
  expect(loss(1e-200, 1e300, 1) / 5e-101).toBeCloseTo(1, 14);
  expect(loss(0, 1e300, 1)).toBe(0);
  expect(loss(Number.POSITIVE_INFINITY, 5e-324, 0.5)).toBe(Number.POSITIVE_INFINITY);
});
