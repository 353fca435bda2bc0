import { expect, it } from "vitest";
import { checkClassLoss } from "../../test/checkClassLoss.ts";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { crossEntropy } from "../crossEntropy/crossEntropy.ts";
import { focalLoss } from "./focalLoss.ts";

checkFixtures(focalLoss, new URL("focalLoss.cases.json.gz", import.meta.url));

checkClassLoss(focalLoss, (random, classes) => Array.from({ length: classes }, random.normal));

checkLoss(focalLoss, [
  {
    label: "gamma 0",
    input: float64([1, 2, 3, 0, 1, 0], [2, 3]),
    rest: [[0, 2]],
    options: { gamma: 0, labelSmoothing: 0.1 },
  },
  {
    label: "gamma 0.5",
    input: float64([1, 2, 3, 0, 1, 0], [2, 3]),
    rest: [[0, 2]],
    options: { gamma: 0.5 },
  },
  {
    label: "gamma 3",
    input: float64([1, 2, 3, 0, 1, 0], [2, 3]),
    rest: [[0, 2]],
    options: { gamma: 3, weight: [1, 2, 0.5] },
  },
]);

it("keeps the digits of sure rows", () => {
  const q = Math.exp(-60);
  const { value, grad } = focalLoss.valueAndGrad([60, 0], 0);
  expect(value / q ** 3).toBeCloseTo(1, 13);
  expect(grad.map((g) => g / (3 * q ** 3))).toEqual([
    expect.closeTo(-1, 13),
    expect.closeTo(1, 13),
  ]);
  expect(focalLoss([1e4, 0], 1)).toBe(1e4);
});

it("is the cross-entropy for gamma 0", () => {
  const { value, grad } = focalLoss.valueAndGrad([1000, 0], 0, { gamma: 0 });
  expect([value, ...grad].map((x) => x + 0)).toEqual([0, 0, 0]);
  expect(focalLoss([2, 1, 0], 1, { gamma: 0 })).toBeCloseTo(crossEntropy([2, 1, 0], 1), 15);
});

it("has a slope at sure rows for gamma below 1, too", () => {
  for (const gamma of [0.5, 1]) {
    expect(focalLoss.valueAndGrad([1000, 0], 0, { gamma }).grad.map((g) => g + 0)).toEqual([0, 0]);
  }
});

it.each([
  [{ gamma: -1 }, `gamma must be a finite number of at least 0, got ${-1}.`],
  [{ gamma: Number.NaN }, `gamma must be a finite number of at least 0, got ${Number.NaN}.`],
])("refuses %j", (options, message) => {
  expect(() => focalLoss([1, 2], 0, options)).toThrow(new RangeError(`focalLoss: ${message}`));
});
