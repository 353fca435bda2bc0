import { expect, it } from "vitest";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { templateLoss } from "./template.ts";

// The values and gradients of PyTorch's operations. A third argument names the cases that differ on purpose.
checkFixtures(templateLoss, new URL("template.cases.json.gz", import.meta.url));

// TODO: calls with each option, alone and together, where the loss is differentiable. At a kink, state
// the subgradients as `grads`.
checkLoss(templateLoss, [
  { label: "vectors", input: float64([1, 3, -2], [3]), rest: [[0, 1, 0.5]] },
  {
    label: "matrices and a scale",
    input: float64([1, 2, 3, 4], [2, 2]),
    rest: [float64([0, 1, 9, 2], [2, 2])],
    options: { scale: 0.5 },
  },
  {
    label: "a straight line",
    input: float64([1, 2, 3], [3]),
    rest: [[3, 5, 7]],
    grads: { input: [0, 0, 0], target: [0, 0, 0] },
  },
]);

// TODO: the facts that only this loss has, and a bad value of each option.
it("is 0, 1 and 2 for a rising line, nothing in common and a falling line", () => {
  expect(templateLoss([1, 2, 3], [-5, 0, 5])).toBe(0);
  expect(templateLoss([-1, 0, 1], [1, -2, 1])).toBe(1);
  expect(templateLoss([1, 2, 3, 4], [4, 3, 2, 1], { reduction: "none", scale: 2 })).toBe(4);
  expect(templateLoss([1, 1], [0, 1])).toBeNaN();
});

it("refuses another shape", () => {
  expect(() => templateLoss([1, 2], [1])).toThrow(
    new RangeError("templateLoss: target must have the input's shape [2], got [1]."),
  );
});

it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("refuses a scale of %d", (scale) => {
  expect(() => templateLoss([1], [0], { scale })).toThrow(
    new RangeError(`templateLoss: scale must be a finite number above 0, got ${scale}.`),
  );
});
