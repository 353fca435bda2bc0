import { expect, it } from "vitest";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { templateLoss } from "./template.ts";

// PyTorch's values and gradients. A third argument names the cases that differ on purpose.
checkFixtures(templateLoss, new URL("template.cases.json.gz", import.meta.url));

// TODO: calls with each option, alone and together, where the loss is differentiable. At a kink, state
// the subgradients as `grads`.
const matrix = float64([1, 2, 3, 4, 5, 7], [2, 3]);

checkLoss(
  templateLoss,
  [
    { label: "a vector", input: float64([1, 3, -2], [3]), rest: [[0, 1, 0.5]] },
    {
      label: "a matrix, a scale and weights",
      input: matrix,
      rest: [float64([0, 0, 9, 9, 1, 1], [2, 3])],
      options: { scale: 0.5, weight: [1, 0, 2] },
    },
    { label: "a target that repeats", input: matrix, rest: [[0.1, 5.5, 2]] },
    {
      label: "vectors along the first axis",
      input: matrix,
      rest: [float64([3, 1], [2, 1])],
      options: { axis: 0, weight: [1, 3] },
    },
    {
      label: "no error",
      input: float64([2], [1]),
      rest: [[2]],
      value: 0,
      grads: { input: [0], target: [0] },
    },
  ],
  { kind: "row" },
);

// TODO: the facts that only this loss has, and a bad value of each option.
it("is the square of the distance", () => {
  expect(templateLoss([3, 0], [0, 4])).toBe(25);
  expect(templateLoss([[3, 0]], [0, 4], { weight: [2, 1], reduction: "none" })).toEqual([34]);
  const { grads } = templateLoss.valueAndGrad([3, 0], [0, 4], { scale: 0.5 });
  expect(grads).toEqual({ input: [3, -4], target: [-3, 4] });
});

it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("refuses a scale of %d", (scale) => {
  expect(() => templateLoss([1], [0], { scale })).toThrow(
    new RangeError(`templateLoss: scale must be a finite number above 0, got ${scale}.`),
  );
});
