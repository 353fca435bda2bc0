import { describe, expect, it } from "vitest";
import { barSpan, domainOf } from "./barSpan.ts";

describe("barSpan", () => {
  it("extends from 0 to the value, in both directions", () => {
    expect(barSpan(1, [-2, 2])).toEqual({ left: 50, width: 25 });
    expect(barSpan(-2, [-2, 2])).toEqual({ left: 0, width: 50 });
    expect(barSpan(0.5, [0, 1])).toEqual({ left: 0, width: 50 });
    expect(barSpan(-1, [-4, 0])).toEqual({ left: 75, width: 25 });
  });

  it("ends at the end of the range", () => {
    expect(barSpan(Infinity, [-1, 1])).toEqual({ left: 50, width: 50 });
    expect(barSpan(-7, [-1, 1])).toEqual({ left: 0, width: 50 });
  });

  it("has length 0 for NaN", () => {
    expect(barSpan(Number.NaN, [-1, 1])).toEqual({ left: 50, width: 0 });
  });
});

describe("domainOf", () => {
  it("contains the finite values and 0", () => {
    expect(domainOf([2, 3, Infinity, Number.NaN])).toEqual([0, 3]);
    expect(domainOf([-2, 3])).toEqual([-2, 3]);
    expect(domainOf([-2, -3])).toEqual([-3, 0]);
  });

  it("is never empty", () => {
    expect(domainOf([])).toEqual([0, 1]);
    expect(domainOf([0, 0])).toEqual([0, 1]);
  });
});
