import { ulpAt } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import { expBelowZero } from "./exp.ts";

describe("expBelowZero", () => {
  it("is within 2 ulp of the engine's exp wherever that is normal", () => {
    let worst = 0;
    for (let i = 0; i <= 200_000; i++) {
      const x = (-708 * i * i) / 4e10;
      worst = Math.max(
        worst,
        Math.abs(expBelowZero(x) - Math.exp(x)) / ulpAt(Math.exp(x), "float64"),
      );
    }
    expect(worst).toBeLessThanOrEqual(2);
    expect(worst).toBeGreaterThan(0);
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
