import { expect, it } from "vitest";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { poissonNllLoss } from "./poissonNllLoss.ts";

checkFixtures(poissonNllLoss, new URL("poissonNllLoss.cases.json.gz", import.meta.url));

checkLoss(
  poissonNllLoss,
  [
    { label: "a vector", input: float64([1, 0.3, -2], [3]), rest: [[0.2, 1.5, 0.5]] },
    {
      label: "a target that repeats",
      input: float64([1.3, 2, 1, 0.4], [2, 2]),
      rest: [[0.1, 5.5]],
      options: { full: true },
    },
    {
      label: "expected counts",
      input: float64([1, 2], [2, 1]),
      rest: [[0.1, 5.5]],
      options: { logInput: false, eps: 1e-3 },
    },
  ],
  { kind: "element" },
);

it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("refuses an eps of %d", (eps) => {
  expect(() => poissonNllLoss([1], [0], { eps })).toThrow(
    new RangeError(`poissonNllLoss: eps must be a finite number of at least 0, got ${eps}.`),
  );
});

it("approximates log t! for targets above 1", () => {
  const stirling = (t: number) => poissonNllLoss(0, t, { full: true }) - poissonNllLoss(0, t);
  expect(stirling(1)).toBe(0);
  expect(stirling(20)).toBeCloseTo(42.3356, 1);
});

it("takes an eps of 0", () => {
  const options = { logInput: false, eps: 0 };
  expect(poissonNllLoss([2], [3], options)).toBeCloseTo(2 - 3 * Math.LN2, 15);
  expect(poissonNllLoss([0], [1], options)).toBe(Number.POSITIVE_INFINITY);
});

it("loses no digits of float32 to Stirling's approximation", () => {
  for (const t of [1e3, 1e5, 1e6]) {
    const x = Float32Array.of(Math.log(t));
    const exact = poissonNllLoss(Float64Array.from(x), [t], { full: true });
    // The rounding of e^x, which is about t.
    expect(Math.abs(poissonNllLoss(x, Float32Array.of(t), { full: true }) - exact)).toBeLessThan(
      2 ** -23 * t,
    );
  }
});

it("has a gradient of NaN for a target of NaN, with Stirling's approximation", () => {
  const { grads } = poissonNllLoss.valueAndGrad([1], [Number.NaN], { full: true });
  expect(grads.target).toEqual([Number.NaN]);
});
