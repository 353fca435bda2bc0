import { expect, it } from "vitest";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { sigmoidFocalLoss } from "./sigmoidFocalLoss.ts";

checkFixtures(sigmoidFocalLoss, new URL("sigmoidFocalLoss.cases.json.gz", import.meta.url));

checkLoss(
  sigmoidFocalLoss,
  [
    { label: "a vector", input: float64([1, 3, -2], [3]), rest: [[0, 1, 1]] },
    {
      label: "a target that repeats",
      input: float64([1.3, -2, 3, 4], [2, 2]),
      rest: [[1, 0]],
      options: { gamma: 0.5, alpha: 0.7 },
    },
    {
      label: "targets between",
      input: float64([1, 2], [2, 1]),
      rest: [[0.1, 0.8]],
      options: { gamma: 3, alpha: -1 },
    },
  ],
  { kind: "element" },
);

it("keeps the digits of sure predictions", () => {
  const close = (value: number, expected: number) =>
    expect(Math.abs(value / expected - 1)).toBeLessThan(1e-14);
  // q³ to the first order.
  close(sigmoidFocalLoss(40, 1, { alpha: -1 }), Math.exp(-120));
  close(sigmoidFocalLoss.valueAndGrad(40, 1, { alpha: -1 }).grad, -3 * Math.exp(-120));
  close(sigmoidFocalLoss(-1e4, 1, { alpha: -1 }), 1e4);
});

it("is the cross-entropy for gamma 0", () => {
  const { value, grad } = sigmoidFocalLoss.valueAndGrad(2, 1, { gamma: 0, alpha: -1 });
  expect(value).toBeCloseTo(Math.log1p(Math.exp(-2)), 15);
  expect(grad).toBeCloseTo(-1 / (1 + Math.exp(2)), 15);
});

it.each([
  [Infinity, 1, {}, 0, 0],
  [-Infinity, 0, {}, 0, 0],
  [Infinity, 0, { alpha: -1 }, Infinity, 1],
  [-Infinity, 1, { alpha: -1 }, Infinity, -1],
  // A label of weight 0.
  [-Infinity, 1, { alpha: 0 }, 0, 0],
  [Infinity, 0, { alpha: 1 }, 0, 0],
  // The probability of the other label underflows.
  [1000, 1, { gamma: 0, alpha: -1 }, 0, 0],
])("logit %d, label %d, %j", (logit, label, options, loss, slope) => {
  const { value, grad } = sigmoidFocalLoss.valueAndGrad(logit, label, options);
  expect([value, grad + 0]).toEqual([loss, slope]);
});

it.each([
  [{ alpha: 1.5 }, "alpha must be a number up to 1, got 1.5."],
  [{ gamma: Infinity }, "gamma must be a finite number of at least 0, got Infinity."],
  [{ gamma: -1 }, "gamma must be a finite number of at least 0, got -1."],
])("refuses %j", (options, message) => {
  expect(() => sigmoidFocalLoss([1], [0], options)).toThrow(
    new RangeError(`sigmoidFocalLoss: ${message}`),
  );
});
