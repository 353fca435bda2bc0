import { expect, it } from "vitest";
import { integerWeights, weightsOf } from "./weights.ts";

it.each([
  ["a mask of bytes", Uint8Array.from({ length: 5000 }, (_, i) => (i * 7) % 3)],
  ["integers of 16 bits", Int32Array.from({ length: 5000 }, (_, i) => (i * 977) & 0xffff)],
  ["many of the largest", new Int32Array(70000).fill(0xffff)],
  ["none", new Int32Array()],
])("integerWeights copies and adds up %s", (_, integers) => {
  const values = new Float64Array(integers.length).fill(Number.NaN);
  const weights = integerWeights(integers, values);
  expect(weights).toEqual(weightsOf(Float64Array.from(integers)));
  expect(weights?.values).toBe(values);
});

it.each([
  ["negative", -1],
  ["the least", -(2 ** 31)],
  ["of 17 bits", 0x10000],
  ["the largest", 2 ** 31 - 1],
])("integerWeights leaves weights to others if one is %s", (_, weight) => {
  const integers = new Int32Array(5000).fill(1);
  integers[4500] = weight;
  expect(integerWeights(integers, new Float64Array(5000))).toBeUndefined();
});
