import { expect, it } from "vitest";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { smoothL1Loss } from "./smoothL1Loss.ts";

checkFixtures(smoothL1Loss, new URL("smoothL1Loss.cases.json.gz", import.meta.url));

checkLoss(
  smoothL1Loss,
  [
    { label: "a vector", input: float64([1, 3, -2], [3]), rest: [[0.2, 1.5, 0.5]] },
    { label: "a target that repeats", input: float64([1.3, 2, 3, 4], [2, 2]), rest: [[0.1, 5.5]] },
    { label: "an input that repeats", input: float64([1, 2], [2, 1]), rest: [[0.1, 5.5]] },
    {
      label: "a small beta",
      input: float64([1, 3, -2], [3]),
      rest: [[0.95, 1.5, 0.5]],
      options: { beta: 0.1 },
    },
    {
      label: "no error",
      input: float64([2], [1]),
      rest: [[2]],
      options: { beta: 0 },
      value: 0,
      grads: { input: [0], target: [0] },
    },
  ],
  { kind: "element" },
);

it("is squared below beta, linear above", () => {
  const options = { reduction: "none", beta: 2 } as const;
  expect(smoothL1Loss([1, 2, -5], [0, 0, 0], options)).toEqual([0.25, 1, 4]);
  expect(smoothL1Loss.valueAndGrad([1, 2, -5], [0, 0, 0], options).grad).toEqual([0.5, 1, -1]);
});

it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("refuses a beta of %d", (beta) => {
  expect(() => smoothL1Loss([1], [0], { beta })).toThrow(
    new RangeError(`smoothL1Loss: beta must be a finite number of at least 0, got ${beta}.`),
  );
});

it("neither overflows nor underflows where the loss is in range", () => {
  expect(smoothL1Loss([1e308], [0], { beta: 10 })).toBe(1e308);
  expect(smoothL1Loss([1e-130], [0], { beta: 1e-200 })).toBe(1e-130);
  expect(smoothL1Loss([3], [1], { beta: 4 })).toBe(0.5);
});
