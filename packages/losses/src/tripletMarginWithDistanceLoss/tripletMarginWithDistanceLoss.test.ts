import { random } from "@surprisal/testing";
import { expect, it } from "vitest";
import { checkBatchFixtures } from "../../test/checkBatchLoss.ts";
import { checkLoss, float64 } from "../../test/checkLoss.ts";
import type { Distance } from "./pairwiseDistance.ts";
import { tripletMarginWithDistanceLoss } from "./tripletMarginWithDistanceLoss.ts";

checkBatchFixtures(
  tripletMarginWithDistanceLoss,
  new URL("tripletMarginWithDistanceLoss.cases.json.gz", import.meta.url),
  { arguments: ["anchor", "positive", "negative"] },
);

const r = random(4);
const vectors = (...shape: number[]) =>
  float64(Array.from({ length: shape.reduce((a, b) => a * b) }, r.normal), shape);

/** 1 − the cosine of the angle of two vectors. */
const cosineDistance: Distance = {
  value(a, b) {
    return 1 - dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  },
  gradient(a, b) {
    const cosine = 1 - this.value(a, b);
    const norm = Math.sqrt(dot(a, a) * dot(b, b));
    const derivative = (x: ArrayLike<number>, y: ArrayLike<number>) =>
      Array.from(x, (_, j) => (cosine * x[j]) / dot(x, x) - y[j] / norm);
    return [derivative(a, b), derivative(b, a)];
  },
};

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, x, j) => sum + x * b[j], 0);
}

checkLoss(tripletMarginWithDistanceLoss, [
  {
    label: "one triplet",
    input: vectors(3),
    rest: [vectors(3), vectors(3)],
    options: { margin: 5 },
  },
  {
    label: "swapped, along axis 0",
    input: vectors(3, 4),
    rest: [vectors(3, 4), vectors(3, 4)],
    options: { swap: true, axis: 0 },
  },
  {
    label: "the cosine distance",
    input: vectors(3, 4),
    rest: [vectors(3, 4), vectors(3, 4)],
    options: { distance: cosineDistance, swap: true },
  },
]);

it("has the gradients of all three arguments for a distance of one's own", () => {
  const args = [vectors(2, 3), vectors(2, 3), vectors(2, 3)] as const;
  const options = { distance: cosineDistance, swap: true };
  const { grads } = tripletMarginWithDistanceLoss.valueAndGrad(...args, options);
  ["anchor", "positive", "negative"].forEach((name, k) => {
    const gradient = (grads as Record<string, { data: Float64Array }>)[name];
    for (let i = 0; i < 6; i++) {
      const valueAt = (change: number) => {
        const [a, p, n] = args.map(({ data, shape }) => ({ data: data.slice(), shape }));
        [a, p, n][k].data[i] += change;
        return tripletMarginWithDistanceLoss(a, p, n, options);
      };
      expect(gradient.data[i]).toBeCloseTo((valueAt(1e-5) - valueAt(-1e-5)) / 2e-5, 8);
    }
  });
});

const manhattan: Distance = {
  value: (a, b) => Array.from(a).reduce((sum, x, j) => sum + Math.abs(x - b[j]), 0),
  gradient: (a, b) => [
    Array.from(a, (x, j) => Math.sign(x - b[j])),
    Array.from(a, (x, j) => Math.sign(b[j] - x)),
  ],
};

it("has PyTorch's gradients at ties and at a loss of 0", () => {
  const call = (negative: number[], margin: number, swap: boolean) =>
    tripletMarginWithDistanceLoss.valueAndGrad([0, 0], [1, 0], negative, {
      distance: manhattan,
      margin,
      swap,
    });
  expect(call([2, 0], 1, false)).toMatchObject({
    value: 0,
    grads: { anchor: [0, 0], positive: [1, 0], negative: [-1, 0] },
  });
  expect(call([0.5, 0], 3, true)).toMatchObject({
    value: 3.5,
    grads: { anchor: [-0.5, 0], positive: [0.5, 0], negative: [0, 0] },
  });
  expect(call([9, 0], 3, true).grad).toEqual([0, 0]);
});

it("measures vectors whose squares overflow or underflow", () => {
  expect(tripletMarginWithDistanceLoss([3e200, 4e200], [0, 0], [3e200, 4e200])).toBeCloseTo(
    5e200,
    -190,
  );
  expect(tripletMarginWithDistanceLoss([Number.NaN], [0], [1])).toBeNaN();
});

it("has NaN gradients where a distance is NaN, with swap", () => {
  const nans = [Number.NaN, Number.NaN];
  const call = (...args: [number[], number[], number[]]) =>
    tripletMarginWithDistanceLoss.valueAndGrad(...args, { swap: true }).grads;
  const all = { anchor: nans, positive: nans, negative: nans };
  expect(call([1, 2], [Number.NaN, 0], [1, 1])).toEqual(all);
  expect(call([1, 2], [0, 0], [1, Number.NaN])).toEqual(all);
});

it("refuses other options, and distances that return something else", () => {
  const call = (options: object) => () => tripletMarginWithDistanceLoss([1], [2], [3], options);
  const name = "tripletMarginWithDistanceLoss";
  expect(call({ margin: 0 })).toThrow(`${name}: margin must be a finite number above 0, got 0.`);
  expect(call({ margin: Infinity })).toThrow(`${name}: margin must be a finite number above 0`);
  expect(call({ distance: () => 0 })).toThrow(`${name}: distance must be { value, gradient }`);
  expect(call({ distance: { ...manhattan, value: () => "far" } })).toThrow(
    `${name}: distance.value must return a number, but returned "far".`,
  );
  expect(() =>
    tripletMarginWithDistanceLoss.valueAndGrad([1], [2], [3], {
      distance: { ...manhattan, gradient: () => [[1], [1, 2]] },
    }),
  ).toThrow(`${name}: distance.gradient must return two vectors of 1 numbers`);
});

it("does not show the distance a triplet of weight 0", () => {
  const distance: Distance = {
    value(a, b) {
      if (Number.isNaN(a[0])) throw new Error("a triplet of weight 0");
      return Math.abs(a[0] - b[0]);
    },
    gradient: (a, b) => [[Math.sign(a[0] - b[0])], [Math.sign(b[0] - a[0])]],
  };
  const options = { distance, sampleWeight: [1, 0] };
  const anchors = [[1], [Number.NaN]];
  const { value, grads } = tripletMarginWithDistanceLoss.valueAndGrad(
    anchors,
    [[2], [2]],
    [[1.5], [3]],
    options,
  );
  expect(value).toBe(1.5);
  expect((grads.anchor as number[][])[1]).toEqual([0]);
});
