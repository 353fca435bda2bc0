import { expect, it } from "vitest";
import { checkClassLoss } from "../../test/checkClassLoss.ts";
import { checkFunctionOfCrossEntropy } from "../../test/checkFunctionOfCrossEntropy.ts";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { crossEntropy } from "../crossEntropy/crossEntropy.ts";
import { symmetricCrossEntropy } from "./symmetricCrossEntropy.ts";

checkFixtures(
  symmetricCrossEntropy,
  new URL("symmetricCrossEntropy.cases.json.gz", import.meta.url),
);

checkClassLoss(symmetricCrossEntropy, (random, classes) =>
  Array.from({ length: classes }, random.normal),
);

checkFunctionOfCrossEntropy(symmetricCrossEntropy);

checkLoss(symmetricCrossEntropy, [
  {
    label: "alpha, beta and logZero",
    input: float64([1, 2, 3, 0, 1, 0], [2, 3]),
    rest: [[0, 2]],
    options: { alpha: 0.1, beta: 2, logZero: -6, labelSmoothing: 0.1 },
  },
]);

it("is the cross-entropy for beta 0, and the probability of the others for alpha 0", () => {
  expect(symmetricCrossEntropy([2, 1, 0], 1, { beta: 0 })).toBeCloseTo(
    crossEntropy([2, 1, 0], 1),
    15,
  );
  expect(symmetricCrossEntropy([0, 0, 0, 0], 1, { alpha: 0 })).toBeCloseTo(3, 15);
  expect(symmetricCrossEntropy([0, -Infinity], 1, { alpha: 0 })).toBe(4);
  expect(symmetricCrossEntropy([0, -Infinity], [0, 1], { alpha: 0 })).toBe(4);
});

it("keeps the digits of sure rows", () => {
  const rest = Math.exp(-60);
  const { value, grad } = symmetricCrossEntropy.valueAndGrad([60, 0], 0);
  expect(value / rest).toBeCloseTo(5, 13);
  expect(grad.map((g) => g / rest)).toEqual([expect.closeTo(-5, 13), expect.closeTo(5, 13)]);
});

it("has no product of beta and logZero, which may overflow", () => {
  const options = { beta: 1e160, logZero: -1e160 };
  const input = { data: Float32Array.of(1, 2, 1, -Infinity), shape: [2, 2] };
  const { value, grad } = symmetricCrossEntropy.valueAndGrad(input, [-100, 0], {
    ...options,
    reduction: "none",
  });
  expect(value).toEqual({ data: Float32Array.of(0, 0), shape: [2] });
  expect([...grad.data].map(Math.abs)).toEqual([0, 0, 0, 0]);
  const sure = symmetricCrossEntropy([700, 0], 0, options);
  expect(sure / (Math.exp(-700) * 1e160) / 1e160).toBeCloseTo(1, 12);
});

it.each([
  [{ alpha: -1 }, "alpha must be a finite number of at least 0, got -1."],
  [{ alpha: Infinity }, "alpha must be a finite number of at least 0, got Infinity."],
  [{ logZero: -Infinity }, "logZero must be a finite number below 0, got -Infinity."],
  [{ beta: Number.NaN }, "beta must be a finite number of at least 0, got NaN."],
  [{ logZero: 0 }, "logZero must be a finite number below 0, got 0."],
])("refuses %j", (options, message) => {
  expect(() => symmetricCrossEntropy([1, 2], 0, options)).toThrow(
    new RangeError(`symmetricCrossEntropy: ${message}`),
  );
});
