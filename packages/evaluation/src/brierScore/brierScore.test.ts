import { describe, expect, it } from "vitest";
import { brierScore } from "./brierScore.ts";

describe("brierScore", () => {
  it("is 0 for a sure and right row, 2 for a sure and wrong one", () => {
    expect(brierScore([[1, 0]], [0], { probabilities: true })).toBe(0);
    expect(brierScore([[1, 0]], [1], { probabilities: true })).toBe(2);
    expect(brierScore([[0, Number.NEGATIVE_INFINITY]], [0])).toBe(0);
  });

  it("keeps the digits of a sure row", () => {
    // Two classes: 2(1 − p)², and 1 − p = e^-50 / (1 + e^-50).
    const rest = Math.exp(-50) / (1 + Math.exp(-50));
    const score = brierScore([[50, 0]], [0]);
    expect(Math.abs(score / (2 * rest * rest) - 1)).toBeLessThan(1e-14);
  });

  it("is the distance to one-hot rows", () => {
    const rows = [
      [0.7, 0.2, 0.1],
      [0.1, 0.3, 0.6],
    ];
    const expected = (0.3 ** 2 + 0.2 ** 2 + 0.1 ** 2 + 0.1 ** 2 + 0.7 ** 2 + 0.6 ** 2) / 2;
    expect(brierScore(rows, [0, 1], { probabilities: true })).toBeCloseTo(expected, 15);
  });

  it("refuses rows without a largest logit", () => {
    const infinite = [[0, Number.POSITIVE_INFINITY]];
    expect(() => brierScore(infinite, [0])).toThrow(
      "brierScore: the largest logit of row 0 must be finite, got Infinity.",
    );
    expect(() => brierScore([[Number.NaN, 0]], [0])).toThrow("got NaN");
  });
});
