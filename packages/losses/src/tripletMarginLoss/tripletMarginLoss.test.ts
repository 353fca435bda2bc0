import { expect, it } from "vitest";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { tripletMarginLoss } from "./tripletMarginLoss.ts";

checkFixtures(tripletMarginLoss, new URL("tripletMarginLoss.cases.json.gz", import.meta.url));

checkLoss(
  tripletMarginLoss,
  [
    {
      label: "a vector",
      input: float64([1, 3, -2], [3]),
      rest: [
        [0.2, 1.5, 0.5],
        [2, 2.5, -1],
      ],
    },
    {
      label: "two triples and swap",
      input: float64([1, 2, 3, 4, 5, 7], [2, 3]),
      rest: [float64([2, 0.5, 1, 9, 1, 1], [2, 3]), float64([1, 1.5, 1, 3, 4, 6], [2, 3])],
      options: { swap: true, margin: 2 },
    },
    {
      label: "a negative that repeats, p 3",
      input: float64([1, 2, 3, 4], [2, 2]),
      rest: [float64([1.5, 2.5, 2, 3], [2, 2]), [1.2, 2.1]],
      options: { p: 3, margin: 5 },
    },
    {
      label: "vectors along the first axis, p 1",
      input: float64([1, 2, 3, 4], [2, 2]),
      rest: [float64([1.5, 2.5, 2, 3], [2, 2]), float64([3, 1], [2, 1])],
      options: { axis: 0, p: 1 },
    },
  ],
  { kind: "row" },
);

it.each([
  [{ margin: 0 }, "margin must be a finite number above 0, got 0."],
  [{ p: -1 }, "p must be a number of at least 0, got -1."],
  [{ eps: Number.NaN }, "eps must be a finite number of at least 0, got NaN."],
  [{ margin: Number.POSITIVE_INFINITY }, "margin must be a finite number above 0, got Infinity."],
  [{ eps: -1e-6 }, "eps must be a finite number of at least 0, got -0.000001."],
  [{ eps: Number.POSITIVE_INFINITY }, "eps must be a finite number of at least 0, got Infinity."],
])("refuses %j", (options, message) => {
  expect(() => tripletMarginLoss([1], [1], [1], options)).toThrow(
    new RangeError(`tripletMarginLoss: ${message}`),
  );
});

it("has a finite gradient where a distance is 0", () => {
  const { grads } = tripletMarginLoss.valueAndGrad([1, 1], [1, 1], [1, 1], { eps: 0 });
  expect(grads).toEqual({ anchor: [0, 0], positive: [0, 0], negative: [0, 0] });
});

/** `tripletMarginLoss.valueAndGrad` of three arrays of numbers. */
function valueAndGrad(...args: Parameters<typeof tripletMarginLoss>) {
  const { value, grads } = tripletMarginLoss.valueAndGrad(...args);
  return { value, grads: grads as Record<"anchor" | "positive" | "negative", number[]> };
}

// The differences from the positive are 1, 2 and −3; the distance from the negative is 1 for all p.
const root = Math.cbrt(36);
const halfNorm = (1 + Math.SQRT2 + Math.sqrt(3)) ** 2;
it.each<[number, number, number[]]>([
  [0, 3, [0, 0, 0]],
  [0.5, halfNorm, [halfNorm ** 0.5, (halfNorm / 2) ** 0.5, -((halfNorm / 3) ** 0.5)]],
  [1, 6, [1, 1, -1]],
  [2, Math.sqrt(14), [1, 2, -3].map((difference) => difference / Math.sqrt(14))],
  [3, root, [1 / root ** 2, 4 / root ** 2, -9 / root ** 2]],
  [Number.POSITIVE_INFINITY, 3, [0, 0, -1]],
])("has the values and gradients of p %d", (p, near, slopes) => {
  const options = { p, eps: 0, margin: 2 };
  const { value, grads } = valueAndGrad([1, 2, -3], [0, 0, 0], [0, 2, -3], options);
  expect(value).toBeCloseTo(near + 1, 12);
  const far = p === 0 ? 0 : 1;
  [slopes[0] - far, slopes[1], slopes[2]].forEach((slope, j) => {
    expect(grads.anchor[j]).toBeCloseTo(slope, 12);
    expect(grads.positive[j]).toBeCloseTo(-slopes[j], 12);
    expect(grads.negative[j]).toBeCloseTo(j === 0 ? far : 0, 12);
  });
});

it("shares the gradient among the largest differences, p ∞", () => {
  const options = { p: Number.POSITIVE_INFINITY, eps: 0 };
  const { grads } = valueAndGrad([2, -2, 1], [0, 0, 0], [2, -2, 2], options);
  expect(grads.positive).toEqual([-0.5, 0.5, 0]);
  expect(grads.anchor).toEqual([0.5, -0.5, 1]);
});

it("adds eps to each difference", () => {
  const options = { p: 1, eps: 0.25 };
  expect(tripletMarginLoss([1, 2], [0, 0], [3, 2], options)).toBe(2.5);
  expect(tripletMarginLoss([1, 2], [0, 0], [3, 2], { ...options, p: Infinity })).toBe(1.5);
});

it("shares the gradient between two equal distances, with swap", () => {
  const options = { swap: true, eps: 0 };
  const { value, grads } = valueAndGrad([0, 2], [0, 0], [1, 1], options);
  expect(value).toBeCloseTo(3 - Math.SQRT2, 12);
  const half = 0.5 / Math.SQRT2;
  const expected = {
    anchor: [half, 1 - half],
    positive: [half, half - 1],
    negative: [-2 * half, 0],
  };
  for (const name of ["anchor", "positive", "negative"] as const) {
    expected[name].forEach((slope, j) => {
      expect(grads[name][j]).toBeCloseTo(slope, 12);
    });
  }
});

it("has NaN gradients where a distance is NaN, with swap", () => {
  const nans = [Number.NaN, Number.NaN];
  const all = { anchor: nans, positive: nans, negative: nans };
  for (const p of [2, 3]) {
    const options = { p, swap: true };
    expect(valueAndGrad([1, 2], [Number.NaN, 0], [1, 1], options).grads).toEqual(all);
    expect(valueAndGrad([1, 2], [0, 0], [1, Number.NaN], options).grads).toEqual(all);
  }
});

it("has the derivative 1 where the loss is just 0", () => {
  const { value, grads } = valueAndGrad([0], [1], [2], { eps: 0 });
  expect(value).toBe(0);
  expect(grads).toEqual({ anchor: [0], positive: [1], negative: [-1] });
});

it("neither overflows nor underflows where the distances are in range", () => {
  const { value, grads } = tripletMarginLoss.valueAndGrad([0], [1e200], [1]);
  expect(value).toBe(1e200);
  expect(grads).toEqual({ anchor: [0], positive: [1], negative: [-1] });
  const tiny = tripletMarginLoss.valueAndGrad([0, 0], [3e-200, 4e-200], [0, 0], { eps: 0 });
  expect(tiny.grads.positive).toEqual([expect.closeTo(0.6, 15), expect.closeTo(0.8, 15)]);
  // The powers overflow though the numbers are small.
  const options = { p: 1000, margin: 1, eps: 0 };
  expect(tripletMarginLoss([0, 0], [3, 3], [0, 1], options)).toBeCloseTo(3 * 2 ** 0.001, 14);
  const infinite = tripletMarginLoss([0], [Number.POSITIVE_INFINITY], [1]);
  expect(infinite).toBe(Number.POSITIVE_INFINITY);
});

it.each([1, 2, 3])("halves the gradient between equal distances, p = %d", (p) => {
  const options = { p, swap: true, eps: 0 };
  const { value, grads } = tripletMarginLoss.valueAndGrad([0], [2], [1], options);
  expect(value).toBeCloseTo(2, 15);
  expect(grads).toEqual({ anchor: [-0.5], positive: [0.5], negative: [0] });
});
