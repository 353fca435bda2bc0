import { random } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { cosineEmbeddingLoss } from "./cosineEmbeddingLoss.ts";

checkFixtures(cosineEmbeddingLoss, new URL("cosineEmbeddingLoss.cases.json.gz", import.meta.url));

checkLoss(
  cosineEmbeddingLoss,
  [
    { label: "a similar pair", input: float64([1, 3, -2], [3]), rest: [[0.2, 1.5, 0.5], 1] },
    {
      label: "two pairs",
      input: float64([1, 2, 3, 4, 5, 7], [2, 3]),
      rest: [float64([2, 0.5, 1, 9, 1, 1], [2, 3]), Int32Array.of(1, -1)],
      options: { margin: 0.25 },
    },
    {
      label: "vectors along the first axis",
      input: float64([1, 2, 3, 4, 5, 7], [2, 3]),
      rest: [float64([2, 0.5, 1, 9, 1, 1], [2, 3]), Int32Array.of(1, -1, 1)],
      options: { axis: 0 },
    },
  ],
  { kind: "row" },
);

it("does not depend on the lengths of the vectors", () => {
  expect(cosineEmbeddingLoss([300, 0], [7, 7], 1)).toBeCloseTo(1 - Math.SQRT1_2, 13);
});

it("has no loss for other labels, as PyTorch", () => {
  const { value, grad } = cosineEmbeddingLoss.valueAndGrad([1, 2], [3, 4], 0);
  expect([value, ...grad]).toEqual([0, 0, 0]);
});

it.each([-1, 1])("takes a margin of %d", (margin) => {
  expect(cosineEmbeddingLoss([1, 0], [0, 1], -1, { margin })).toBe(Math.max(0, -margin));
});

it.each([-1.5, 2, Number.NaN])("refuses a margin of %d", (margin) => {
  expect(() => cosineEmbeddingLoss([1], [1], 1, { margin })).toThrow(
    new RangeError(`cosineEmbeddingLoss: margin must be a number from −1 to 1, got ${margin}.`),
  );
});

describe("the target", () => {
  const pairs = [
    [1, 2],
    [3, 4],
    [5, 6],
  ];

  it.each<[number[] | number[][], number[] | number[][], number[] | number[][], string]>([
    [[1, 2], [3, 4], [1, -1], "[], got [2]."],
    [[1, 2], [3, 4], [1], "[], got [1]."],
    [pairs, pairs, [[1], [1], [-1]], "[3], got [3, 1]."],
  ])("of %j and %j may not be %j", (input1, input2, target, message) => {
    const expected = new RangeError(
      `cosineEmbeddingLoss.valueAndGrad: target must have at most as many axes as the pairs, whose shape is ${message}`,
    );
    expect(() => cosineEmbeddingLoss.valueAndGrad(input1, input2, target)).toThrow(expected);
  });

  it("is repeated, and so are the vectors of a pair", () => {
    const none = { reduction: "none" } as const;
    const labels = cosineEmbeddingLoss([[1, 2]], [[3, 4]], [1, -1], none);
    expect(labels).toEqual([
      cosineEmbeddingLoss([1, 2], [3, 4], 1),
      cosineEmbeddingLoss([1, 2], [3, 4], -1),
    ]);
    const expected = cosineEmbeddingLoss([pairs[0], pairs[0], pairs[0]], pairs, [1, 1, 1], none);
    expect(cosineEmbeddingLoss([pairs[0]], pairs, [1], none)).toEqual(expected);
    expect(cosineEmbeddingLoss(pairs[0], pairs, 1, none)).toEqual(expected);
  });
});

it.each([1, -1])("has a gradient of NaN for a vector that holds NaN, target %d", (target) => {
  const { value, grads } = cosineEmbeddingLoss.valueAndGrad([Number.NaN, 0], [1, 0], target);
  expect(value).toBeNaN();
  for (const gradient of Object.values(grads)) {
    expect(gradient).toEqual([Number.NaN, Number.NaN]);
  }
});

describe("nearly parallel vectors of label 1", () => {
  it.each([2 ** -4, 2 ** -8, 2 ** -16, 2 ** -26])(
    "keep their digits, at a tangent of %d",
    (tangent) => {
      const other = [3e8 + 4e8 * tangent, 4e8 - 3e8 * tangent];
      const secant = Math.sqrt(1 + tangent ** 2);
      const expected = tangent ** 2 / (secant * (1 + secant));
      const { value, grads } = cosineEmbeddingLoss.valueAndGrad([3e8, 4e8], other, 1);
      const bound = (4 * Number.EPSILON) / tangent;
      expect(Math.abs(value / expected - 1)).toBeLessThan(bound);
      // The gradient is the part of the other direction that is at a right angle to the vector.
      const slope = tangent / secant / 5e8;
      const gradient = grads.input1 as number[];
      expect(Math.abs(gradient[0] / (-0.8 * slope) - 1)).toBeLessThan(bound);
      expect(Math.abs(gradient[1] / (0.6 * slope) - 1)).toBeLessThan(bound);
    },
  );

  it("never have a negative loss", () => {
    const r = random(5);
    for (let i = 0; i < 200; i++) {
      const vector = Float64Array.from({ length: 1 + i }, () => 1000 * r.normal());
      const longer = vector.map((x) => 1.7 * x);
      expect(cosineEmbeddingLoss(vector, longer, 1)).toBeGreaterThanOrEqual(0);
    }
  });
});
