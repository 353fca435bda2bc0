import { expect, test } from "vitest";
import { spreadOf } from "./statistics.ts";

test("the median and quartiles of an odd number of samples are samples", () => {
  expect(spreadOf([5, 1, 4, 2, 3])).toEqual({
    least: 1,
    lowerQuartile: 2,
    median: 3,
    upperQuartile: 4,
  });
});

test("between two samples they lie in proportion", () => {
  expect(spreadOf([4, 1, 3, 2])).toEqual({
    least: 1,
    lowerQuartile: 1.75,
    median: 2.5,
    upperQuartile: 3.25,
  });
});

test("samples are ordered as numbers, and left as they are", () => {
  const samples = [100, 20, 3];
  expect(spreadOf(samples).median).toBe(20);
  expect(samples).toEqual([100, 20, 3]);
});

test("one sample is all there is; none is an error", () => {
  expect(spreadOf([7])).toEqual({ least: 7, lowerQuartile: 7, median: 7, upperQuartile: 7 });
  expect(() => spreadOf([])).toThrow(RangeError);
});
