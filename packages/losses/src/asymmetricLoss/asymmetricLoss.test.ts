import { expect, it } from "vitest";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { asymmetricLoss } from "./asymmetricLoss.ts";

checkFixtures(asymmetricLoss, new URL("asymmetricLoss.cases.json.gz", import.meta.url));

checkLoss(
  asymmetricLoss,
  [
    { label: "a vector", input: float64([1, 3, -2], [3]), rest: [[0, 1, 1]] },
    {
      label: "a target that repeats",
      input: float64([1.3, -2, 3, 4], [2, 2]),
      rest: [[1, 0]],
      options: { gammaPos: 0, gammaNeg: 2, clip: 0 },
    },
    {
      label: "targets between",
      input: float64([1, 2], [2, 1]),
      rest: [[0.1, 0.8]],
      options: { gammaPos: 2, gammaNeg: 0.5, clip: 0.2 },
    },
    {
      label: "below the margin",
      input: float64([-4], [1]),
      rest: [[0]],
      value: 0,
      grads: { input: [0] },
    },
  ],
  { kind: "element" },
);

it("keeps the digits of sure predictions", () => {
  const close = (value: number, expected: number) =>
    expect(Math.abs(value / expected - 1)).toBeLessThan(1e-14);
  close(asymmetricLoss(40, 1), Math.exp(-80));
  close(asymmetricLoss.valueAndGrad(40, 1).grad, -2 * Math.exp(-80));
  close(asymmetricLoss(-40, 0, { clip: 0, gammaNeg: 1 }), Math.exp(-80));
});

it("weights the parts of both labels by a target between", () => {
  // t · q^γ₊ · −log p + (1 − t) · pₘ^γ₋ · −log(1 − pₘ) with t = 1/4, p = q = 1/2, pₘ = p − 1/4.
  const expected = 0.25 * 0.5 * Math.LN2 + 0.75 * 0.25 ** 2 * -Math.log(0.75);
  expect(asymmetricLoss(0, 0.25, { gammaNeg: 2, clip: 0.25 })).toBeCloseTo(expected, 15);
});

it("is exact where a probability is 0 or 1", () => {
  expect(asymmetricLoss(40, 0, { clip: 0 })).toBeCloseTo(40, 12);
  const { value, grad } = asymmetricLoss.valueAndGrad([-800, -Infinity], [0, 0], { clip: 0 });
  expect(value).toBe(0);
  expect(grad).toEqual([0, 0]);
});

it.each([
  [{ clip: -0.1 }, "clip must be a number from 0 to below 1, got -0.1."],
  [{ gammaNeg: Infinity }, "gammaNeg must be a finite number of at least 0, got Infinity."],
  [{ clip: 1 }, "clip must be a number from 0 to below 1, got 1."],
  [{ gammaPos: -1 }, "gammaPos must be a finite number of at least 0, got -1."],
  [{ gammaNeg: Number.NaN }, "gammaNeg must be a finite number of at least 0, got NaN."],
])("refuses %j", (options, message) => {
  expect(() => asymmetricLoss([1], [0], options)).toThrow(
    new RangeError(`asymmetricLoss: ${message}`),
  );
});

it("keeps its digits for a small clip, where the probability is near 1", () => {
  // mpmath, 50 digits: −log(1 − p + clip), and times p − clip for gammaNeg 1.
  const tiny = asymmetricLoss.valueAndGrad([40], [0], { gammaNeg: 0, clip: 1e-17 });
  expect(tiny.value / 38.78989026470447).toBeCloseTo(1, 14);
  expect((tiny.grad as number[])[0]).toBeGreaterThan(0.2);
  const small = asymmetricLoss.valueAndGrad([20.840324075486937], [0], { gammaNeg: 1, clip: 1e-9 });
  expect(small.value / 20.086935886254476).toBeCloseTo(1, 14);
  expect((small.grad as number[])[0] / 0.4707688277655743).toBeCloseTo(1, 13);
});

it.each([{}, { gammaPos: 1 }, { gammaPos: 0, gammaNeg: 0 }])(
  "has the limit as its gradient where the loss is infinite, %j",
  (options) => {
    const call = (x: number, t: number) =>
      asymmetricLoss.valueAndGrad([x], [t], { ...options, clip: 0 });
    expect(call(-Infinity, 1)).toMatchObject({ value: Infinity, grad: [-1] });
    expect(call(Infinity, 0)).toMatchObject({ value: Infinity, grad: [1] });
    expect(call(-800, 1).grad).toEqual([-1]);
  },
);
