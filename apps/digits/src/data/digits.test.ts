import { expect, test } from "vitest";
import { pick } from "./digits.ts";
import { readDigits } from "./readDigits.ts";

const digits = readDigits();

test("there are 1797 images of 64 pixels, each with a label", () => {
  expect(digits.pixels.shape).toEqual([1797, 64]);
  expect(digits.pixels.data).toHaveLength(1797 * 64);
  expect(digits.labels).toHaveLength(1797);
});

test("pixels are sixteenths from 0 to 1, labels are the ten digits", () => {
  const levels = new Set(Array.from(digits.pixels.data, (grey) => 16 * grey));
  const ascending = (a: number, b: number) => a - b;
  expect([...levels].sort(ascending)).toEqual(Array.from({ length: 17 }, (_, k) => k));
  expect([...new Set(digits.labels)].sort(ascending)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("the first image is a zero", () => {
  const first = Array.from(digits.pixels.data.subarray(0, 64), (grey) => 16 * grey);
  expect(digits.labels[0]).toBe(0);
  expect(first).toEqual(
    [
      [0, 0, 5, 13, 9, 1, 0, 0],
      [0, 0, 13, 15, 10, 15, 5, 0],
      [0, 3, 15, 2, 0, 11, 8, 0],
      [0, 4, 12, 0, 0, 8, 8, 0],
      [0, 5, 8, 0, 0, 9, 8, 0],
      [0, 4, 11, 0, 1, 12, 7, 0],
      [0, 2, 14, 5, 10, 12, 0, 0],
      [0, 0, 6, 13, 10, 0, 0, 0],
    ].flat(),
  );
});

test("selected images have their labels, in the given order", () => {
  const { pixels, labels } = pick(digits, [5, 0]);
  expect(pixels.shape).toEqual([2, 64]);
  expect([...labels]).toEqual([digits.labels[5], 0]);
  expect(pixels.data.subarray(0, 64)).toEqual(digits.pixels.data.subarray(5 * 64, 6 * 64));
  expect(pixels.data.subarray(64)).toEqual(digits.pixels.data.subarray(0, 64));
});
