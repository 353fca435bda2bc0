import { expect, it } from "vitest";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { binaryCrossEntropy } from "./binaryCrossEntropy.ts";

checkFixtures(binaryCrossEntropy, new URL("binaryCrossEntropy.cases.json.gz", import.meta.url));

checkLoss(
  binaryCrossEntropy,
  [
    { label: "a vector", input: float64([0.2, 0.7, 0.9], [3]), rest: [[0.1, 0.5, 0.8]] },
    {
      label: "a target that repeats",
      input: float64([0.3, 0.2, 0.6, 0.4], [2, 2]),
      rest: [[0.1, 0.5]],
    },
    {
      label: "weights",
      input: float64([0.1, 0.2], [2, 1]),
      rest: [[0.1, 0.5]],
      options: { weight: [2, 0.5] },
    },
  ],
  { kind: "element" },
);

it("takes labels", () => {
  const { value, grads } = binaryCrossEntropy.valueAndGrad([0.2, 0.7], [0, 1]);
  expect(value).toBeCloseTo(-(Math.log(0.8) + Math.log(0.7)) / 2, 15);
  expect(grads.target).toEqual(
    [Math.log(0.8 / 0.2) / 2, Math.log(0.3 / 0.7) / 2].map((g) => expect.closeTo(g, 14)),
  );
});

it("has logarithms of at least −100", () => {
  expect(binaryCrossEntropy([0, 1e-60], [1, 1], { reduction: "none" })).toEqual([100, 100]);
  const { grads } = binaryCrossEntropy.valueAndGrad(0, 1);
  expect(grads).toEqual({ input: -1 / Math.fround(1e-12), target: 100 });
});

it("multiplies by the weights, and divides the mean by the number of losses", () => {
  const plain = binaryCrossEntropy([0.5, 0.5], [1, 0]);
  expect(binaryCrossEntropy([0.5, 0.5], [1, 0], { weight: [3, 1] })).toBe(2 * plain);
});

it.each([-0.1, 1.5, Number.NaN])("refuses a target of %d", (t) => {
  expect(() => binaryCrossEntropy([0.5, 0.5], [0, t])).toThrow(
    new RangeError(`binaryCrossEntropy: target[1] must be a probability from 0 to 1, got ${t}.`),
  );
});

it.each([-0.1, 1.5, Number.NaN])("refuses an input of %d", (x) => {
  expect(() => binaryCrossEntropy([0.5, x], [0, 1])).toThrow(
    new RangeError(`binaryCrossEntropy: input[1] must be a probability from 0 to 1, got ${x}.`),
  );
});
