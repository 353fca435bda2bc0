import { expect, it } from "vitest";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { hingeEmbeddingLoss } from "./hingeEmbeddingLoss.ts";

checkFixtures(hingeEmbeddingLoss, new URL("hingeEmbeddingLoss.cases.json.gz", import.meta.url));

checkLoss(
  hingeEmbeddingLoss,
  [
    { label: "a vector", input: float64([0.5, 0.3, 1.7], [3]), rest: [[1, -1, -1]] },
    {
      label: "a target that repeats",
      input: float64([1.3, 2, 0.3, 0.4], [2, 2]),
      rest: [[1, -1]],
      options: { margin: 1.5 },
    },
    {
      label: "at the margin",
      input: float64([1], [1]),
      rest: [[-1]],
      value: 0,
      grads: { input: [-1] },
    },
  ],
  { kind: "element" },
);

it("counts a label that is neither 1 nor −1 as both, as PyTorch does", () => {
  expect(hingeEmbeddingLoss([0.25], [0])).toBe(1);
  expect(hingeEmbeddingLoss.valueAndGrad([0.25], [0]).grad).toEqual([0]);
});

it.each([Number.NaN, Number.POSITIVE_INFINITY])("refuses a margin of %d", (margin) => {
  expect(() => hingeEmbeddingLoss([1], [1], { margin })).toThrow(
    new RangeError(`hingeEmbeddingLoss: margin must be a finite number, got ${margin}.`),
  );
});
