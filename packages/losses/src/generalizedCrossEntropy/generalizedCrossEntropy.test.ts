import { expect, it } from "vitest";
import { checkClassLoss } from "../../test/checkClassLoss.ts";
import { checkFunctionOfCrossEntropy } from "../../test/checkFunctionOfCrossEntropy.ts";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { crossEntropy } from "../crossEntropy/crossEntropy.ts";
import { generalizedCrossEntropy } from "./generalizedCrossEntropy.ts";

checkFixtures(
  generalizedCrossEntropy,
  new URL("generalizedCrossEntropy.cases.json.gz", import.meta.url),
);

checkClassLoss(generalizedCrossEntropy, (random, classes) =>
  Array.from({ length: classes }, random.normal),
);

checkFunctionOfCrossEntropy(generalizedCrossEntropy);

checkLoss(generalizedCrossEntropy, [
  {
    label: "q 0.2",
    input: float64([1, 2, 3, 0, 1, 0], [2, 3]),
    rest: [[0, 2]],
    options: { q: 0.2, labelSmoothing: 0.1 },
  },
  {
    label: "q 1",
    input: float64([1, 2, 3, 0, 1, 0], [2, 3]),
    rest: [[0, 2]],
    options: { q: 1 },
  },
]);

it("keeps the digits of sure rows", () => {
  const rest = Math.exp(-60);
  const { value, grad } = generalizedCrossEntropy.valueAndGrad([60, 0], 0);
  expect(value / rest).toBeCloseTo(1, 13);
  expect(grad.map((g) => g / rest)).toEqual([expect.closeTo(-1, 13), expect.closeTo(1, 13)]);
});

it("is bounded by 1 / q, and is the probability of the other classes for q 1", () => {
  expect(generalizedCrossEntropy.valueAndGrad([0, -Infinity], 1)).toEqual({
    value: 1 / 0.7,
    grad: [0, -0],
  });
  expect(generalizedCrossEntropy([0, 0, 0, 0], 1, { q: 1 })).toBeCloseTo(0.75, 15);
});

it("tends to the cross-entropy", () => {
  const q = 1e-12;
  expect(generalizedCrossEntropy([2, 1, 0], 1, { q })).toBeCloseTo(crossEntropy([2, 1, 0], 1), 10);
});

it.each([
  [{ q: 0 }, `q must be a number above 0, up to 1, got ${0}.`],
  [{ q: 1.5 }, `q must be a number above 0, up to 1, got ${1.5}.`],
  [{ q: Number.NaN }, `q must be a number above 0, up to 1, got ${Number.NaN}.`],
])("refuses %j", (options, message) => {
  expect(() => generalizedCrossEntropy([1, 2], 0, options)).toThrow(
    new RangeError(`generalizedCrossEntropy: ${message}`),
  );
});
