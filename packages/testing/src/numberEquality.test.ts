import { expect, it } from "vitest";
import { equalNumbers } from "./numberEquality.ts";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

it.each([
  [[1, nan, -0, inf]],
  [Float32Array.of(1, nan, -0, inf)],
  [Float64Array.of(1, nan, -0, inf)],
])("%o equals its copy", (array) => {
  expect(equalNumbers(array, array.slice())).toBe(true);
});

it.each<[string, unknown, unknown]>([
  ["another number", [1, 2], [1, 3]],
  ["another sign of zero", Float32Array.of(1, 0), Float32Array.of(1, -0)],
  ["another length", [1, 2], [1, 2, 3]],
  ["another type", Float32Array.of(1, 2), Float64Array.of(1, 2)],
  ["an array for a typed array", Float32Array.of(1, 2), [1, 2]],
  ["a string for a number", [1, "2"], [1, 2]],
])("%s is a difference", (_, a, b) => {
  expect(equalNumbers(a, b)).toBeUndefined();
  expect(equalNumbers(b, a)).toBeUndefined();
  expect(a).not.toEqual(b);
  expect({ data: a }).not.toEqual({ data: b });
});

it("arrays of objects are left to Vitest", () => {
  expect(equalNumbers([{ a: 1 }], [{ a: 1 }])).toBeUndefined();
  expect([1, { a: 1 }]).toEqual([1, { a: 1 }]);
});
