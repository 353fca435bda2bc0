import { describe, expect, it } from "vitest";
import { accuracy } from "./accuracy.ts";

describe("accuracy", () => {
  it("puts the first of equal classes first", () => {
    expect(accuracy([[1, 1, 1]], [0])).toBe(1);
    expect(accuracy([[1, 1, 1]], [1])).toBe(0);
    expect(accuracy([[1, 1, 1]], [1], { topK: 2 })).toBe(1);
  });

  it("puts NaN before every number, as argmax does", () => {
    expect(accuracy([[1, Number.NaN]], [0])).toBe(0);
    expect(accuracy([[1, Number.NaN]], [1])).toBe(1);
  });

  it("is 1 for as many places as there are classes, and NaN for no rows", () => {
    expect(accuracy([[3, 2, 1]], [2], { topK: 3 })).toBe(1);
    expect(accuracy([[3, 2, 1]], [-100])).toBeNaN();
    expect(accuracy([], [])).toBeNaN();
    expect(accuracy({ data: new Float32Array(0), shape: [0, 3] }, [])).toBeNaN();
  });

  it.each([0, 1.5, Number.NaN, -1])("refuses a topK of %d", (topK) => {
    expect(() => accuracy([[1, 2]], [0], { topK })).toThrow(
      new RangeError(`accuracy: topK must be a whole number of at least 1, got ${topK}.`),
    );
  });
});
