import { expect, it } from "vitest";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { l1Loss } from "./l1Loss.ts";

checkFixtures(l1Loss, new URL("l1Loss.cases.json.gz", import.meta.url));

checkLoss(
  l1Loss,
  [
    { label: "a vector", input: float64([1, 3, -2], [3]), rest: [[0.2, 1.5, 0.5]] },
    { label: "a target that repeats", input: float64([1.3, 2, 3, 4], [2, 2]), rest: [[0.1, 5.5]] },
    { label: "an input that repeats", input: float64([1, 2], [2, 1]), rest: [[0.1, 5.5]] },
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

it("is the size of the error", () => {
  expect(l1Loss(3, 1)).toBe(2);
  expect(l1Loss.valueAndGrad([1, 3], [2, 1], { reduction: "sum" }).grads).toEqual({
    input: [-1, 1],
    target: [1, -1],
  });
});

it("divides the mean by the sum of the weights", () => {
  expect(l1Loss([1, 3], [0, 0], { weight: [3, 1] })).toBe(1.5);
});
