import { missOfExp } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import { expBelowZero } from "./exp.ts";

describe("expBelowZero", () => {
  it("is within 0.6 ulp wherever that is normal", () => {
    let worst = 0;
    for (let i = 1; i <= 4000; i++) {
      const x = (-708 * i * i) / 1.6e7;
      worst = Math.max(worst, missOfExp(x, expBelowZero(x)));
    }
    expect(worst).toBeLessThanOrEqual(0.6);
    expect(worst).toBeGreaterThan(0.4);
  });

  it.each([
    [0, 1],
    [-745.13, Number.MIN_VALUE],
    [-745.14, 0],
    [-746, 0],
    [-1e300, 0],
    [Number.NEGATIVE_INFINITY, 0],
    [Number.NaN, Number.NaN],
  ])("of %d is %d", (x, expected) => {
    expect(expBelowZero(x)).toBe(expected);
  });
});
