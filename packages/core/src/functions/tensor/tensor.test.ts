import { expect, expectTypeOf, it } from "vitest";
import { type Tensor, tensor } from "../../index.ts";

it("wraps a typed array without copying", () => {
  const data = new Float32Array(6);
  expect(tensor(data, [2, 3]).data).toBe(data);
  expect(tensor(data)).toEqual({ data, shape: [6] });
  expect(tensor(BigInt64Array.of(1n), [1, 1]).shape).toEqual([1, 1]);
  expectTypeOf(tensor(new Int32Array(1))).toEqualTypeOf<Tensor<Int32Array<ArrayBuffer>>>();
});

it("copies nested arrays and numbers into a Float32Array", () => {
  expect(
    tensor([
      [1, 2],
      [3, 4],
    ]),
  ).toEqual({ data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] });
  expect(tensor([1, 2, 3, 4], [2, 2]).shape).toEqual([2, 2]);
  expect(tensor(5)).toEqual({ data: Float32Array.of(5), shape: [] });
});

it("copies the shape", () => {
  const shape = [2, 1];
  const wrapped = tensor(new Float32Array(2), shape);
  shape[0] = 9;
  expect(wrapped.shape).toEqual([2, 1]);
});

it("refuses invalid shapes, shapes of another size, and values that are not numbers", () => {
  const data = new Float32Array(6);
  expect(() => tensor(data, [2, 2])).toThrow(
    new RangeError("tensor: shape [2, 2] needs 4 elements, values has 6."),
  );
  for (const shape of [[Number.NaN], [1.5, 4], [-6, -1], [Number.POSITIVE_INFINITY]]) {
    expect(() => tensor(data, shape), String(shape)).toThrow(RangeError);
  }
  // @ts-expect-error a shape is an array
  expect(() => tensor(data, 6)).toThrow(TypeError);
  // @ts-expect-error not numbers
  expect(() => tensor("abc")).toThrow(TypeError);
  expect(() => tensor([[1], [2, 3]])).toThrow(RangeError);
});
