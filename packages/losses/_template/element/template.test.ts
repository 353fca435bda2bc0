import { expect, it } from "vitest";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { templateLoss } from "./template.ts";

// PyTorch's values and gradients. A third argument names the cases that differ on purpose.
checkFixtures(templateLoss, new URL("template.cases.json.gz", import.meta.url));

// TODO: calls with each option, alone and together, where the loss is differentiable. At a kink, state
// the subgradients as `grads`.
checkLoss(
  templateLoss,
  [
    { label: "a vector", input: float64([1, 3, -2], [3]), rest: [[0, 1, 0.5]] },
    {
      label: "a matrix and a scale",
      input: float64([1, 2, 3, 4], [2, 2]),
      rest: [float64([0, 0, 9, 9], [2, 2])],
      options: { scale: 0.5 },
    },
    { label: "a target that repeats", input: float64([1, 2, 3, 4], [2, 2]), rest: [[0.1, 5.5]] },
    { label: "an input that repeats", input: float64([1, 2], [2, 1]), rest: [[0.1, 5.5]] },
    {
      label: "no error",
      input: float64([2], [1]),
      rest: [[2]],
      value: 0,
      grads: { input: [0], target: [0] },
    },
  ],
  { kind: "element" },
);

// TODO: the facts that only this loss has, and a bad value of each option.
it("is the square of the error", () => {
  expect(templateLoss(3, 1)).toBe(4);
  expect(templateLoss([1, 3], [0, 1], { scale: 2, reduction: "none" })).toEqual([2, 8]);
  expect(templateLoss.valueAndGrad([1, 3], [0, 1], { reduction: "sum" }).grad).toEqual([2, 4]);
});

it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("refuses a scale of %d", (scale) => {
  expect(() => templateLoss([1], [0], { scale })).toThrow(
    new RangeError(`templateLoss: scale must be a finite number above 0, got ${scale}.`),
  );
});
