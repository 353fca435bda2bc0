import { expect, it } from "vitest";
import { checkFixtures, checkLoss, flat, float64 } from "../../test/checkLoss.ts";
import { jensenShannonDivergence } from "./jensenShannonDivergence.ts";

checkFixtures(
  jensenShannonDivergence,
  new URL("jensenShannonDivergence.cases.json.gz", import.meta.url),
);

checkLoss(
  jensenShannonDivergence,
  [
    { label: "a vector", input: float64([1, 3, -2], [3]), rest: [[0.2, 1.5, 0.5]] },
    {
      label: "a second input that repeats",
      input: float64([1, 2, 3, 4, 5, 7], [2, 3]),
      rest: [[0.1, 2.5, 2]],
    },
    {
      label: "classes along the first axis",
      input: float64([1, 2, 3, 4], [2, 2]),
      rest: [float64([0.5, 1, 2, 1.5], [2, 2])],
      options: { axis: 0 },
    },
    {
      label: "probabilities",
      input: float64([0.2, 0.8], [2]),
      rest: [[0.6, 0.4]],
      options: { probabilities: true },
    },
    {
      label: "equal distributions",
      input: float64([2, 1], [2]),
      rest: [[2, 1]],
      value: 0,
      grads: { input1: [0, 0], input2: [0, 0] },
    },
  ],
  { kind: "row" },
);

it("is at most ln 2, where the distributions have nothing in common", () => {
  const masked = Number.NEGATIVE_INFINITY;
  expect(jensenShannonDivergence([1, 0], [0, 1], { probabilities: true })).toBeCloseTo(
    Math.LN2,
    15,
  );
  const { value, grads } = jensenShannonDivergence.valueAndGrad([0, masked], [masked, 0]);
  expect(value).toBeCloseTo(Math.LN2, 15);
  expect(grads).toEqual({ input1: [0, 0], input2: [0, 0] });
  expect(jensenShannonDivergence([900, 0], [0, 900])).toBeCloseTo(Math.LN2, 15);
});

it("keeps its digits where the distributions are nearly equal", () => {
  // To the first order it is Σ p (x − y − Σ p (x − y))² / 8: here d² / 32 for two equal classes d apart.
  const d = 1e-8;
  expect(jensenShannonDivergence([d, 0], [0, 0]) / (d ** 2 / 32)).toBeCloseTo(1, 7);
});

it("is symmetric", () => {
  const [a, b] = [
    [2, 1, -3],
    [0.5, 4, 1],
  ];
  expect(jensenShannonDivergence(a, b)).toBeCloseTo(jensenShannonDivergence(b, a), 15);
});

it.each([
  [40, 8.263343801009238e-17],
  [60, 2.578853177160191e-25],
])("has the gradient of a class that dominates by %d", (gap, slope) => {
  const { grad } = jensenShannonDivergence.valueAndGrad([gap, 0], [0, 0]);
  const { input2 } = jensenShannonDivergence.valueAndGrad([0, 0], [gap, 0]).grads;
  for (const [top, other] of [flat(grad), flat(input2)]) {
    expect(Math.abs(top - slope)).toBeLessThanOrEqual(1e-15 * slope);
    expect(other).toBe(-top);
  }
});
