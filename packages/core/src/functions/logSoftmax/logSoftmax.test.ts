import { expect, it } from "vitest";
import { logSoftmax, softmax } from "../../index.ts";

it("is the logarithm of softmax, also where softmax underflows", () => {
  const x = [3, -1, 0.5, 2];
  logSoftmax(x).forEach((value, j) => {
    expect(value).toBeCloseTo(Math.log(softmax(x)[j]), 14);
  });
  expect(logSoftmax([0, -1000])).toEqual([0, -1000]);
  expect(logSoftmax([0, -1e300])).toEqual([0, -1e300]);
});

it("stays exact for logits of 1e8", () => {
  expect(logSoftmax([1e8, 1e8])).toEqual([-Math.LN2, -Math.LN2]);
});

it("is not 0 where one logit dominates", () => {
  expect(logSoftmax([37, 0])[0]).toBe(-8.533047625744066e-17);
});

it("divides by the temperature", () => {
  expect(logSoftmax([4, 2, 0], { temperature: 2 })).toEqual(logSoftmax([2, 1, 0]));
});

it("gives NaN for a row in which every logit is −∞, or zeros with whenEmpty", () => {
  const row = [-Infinity, -Infinity];
  expect(logSoftmax(row)).toEqual([NaN, NaN]);
  expect(logSoftmax(row, { whenEmpty: "zero" })).toEqual([0, 0]);
  expect(logSoftmax([-Infinity, 0])).toEqual([-Infinity, 0]);
});
