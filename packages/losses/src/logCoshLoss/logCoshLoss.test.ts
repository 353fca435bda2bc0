import { expect, it } from "vitest";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { logCoshLoss } from "./logCoshLoss.ts";

checkFixtures(logCoshLoss, new URL("logCoshLoss.cases.json.gz", import.meta.url));

checkLoss(
  logCoshLoss,
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

it("keeps its digits near 0, and does not overflow", () => {
  const close = (value: number, expected: number) =>
    expect(Math.abs(value / expected - 1)).toBeLessThan(1e-15);
  // log cosh d = d²/2 − d⁴/12 + …
  close(logCoshLoss(1e-3, 0), 5e-7 - 1e-12 / 12 + 1e-18 / 45);
  close(logCoshLoss(1e-150, 0), 5e-301);
  close(logCoshLoss(-800, 0), 800 - Math.LN2);
  close(logCoshLoss(20, 0), 20 - Math.LN2);
  close(logCoshLoss(20.5, 0), 20.5 - Math.LN2);
});
