import { minBulkCopyLength } from "@surprisal/core/authoring";
import { describe, expect, it } from "vitest";
import { runsOf } from "./broadcast.ts";
import {
  addToRuns,
  arrayLoader,
  clearIgnored,
  runLoader,
  scaleGradient,
  storeBlock,
  storeRuns,
} from "./elementBlocks.ts";

const numbers = (length: number) => Array.from({ length }, (_, i) => i + 1);
const arrayTypes = [Float32Array, Float64Array] as const;

/** Counts of elements on both sides of the length from which whole parts are copied at once. */
const counts = [0, 1, minBulkCopyLength - 1, minBulkCopyLength, 3 * minBulkCopyLength];

/** Marks the elements of a block that nothing may write to. */
const untouched = -7;

describe.each(counts)("%d elements", (count) => {
  const [first, length] = [5, count + 9];

  it.each(arrayTypes)(
    "are copied from arrays to a block of %o, and nothing behind them",
    (Type) => {
      for (const data of [numbers(length), ...arrayTypes.map((T) => T.from(numbers(length)))]) {
        const block = new Type(count + 2).fill(untouched);
        arrayLoader(data)(first, count, block);
        expect([...block]).toEqual([
          ...numbers(length).slice(first, first + count),
          untouched,
          untouched,
        ]);
      }
    },
  );

  it.each(arrayTypes)(
    "are copied from a block to an array of %o, and nothing beside them",
    (Type) => {
      for (const Other of arrayTypes) {
        for (const size of [count, count + 3]) {
          const out = new Type(length).fill(untouched);
          storeBlock(Other.from(numbers(size)), out, first, count);
          const expected = new Array<number>(length).fill(untouched);
          expected.splice(first, count, ...numbers(count));
          expect([...out]).toEqual(expected);
        }
      }
    },
  );

  // A column is at a distance of two elements, a repeated one at distance 0.
  it.each([0, 1, 2])("at distance %d are loaded, stored and summed run by run", (stride) => {
    const rows = 3;
    const size = count + 1;
    const runs = runsOf([rows, size], [2 * size + 1, stride]);
    const places = Array.from({ length: rows * size }, (_, i) => {
      return Math.floor(i / size) * (2 * size + 1) + (i % size) * stride;
    });
    const stored = numbers(rows * (2 * size + 1));
    const wanted = places.slice(first, first + count);

    for (const data of [stored, Float32Array.from(stored), Float64Array.from(stored)]) {
      const block = new Float64Array(count + 2).fill(untouched);
      runLoader(data, runs)(first, count, block);
      expect([...block]).toEqual([...wanted.map((place) => place + 1), untouched, untouched]);
    }

    const block = Float64Array.from(numbers(count + 2));
    const out = new Float64Array(stored.length).fill(untouched);
    const sums = new Float64Array(stored.length);
    storeRuns(block, out, runs, first, count);
    addToRuns(block, sums, runs, first, count);
    const expectedOut = new Array<number>(stored.length).fill(untouched);
    const expectedSums = new Array<number>(stored.length).fill(0);
    for (const [i, place] of wanted.entries()) {
      expectedOut[place] = i + 1;
      expectedSums[place] += i + 1;
    }
    expect([...out]).toEqual(expectedOut);
    expect([...sums]).toEqual(expectedSums);
  });
});

describe("derivatives", () => {
  const scales = Float64Array.of(2, 3, 5);
  const scaledBy = (constant?: number) => Object.assign(() => {}, { constant });

  it("are multiplied by the scale of their loss", () => {
    const gradient = Float64Array.from(numbers(7));
    scaleGradient(gradient, scaledBy(), 3, scales, 2);
    expect([...gradient]).toEqual([2, 4, 9, 12, 25, 30, 7]);
  });

  it("are multiplied by a constant scale", () => {
    const gradient = Float64Array.from(numbers(5));
    scaleGradient(gradient, scaledBy(10), 2, scales, 2);
    expect([...gradient]).toEqual([10, 20, 30, 40, 5]);
  });

  it("of losses of weight 0 are 0", () => {
    const results = [Float64Array.from(numbers(6)), Float32Array.from(numbers(6))];
    clearIgnored(results, Float64Array.of(0, 0, 4, 0), 1, 3, 2);
    for (const array of results) expect([...array]).toEqual([0, 0, 3, 4, 0, 0]);
  });
});
