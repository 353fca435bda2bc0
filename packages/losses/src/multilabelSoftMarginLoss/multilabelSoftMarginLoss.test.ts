import { expect, it } from "vitest";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { multilabelSoftMarginLoss } from "./multilabelSoftMarginLoss.ts";

checkFixtures(
  multilabelSoftMarginLoss,
  new URL("multilabelSoftMarginLoss.cases.json.gz", import.meta.url),
);

checkLoss(
  multilabelSoftMarginLoss,
  [
    { label: "a vector", input: float64([1, 3, -2], [3]), rest: [[0, 1, 0.5]] },
    {
      label: "a matrix and weights",
      input: float64([1, 2, 3, -4, 0.5, 7], [2, 3]),
      rest: [float64([0, 0, 1, 1, 1, 1], [2, 3])],
      options: { weight: [1, 0, 2] },
    },
    {
      label: "weights for each element",
      input: float64([1, 2, 3, -4, 0.5, 7], [2, 3]),
      rest: [float64([0, 0, 1, 1, 1, 1], [2, 3])],
      options: { weight: float64([1, 0, 2, 3, 0.5, 1], [2, 3]) },
    },
    {
      label: "a weight for each row",
      input: float64([1, 2, 3, -4, 0.5, 7], [2, 3]),
      rest: [float64([0, 0, 1, 1, 1, 1], [2, 3])],
      options: { weight: float64([1, 0.5], [2, 1]) },
    },
    { label: "a target that repeats", input: float64([1, 2, 3, -4], [2, 2]), rest: [[0, 1]] },
    {
      label: "vectors along the first axis",
      input: float64([1, 2, 3, -4], [2, 2]),
      rest: [float64([0, 1], [2, 1])],
      options: { axis: 0, weight: [1, 3] },
    },
  ],
  { kind: "row" },
);

it("is the mean of the labels' losses", () => {
  expect(multilabelSoftMarginLoss([0, 0, 0], [1, 0, 1])).toBeCloseTo(Math.LN2, 15);
  expect(multilabelSoftMarginLoss([0, 0], [1, 0], { weight: [3, 1] })).toBeCloseTo(
    2 * Math.LN2,
    15,
  );
});

it("weights each element of each row", () => {
  const weight = [
    [2, 4],
    [0, 6],
  ];
  const input = [
    [0, 0],
    [0, 0],
  ];
  const target = [
    [1, 0],
    [1, 1],
  ];
  const losses = multilabelSoftMarginLoss(input, target, { weight, reduction: "none" });
  expect(losses[0]).toBeCloseTo(3 * Math.LN2, 15);
  expect(losses[1]).toBeCloseTo(3 * Math.LN2, 15);
  const { grad } = multilabelSoftMarginLoss.valueAndGrad(input, target, { weight });
  expect(grad).toEqual([
    [-0.25, 0.5],
    [0, -0.75],
  ]);
});

it("refuses weights that do not fit", () => {
  expect(() => multilabelSoftMarginLoss([0, 0], [1, 0], { weight: [1] })).toThrow(RangeError);
});

it("leaves out classes of weight 0, even if their loss is infinite", () => {
  const inf = Number.POSITIVE_INFINITY;
  const { value, grads } = multilabelSoftMarginLoss.valueAndGrad([-inf, 1], [1, 0], {
    weight: [0, 1],
  });
  expect(value).toBeCloseTo(Math.log1p(Math.E) / 2, 15);
  expect((grads.input as number[])[0]).toBe(0);
  expect((grads.target as number[])[0]).toBe(0);
});
