import { relativeError } from "@surprisal/testing";
import { expect, it } from "vitest";
import { checkClassLoss } from "../../test/checkClassLoss.ts";
import { checkFunctionOfCrossEntropy } from "../../test/checkFunctionOfCrossEntropy.ts";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { crossEntropy } from "../crossEntropy/crossEntropy.ts";
import { focalLoss } from "./focalLoss.ts";

checkFixtures(focalLoss, new URL("focalLoss.cases.json.gz", import.meta.url));

checkClassLoss(focalLoss, (random, classes) => Array.from({ length: classes }, random.normal));

checkFunctionOfCrossEntropy(focalLoss);

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

it("has no gradient at sure rows of class probabilities, either", () => {
  for (const gamma of [0, 0.5, 1]) {
    // The cross-entropy is 0 at 1000, and 1 / it leaves the range of floats at 740.
    for (const lead of [1000, 740]) {
      const { grad } = focalLoss.valueAndGrad([lead, 0], [1, 0], { gamma });
      expect(grad.map((g) => Math.abs(g) < 1e-300)).toEqual([true, true]);
    }
  }
});

it.each([
  [0.001, 712],
  [0.01, 716],
  [0.01, 720],
  [0.01, 745],
  [0.04, 744],
])("does not overflow for gamma %f where 1 − p is subnormal, at a gap of %i", (gamma, gap) => {
  const expected = Math.exp(-gap) ** gamma * Math.exp(-gap);
  for (const target of [0, [1, 0]]) {
    const { value, grad } = focalLoss.valueAndGrad([gap, 0], target, { gamma });
    // A unit in the last place of subnormals is 5e-324.
    const tolerance = expected * 1e-12 + 2e-323;
    expect(Math.abs(value - expected)).toBeLessThanOrEqual(tolerance);
    expect(Math.abs(grad[1] - (1 + gamma) * expected)).toBeLessThanOrEqual(tolerance);
    expect(Math.abs(grad[0] + (1 + gamma) * expected)).toBeLessThanOrEqual(tolerance);
  }
});

it.each([0.5, 2])(
  "has the slope of the cross-entropy where that is infinite, gamma %f",
  (gamma) => {
    const { value, grad } = focalLoss.valueAndGrad([0, -Infinity], [0, 1], { gamma });
    expect([value, ...grad]).toEqual([Infinity, 1, -1]);
  },
);

// Float32 is computed by kernels, which know some of these functions, and float64 by the formula.
it.each([0, 0.5, 1, 2, 2.5, 16, 17])("of many rows is that of their formula, gamma %f", (gamma) => {
  const shape = [300, 8];
  const noise = (i: number) => Math.sin(i * i + 1);
  const input = Float32Array.from({ length: 2400 }, (_, i) => 3 * noise(i));
  const shares = Float32Array.from({ length: 2400 }, (_, i) => (1 + noise(i + 5000)) / 8);
  const indices = Array.from({ length: 300 }, (_, i) => i % 8);
  for (const [target, options] of [
    [{ data: shares, shape }, {}],
    [indices, { labelSmoothing: 0.2 }],
    [indices, {}],
  ] as const) {
    const run = (data: Float32Array | Float64Array) =>
      focalLoss.valueAndGrad({ data, shape }, target, { gamma, ...options, reduction: "sum" });
    const actual = run(input);
    const expected = run(Float64Array.from(input));
    expect(actual.value / expected.value).toBeCloseTo(1, 6);
    expect(relativeError(actual.grad.data, expected.grad.data, 0.01)).toBeLessThan(1e-5);
  }
});

it.each([
  [{ gamma: Infinity }, `gamma must be a finite number of at least 0, got ${Infinity}.`],
  [{ gamma: -1 }, `gamma must be a finite number of at least 0, got ${-1}.`],
  [{ gamma: Number.NaN }, `gamma must be a finite number of at least 0, got ${Number.NaN}.`],
])("refuses %j", (options, message) => {
  expect(() => focalLoss([1, 2], 0, options)).toThrow(new RangeError(`focalLoss: ${message}`));
});
