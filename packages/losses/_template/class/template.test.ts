import { expect, it } from "vitest";
import { checkClassLoss } from "../../test/checkClassLoss.ts";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { templateLoss } from "./template.ts";

// The values and gradients of PyTorch's operations. A third argument names the cases that differ on purpose.
checkFixtures(templateLoss, new URL("template.cases.json.gz", import.meta.url));

// The laws of all class losses. The function makes a row of the input.
checkClassLoss(templateLoss, (random, classes) =>
  Array.from({ length: classes }, () => random.normal()),
);

// TODO: calls with each option of this loss. At a kink, state the subgradients as `grads`.
checkLoss(templateLoss, [
  {
    label: "a scale",
    input: float64([1, 2, 3, 0, 1, 0], [2, 3]),
    rest: [[0, 2]],
    options: { scale: 0.5, labelSmoothing: 0.1 },
  },
]);

// TODO: the facts that only this loss has, and a bad value of each option.
it("is the probability of the other classes", () => {
  expect(templateLoss([0, 0, 0, 0], 1)).toBe(0.75);
  expect(templateLoss([0, 0], 1, { scale: 3 })).toBe(1.5);
  expect(templateLoss([60, 0], 0)).toBeCloseTo(Math.exp(-60), 38);
});

it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("refuses a scale of %d", (scale) => {
  expect(() => templateLoss([1, 2], 0, { scale })).toThrow(
    new RangeError(`templateLoss: scale must be a finite number above 0, got ${scale}.`),
  );
});
