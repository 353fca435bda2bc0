import { expect, it } from "vitest";
import { checkClassLoss } from "../../test/checkClassLoss.ts";
import { checkFunctionOfCrossEntropy } from "../../test/checkFunctionOfCrossEntropy.ts";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { polyLoss } from "./polyLoss.ts";

checkFixtures(polyLoss, new URL("polyLoss.cases.json.gz", import.meta.url));

checkClassLoss(polyLoss, (random, classes) => Array.from({ length: classes }, random.normal));

checkFunctionOfCrossEntropy(polyLoss);

checkLoss(polyLoss, [
  {
    label: "epsilon 0",
    input: float64([1, 2, 3, 0, 1, 0], [2, 3]),
    rest: [[0, 2]],
    options: { epsilon: 0, labelSmoothing: 0.1 },
  },
  {
    label: "epsilon -1",
    input: float64([1, 2, 3, 0, 1, 0], [2, 3]),
    rest: [[0, 2]],
    options: { epsilon: -1 },
  },
  {
    label: "epsilon -0.5",
    input: float64([1, 2, 3, 0, 1, 0], [2, 3]),
    rest: [[2, 1]],
    options: { epsilon: -0.5 },
  },
  {
    label: "epsilon 3",
    input: float64([1, 2, 3, 0, 1, 0], [2, 3]),
    rest: [[0, 2]],
    options: { epsilon: 3, weight: [1, 2, 0.5] },
  },
]);

it("keeps the digits of sure rows", () => {
  const q = Math.exp(-40);
  const { value, grad } = polyLoss.valueAndGrad([40, 0], 0);
  expect(value / (2 * q)).toBeCloseTo(1, 13);
  expect(grad.map((g) => g / (2 * q))).toEqual([expect.closeTo(-1, 13), expect.closeTo(1, 13)]);
  // With −1, the loss is c² / 2 to the first order.
  const least = polyLoss.valueAndGrad([40, 0], 0, { epsilon: -1 });
  expect(least.value / (q * q)).toBeCloseTo(0.5, 13);
  expect(least.grad[1] / (q * q)).toBeCloseTo(1, 13);
});

it("adds a part of the probability of the other classes, also for negative epsilon", () => {
  // Of the first logits the cross-entropy is below 1, of the others above.
  for (const logits of [
    [2, 1, 0],
    [0, 1, 2],
  ]) {
    const crossEntropy = polyLoss(logits, 0, { epsilon: 0 });
    const expected = crossEntropy - 0.5 * (1 - Math.exp(-crossEntropy));
    expect(polyLoss(logits, 0, { epsilon: -0.5 })).toBeCloseTo(expected, 14);
  }
});

it("is infinite where the cross-entropy is", () => {
  for (const epsilon of [-1, 0, 2]) {
    const { value, grad } = polyLoss.valueAndGrad([0, -Infinity], 1, { epsilon });
    expect([value, ...grad]).toEqual([Infinity, 1, -1]);
  }
});

it.each([
  [{ epsilon: Infinity }, `epsilon must be a finite number, got ${Infinity}.`],
  [{ epsilon: Number.NaN }, `epsilon must be a finite number, got ${Number.NaN}.`],
])("refuses %j", (options, message) => {
  expect(() => polyLoss([1, 2], 0, options)).toThrow(new RangeError(`polyLoss: ${message}`));
});

it("keeps the digits of a small probability beside a large epsilon", () => {
  const { grad } = polyLoss.valueAndGrad([0, 46.0517], 0, { epsilon: 1e20 });
  // 1 + ε · p, and p = 1 / (1 + e^46.0517).
  const factor = 1 + 1e20 / (1 + Math.exp(46.0517));
  expect((grad as number[])[1] / factor).toBeCloseTo(1, 14);
  expect((grad as number[])[0] / -factor).toBeCloseTo(1, 14);
});
