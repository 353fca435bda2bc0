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

it("refuses weights that do not fit", () => {
  expect(() => multilabelSoftMarginLoss([0, 0], [1, 0], { weight: [1] })).toThrow(RangeError);
});
