import { expect, test } from "vitest";
import { quartiles } from "./quartiles.ts";

test("the quartiles of five samples are samples", () => {
  expect(quartiles([5, 1, 4, 2, 3])).toEqual({
    min: 1,
    lowerQuartile: 2,
    median: 3,
    upperQuartile: 4,
  });
});

test("a quartile between two samples is interpolated linearly", () => {
  expect(quartiles([4, 1, 3, 2])).toEqual({
    min: 1,
    lowerQuartile: 1.75,
    median: 2.5,
    upperQuartile: 3.25,
  });
});

test("samples are sorted as numbers, and the caller's array keeps its order", () => {
  const samples = [100, 20, 3];
  expect(quartiles(samples).median).toBe(20);
  expect(samples).toEqual([100, 20, 3]);
});

test("a single sample is its own quartiles, and no samples are an error", () => {
  expect(quartiles([7])).toEqual({ min: 7, lowerQuartile: 7, median: 7, upperQuartile: 7 });
  expect(() => quartiles([])).toThrow(RangeError);
});
