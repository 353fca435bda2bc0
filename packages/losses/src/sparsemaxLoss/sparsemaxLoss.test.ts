import { sparsemax } from "@surprisal/core";
import { expect, it } from "vitest";
import { checkClassLoss } from "../../test/checkClassLoss.ts";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { sparsemaxLoss } from "./sparsemaxLoss.ts";

checkFixtures(sparsemaxLoss, new URL("sparsemaxLoss.cases.json.gz", import.meta.url));

checkClassLoss(sparsemaxLoss, (r, classes) => Array.from({ length: classes }, r.normal), {
  hasConstant: true,
});

checkLoss(sparsemaxLoss, [
  { label: "a row", input: float64([1, 0.4, -2], [3]), rest: [1] },
  { label: "a batch", input: float64([1, 0.7, 0.3, 0, 2, 0.5], [2, 3]), rest: [[1, 0]] },
  {
    label: "weights and label smoothing along axis 0",
    input: float64([1, 0.7, 0.3, 0, 1.6, 0.5], [3, 2]),
    rest: [[2, 1]],
    options: { axis: 0, weight: [1, 2, 3], labelSmoothing: 0.1 },
  },
  {
    label: "class probabilities",
    input: float64([1, 0.7, 0.3, 0, 2, 0.5], [2, 3]),
    rest: [
      [
        [0.2, 0.3, 0.5],
        [0, 0, 1],
      ],
    ],
  },
]);

it("has a gradient of sparsemax less the target", () => {
  expect(sparsemaxLoss.valueAndGrad([2, 1.5, 0], 1)).toEqual({
    value: 0.5625,
    grad: [0.75, -0.75, 0],
  });
  const x = [0.3, 0.1, -0.2];
  const q = [0.5, 0.25, 0.25];
  const { grad } = sparsemaxLoss.valueAndGrad(x, q);
  sparsemax(x).forEach((p, j) => {
    expect(grad[j]).toBeCloseTo(p - q[j], 15);
  });
});

it("is 0 once the target is 1 above all others, and linear far below", () => {
  expect(sparsemaxLoss([3, 2, 1.9], 0)).toBe(0);
  expect(sparsemaxLoss.valueAndGrad([3, 2, 1.9], 0).grad).toEqual([0, 0, 0]);
  expect(sparsemaxLoss([1e300, 0], 1)).toBe(1e300);
  expect(sparsemaxLoss([5, 0], 1)).toBe(5);
});

it("keeps its digits where the loss is almost 0, and where scores are large", () => {
  const { value, grad } = sparsemaxLoss.valueAndGrad([1 - 2 ** -30, 0], 0);
  expect(value).toBe(2 ** -62);
  expect(grad).toEqual([-(2 ** -31), 2 ** -31]);
  const large = 2 ** 50;
  expect(sparsemaxLoss([large, large - 0.5], 1)).toBe(0.5625);
});

it("gives NaN where no score is finite or one is NaN", () => {
  expect(sparsemaxLoss([Number.NaN, 0], 1)).toBeNaN();
  expect(sparsemaxLoss([Number.POSITIVE_INFINITY, 0], 1)).toBeNaN();
  expect(sparsemaxLoss([0, Number.NEGATIVE_INFINITY], 0)).toBe(0);
  expect(sparsemaxLoss([0, Number.NEGATIVE_INFINITY], 1)).toBe(Number.POSITIVE_INFINITY);
});
