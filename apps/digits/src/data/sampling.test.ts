import { tensor } from "@surprisal/core";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { expect, test } from "vitest";
import { type Digits, PIXELS } from "./digits.ts";
import { shuffledBatches, split } from "./sampling.ts";

const COUNT = 103;
const all = Array.from({ length: COUNT }, (_, k) => k);

/** Images that differ: the label and the first pixel of each are its index. */
const numbered: Digits = {
  pixels: tensor(
    Float32Array.from({ length: COUNT * PIXELS }, (_, k) => (k % PIXELS === 0 ? k / PIXELS : 0)),
    [COUNT, PIXELS],
  ),
  labels: Uint8Array.from(all),
};

function numbersOf({ pixels, labels }: Digits): number[] {
  const numbers = [...labels];
  expect(numbers.map((_, i) => pixels.data[i * PIXELS])).toEqual(numbers);
  return numbers;
}

function inOrder(numbers: readonly number[]): number[] {
  return numbers.toSorted((a, b) => a - b);
}

function splitNumbers(seed: number) {
  const { train, heldOut } = split(numbered, xoroshiro128plus(seed));
  return { train: numbersOf(train), heldOut: numbersOf(heldOut) };
}

test("a fifth is held out, and each image is in exactly one part", () => {
  const { train, heldOut } = splitNumbers(1);
  expect(heldOut).toHaveLength(20);
  expect(inOrder([...train, ...heldOut])).toEqual(all);
});

test("the seed determines the split", () => {
  expect(splitNumbers(1)).toEqual(splitNumbers(1));
  expect(inOrder(splitNumbers(1).heldOut)).not.toEqual(inOrder(splitNumbers(2).heldOut));
});

test("batches have each image once, in a new order each time", () => {
  const random = xoroshiro128plus(1);
  const [first, second] = [1, 2].map(() => shuffledBatches(numbered, 32, random).map(numbersOf));
  expect(first.map((batch) => batch.length)).toEqual([32, 32, 32, 7]);
  expect(inOrder(first.flat())).toEqual(all);
  expect(inOrder(second.flat())).toEqual(all);
  expect(first.flat()).not.toEqual(all);
  expect(first.flat()).not.toEqual(second.flat());
});

test("all images are equally likely to be the first", () => {
  const random = xoroshiro128plus(1);
  const small = {
    pixels: tensor(new Float32Array(4 * PIXELS), [4, PIXELS]),
    labels: Uint8Array.of(0, 1, 2, 3),
  };
  const counts = [0, 0, 0, 0];
  for (let k = 0; k < 4000; k++) counts[shuffledBatches(small, 4, random)[0].labels[0]]++;
  // The expected count is 1000, with a standard deviation of 27.
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(110);
});
