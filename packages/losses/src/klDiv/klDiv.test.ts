import { expect, it } from "vitest";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { klDiv } from "./klDiv.ts";

checkFixtures(klDiv, new URL("klDiv.cases.json.gz", import.meta.url));

checkLoss(
  klDiv,
  [
    { label: "a vector", input: float64([-1, -3, -2], [3]), rest: [[0.2, 0.5, 0.3]] },
    {
      label: "a target that repeats",
      input: float64([-1.3, -2, -3, -4], [2, 2]),
      rest: [[0.1, 0.9]],
      options: { reduction: "batchmean" },
    },
    {
      label: "log-probabilities",
      input: float64([-1, -2], [2, 1]),
      rest: [[-0.1, -2.5]],
      options: { logTarget: true },
    },
    {
      label: "equal distributions",
      input: float64([-1], [1]),
      rest: [[-1]],
      options: { logTarget: true },
      value: 0,
    },
  ],
  { kind: "element" },
);

it("ignores a target of 0, also beside −∞", () => {
  const masked = Number.NEGATIVE_INFINITY;
  expect(klDiv.valueAndGrad([masked, -1], [0, 1], { reduction: "sum" })).toMatchObject({
    value: 1,
    grad: [-0, -1],
  });
  const logTarget = { reduction: "sum", logTarget: true } as const;
  expect(klDiv.valueAndGrad([masked, -1], [masked, 0], logTarget)).toMatchObject({
    value: 1,
    grads: { input: [-0, -1], target: [0, 2] },
  });
});

it("divides by the size of the first axis", () => {
  const input = [
    [-1, -2],
    [-3, -4],
  ];
  const target = [
    [0.5, 0.5],
    [1, 0],
  ];
  const sum = klDiv(input, target, { reduction: "sum" });
  expect(klDiv(input, target, { reduction: "batchmean" })).toBe(sum / 2);
});

it("has the derivative −∞ by a target of 0, and NaN beside an input of −∞", () => {
  const infinite = Number.NEGATIVE_INFINITY;
  const { grads } = klDiv.valueAndGrad([-1, infinite], [0, 0], { reduction: "sum" });
  expect(grads.target).toEqual([infinite, Number.NaN]);
});
