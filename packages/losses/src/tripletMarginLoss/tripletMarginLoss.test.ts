import { expect, it } from "vitest";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { tripletMarginLoss } from "./tripletMarginLoss.ts";

checkFixtures(tripletMarginLoss, new URL("tripletMarginLoss.cases.json.gz", import.meta.url));

checkLoss(
  tripletMarginLoss,
  [
    {
      label: "a vector",
      input: float64([1, 3, -2], [3]),
      rest: [
        [0.2, 1.5, 0.5],
        [2, 2.5, -1],
      ],
    },
    {
      label: "two triples and swap",
      input: float64([1, 2, 3, 4, 5, 7], [2, 3]),
      rest: [float64([2, 0.5, 1, 9, 1, 1], [2, 3]), float64([1, 1.5, 1, 3, 4, 6], [2, 3])],
      options: { swap: true, margin: 2 },
    },
    {
      label: "a negative that repeats, p 3",
      input: float64([1, 2, 3, 4], [2, 2]),
      rest: [float64([1.5, 2.5, 2, 3], [2, 2]), [1.2, 2.1]],
      options: { p: 3, margin: 5 },
    },
    {
      label: "vectors along the first axis, p 1",
      input: float64([1, 2, 3, 4], [2, 2]),
      rest: [float64([1.5, 2.5, 2, 3], [2, 2]), float64([3, 1], [2, 1])],
      options: { axis: 0, p: 1 },
    },
  ],
  { kind: "row" },
);

it.each([
  [{ margin: 0 }, "margin must be a finite number above 0, got 0."],
  [{ p: -1 }, "p must be a number of at least 0, got -1."],
  [{ eps: Number.NaN }, "eps must be a finite number of at least 0, got NaN."],
])("refuses %j", (options, message) => {
  expect(() => tripletMarginLoss([1], [1], [1], options)).toThrow(
    new RangeError(`tripletMarginLoss: ${message}`),
  );
});

it("has a finite gradient where a distance is 0", () => {
  const { grads } = tripletMarginLoss.valueAndGrad([1, 1], [1, 1], [1, 1], { eps: 0 });
  expect(grads).toEqual({ anchor: [0, 0], positive: [0, 0], negative: [0, 0] });
});
