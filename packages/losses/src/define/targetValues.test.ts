import { random } from "@surprisal/testing";
import { expect, it } from "vitest";
import { areUnsignedAndFinite } from "./targetValues.ts";

const { below, uniform } = random(3);
const smallest = 2 ** -149;
const largest = (2 - 2 ** -23) * 2 ** 127;

it.each([0, smallest, 0.5, 1, 2, largest])("finds nothing in numbers such as %d", (value) => {
  for (let length = 0; length < 12; length++) {
    const numbers = new Float32Array(length).map(uniform);
    if (length > 0) numbers[below(length)] = value;
    expect(areUnsignedAndFinite(numbers)).toBe(true);
  }
});

it.each([
  -smallest,
  -1,
  -largest,
  -0,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
])("finds %d at every place", (value) => {
  for (let length = 1; length < 12; length++) {
    for (let place = 0; place < length; place++) {
      const memory = new Float32Array(length + 2).map(uniform);
      const numbers = memory.subarray(1, 1 + length);
      numbers[place] = value;
      expect(areUnsignedAndFinite(numbers)).toBe(false);
    }
  }
});

it("finds every bit pattern of NaN", () => {
  const bits = new Uint32Array(1);
  const numbers = new Float32Array(bits.buffer);
  for (const pattern of [0x7f800001, 0x7fffffff, 0xff800001, 0xffffffff, 0xffc00000]) {
    bits[0] = pattern;
    expect(areUnsignedAndFinite(numbers)).toBe(false);
  }
});
