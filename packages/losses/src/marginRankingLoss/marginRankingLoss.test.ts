import { expect, it } from "vitest";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { marginRankingLoss } from "./marginRankingLoss.ts";

checkFixtures(marginRankingLoss, new URL("marginRankingLoss.cases.json.gz", import.meta.url));

checkLoss(
  marginRankingLoss,
  [
    {
      label: "a vector",
      input: float64([1, 3, -2], [3]),
      rest: [
        [0.2, 1.5, 0.5],
        [1, -1, 1],
      ],
    },
    {
      label: "arguments that repeat",
      input: float64([1.3, 2, 3, 4], [2, 2]),
      rest: [[0.1, 5.5], 1],
      options: { margin: 0.5 },
    },
    {
      label: "a tie",
      input: float64([2], [1]),
      rest: [[2], [1]],
      value: 0,
      grads: { input1: [-1], input2: [1] },
    },
  ],
  { kind: "element" },
);

it.each([Number.NaN, Number.POSITIVE_INFINITY])("refuses a margin of %d", (margin) => {
  expect(() => marginRankingLoss([1], [1], [1], { margin })).toThrow(
    new RangeError(`marginRankingLoss: margin must be a finite number, got ${margin}.`),
  );
});

it("refuses shapes that do not broadcast", () => {
  expect(() => marginRankingLoss([1, 2], [1, 2, 3], [1])).toThrow(RangeError);
});

it("names the argument that is wrong", () => {
  for (const name of ["input1", "input2", "target"]) {
    const values = { input1: [1], input2: [1], target: [1], [name]: "x" };
    const call = () => marginRankingLoss(values.input1, values.input2, values.target);
    expect(call).toThrow(`marginRankingLoss: ${name} must`);
  }
});

it("has a gradient of NaN for a target of NaN", () => {
  const { grads } = marginRankingLoss.valueAndGrad([1], [2], [Number.NaN]);
  expect(grads).toEqual({ input1: [Number.NaN], input2: [Number.NaN] });
});
