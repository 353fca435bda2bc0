import { expect, it } from "vitest";
import { checkFixtures, checkLoss, float64 } from "../../test/checkLoss.ts";
import { softMarginLoss } from "./softMarginLoss.ts";

checkFixtures(softMarginLoss, new URL("softMarginLoss.cases.json.gz", import.meta.url));

checkLoss(
  softMarginLoss,
  [
    { label: "a vector", input: float64([1, 3, -2], [3]), rest: [[1, -1, 1]] },
    { label: "a target that repeats", input: float64([1.3, 2, 3, 4], [2, 2]), rest: [[1, -1]] },
    { label: "an input that repeats", input: float64([1, 2], [2, 1]), rest: [[1, -1]] },
  ],
  { kind: "element" },
);

it("does not overflow, and keeps the digits of sure predictions", () => {
  expect(softMarginLoss(-1e300, 1)).toBe(1e300);
  expect(softMarginLoss.valueAndGrad(-1e300, 1).grad).toBe(-1);
  const sure = Math.log1p(Math.exp(-60));
  expect(Math.abs(softMarginLoss(60, 1) / sure - 1)).toBeLessThan(1e-15);
  expect(softMarginLoss(Float32Array.of(-200), [1])).toBe(200);
});
