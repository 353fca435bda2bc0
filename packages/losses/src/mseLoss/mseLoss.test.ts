import { expect, it } from "vitest";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { mseLoss } from "./mseLoss.ts";

checkFixtures(mseLoss, new URL("mseLoss.cases.json.gz", import.meta.url));

checkLoss(
  mseLoss,
  [
    { label: "a vector", input: float64([1, 3, -2], [3]), rest: [[0.2, 1.5, 0.5]] },
    { label: "a target that repeats", input: float64([1.3, 2, 3, 4], [2, 2]), rest: [[0.1, 5.5]] },
    { label: "an input that repeats", input: float64([1, 2], [2, 1]), rest: [[0.1, 5.5]] },
    {
      label: "no error",
      input: float64([2], [1]),
      rest: [[2]],
      value: 0,
      grads: { input: [0], target: [0] },
    },
  ],
  { kind: "element" },
);

it("is the square of the error", () => {
  expect(mseLoss(3, 1)).toBe(4);
  expect(mseLoss.valueAndGrad([1, 3], [0, 1], { reduction: "sum" }).grads).toEqual({
    input: [2, 4],
    target: [-2, -4],
  });
});

it("divides the mean by the sum of the weights, which multiply sampleWeight", () => {
  expect(mseLoss([1, 3], [0, 0], { weight: [3, 1] })).toBe(3);
  expect(mseLoss([1, 3], [0, 0], { weight: [3, 1], sampleWeight: [0, 5] })).toBe(9);
  expect(() => mseLoss([1, 3], [0, 0], { weight: [1, -1] })).toThrow(
    "mseLoss: weight[1] must be a finite number of at least 0, got -1.",
  );
});

it.each([1e-30, 1e-39, 1e-46, 0])(
  "keeps the digits of an upstream gradient of %d",
  (gradOutput) => {
    const x = new Float32Array(200).fill(1e30);
    const options = { gradOutput, reduction: "sum" } as const;
    const { grad } = mseLoss.valueAndGrad(x, new Float32Array(200), options);
    const expected = Math.fround(2e30 * gradOutput);
    for (const g of grad as Float32Array) expect(g / (expected || 1)).toBeCloseTo(expected && 1, 6);
  },
);
