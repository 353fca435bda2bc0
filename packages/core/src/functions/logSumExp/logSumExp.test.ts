import { expect, expectTypeOf, it } from "vitest";
import { logSumExp, type Tensor } from "../../index.ts";

const inf = Number.POSITIVE_INFINITY;

it("neither overflows nor underflows", () => {
  expect(logSumExp([1e4, 1e4])).toBe(1e4 + Math.LN2);
  expect(logSumExp([-1e4, -1e4])).toBe(-1e4 + Math.LN2);
});

it("treats infinities, NaN and empty rows as PyTorch does", () => {
  expect(logSumExp([-inf, -inf])).toBe(-inf);
  expect(logSumExp([inf, 1])).toBe(inf);
  expect(logSumExp([inf, -inf])).toBe(inf);
  expect(logSumExp([inf, Number.NaN])).toBeNaN();
  expect(logSumExp([[], []])).toEqual([-inf, -inf]);
  expect(logSumExp(5)).toBe(5);
});

it("sums over several axes", () => {
  const x = [
    [
      [1, 2],
      [3, 4],
    ],
    [
      [5, 6],
      [7, 8],
    ],
  ];
  const total = logSumExp([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(logSumExp(x, { axis: [0, 1, 2] })).toBe(total);
  expect(logSumExp(x, { axis: [0, -1] })).toEqual([
    logSumExp([1, 2, 5, 6]),
    logSumExp([3, 4, 7, 8]),
  ]);
  expect(logSumExp(x, { axis: [2, 0], keepDims: true })).toEqual([
    [[logSumExp([1, 2, 5, 6])], [logSumExp([3, 4, 7, 8])]],
  ]);
});

it("refuses invalid axes and options", () => {
  expect(() => logSumExp([[1]], { axis: [0, -2] })).toThrow(
    "logSumExp: axis must not repeat an axis, got [0, -2].",
  );
  expect(() => logSumExp([1], { axis: [] })).toThrow(RangeError);
  expect(() => logSumExp([1], { axis: 0.5 })).toThrow(RangeError);
  expect(() => logSumExp([1], { axis: ["0"] as never })).toThrow(TypeError);
  expect(() => logSumExp([1], { keepDims: 1 as never })).toThrow(
    "logSumExp: keepDims must be true or false, got 1.",
  );
});

it("has the type of what is left after the reduction", () => {
  expectTypeOf(logSumExp([1])).toEqualTypeOf<number>();
  expectTypeOf(logSumExp([[1]])).toEqualTypeOf<number[]>();
  expectTypeOf(logSumExp([[1]], { keepDims: true })).toEqualTypeOf<number[][]>();
  const x: Tensor<Float32Array> = { data: new Float32Array(1), shape: [1] };
  expectTypeOf(logSumExp(x)).toEqualTypeOf<number | Tensor<Float32Array>>();
});
