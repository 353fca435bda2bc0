import { describe, expect, it } from "vitest";
import { broadcastShape, broadcastStrides, checkBroadcast, runsOf } from "./broadcast.ts";

describe("broadcastShape", () => {
  const shapeOf = (...shapes: number[][]) =>
    broadcastShape(
      "loss",
      shapes.map((shape, i) => ({ name: `argument${i}`, shape })),
    );

  it.each([
    [[[2, 3]], [2, 3]],
    [
      [[2, 3], [3], []],
      [2, 3],
    ],
    [
      [[3], [2, 1]],
      [2, 3],
    ],
    [
      [[1], [2, 1], [4, 1, 5]],
      [4, 2, 5],
    ],
    [
      [[0, 3], [1]],
      [0, 3],
    ],
  ])("of %j is %j", (shapes, expected) => {
    expect(shapeOf(...shapes)).toEqual(expected);
  });

  it("names the argument that does not fit", () => {
    expect(() => shapeOf([2, 3], [3], [2, 2])).toThrow(
      new RangeError(
        "loss: argument2 must have shape [2, 3] or be broadcastable with it, got [2, 2].",
      ),
    );
  });
});

describe("checkBroadcast", () => {
  it.each([
    [[], [2, 3]],
    [[3], [2, 3]],
    [
      [1, 1],
      [2, 3],
    ],
    [
      [2, 1],
      [2, 3],
    ],
  ])("accepts %j for %j", (own, shape) => {
    expect(() => checkBroadcast("loss: weight", own, shape)).not.toThrow();
  });

  it.each([
    [[2], [2, 3]],
    [
      [1, 2, 3],
      [2, 3],
    ],
    [
      [2, 2],
      [2, 3],
    ],
    [
      [2, 3],
      [1, 3],
    ],
  ])("refuses %j for %j", (own, shape) => {
    const [got, expected] = [own, shape].map((sizes) => `[${sizes.join(", ")}]`);
    expect(() => checkBroadcast("loss: weight", own, shape)).toThrow(
      new RangeError(
        `loss: weight must have shape ${expected} or be broadcastable to it, got ${got}.`,
      ),
    );
  });
});

describe("the runs of a broadcast array", () => {
  /** Returns the offset of each element, axis by axis. */
  function offsetsOf(shape: readonly number[], strides: readonly number[]): number[] {
    return shape.reduce(
      (offsets, size, axis) =>
        offsets.flatMap((offset) =>
          Array.from({ length: size }, (_, i) => offset + i * strides[axis]),
        ),
      [0],
    );
  }

  it.each([
    [[], []],
    [[], [5]],
    [[4], [4]],
    [[4], [3, 4]],
    [
      [3, 1],
      [3, 4],
    ],
    [
      [2, 3, 4],
      [2, 3, 4],
    ],
    [
      [2, 1, 4],
      [2, 3, 4],
    ],
    [
      [3, 1],
      [2, 3, 4],
    ],
    [
      [1, 3, 1],
      [2, 3, 4],
    ],
    [
      [2, 1, 3, 1],
      [2, 2, 3, 2],
    ],
  ])("of shape %j in %j are its elements, from each on and in each number", (own, shape) => {
    const strides = broadcastStrides(own, shape);
    const expected = offsetsOf(shape, strides);
    const { stride, forEachRun } = runsOf(shape, strides);
    for (let first = 0; first < expected.length; first++) {
      for (let count = 1; count <= expected.length - first; count++) {
        const actual: number[] = [];
        forEachRun(first, count, (start, length, offset) => {
          expect(start).toBe(actual.length);
          for (let i = 0; i < length; i++) actual.push(offset + i * stride);
        });
        expect(actual).toEqual(expected.slice(first, first + count));
      }
    }
  });

  it.each([
    ["one for an array without gaps", [2, 3, 4], [2, 3, 4], 1],
    ["one for a single number", [], [2, 3, 4], 1],
    ["one for each repetition of a row", [4], [2, 3, 4], 6],
    ["one for each row of one number", [2, 3, 1], [2, 3, 4], 6],
    ["one across an axis of size 1", [2, 1, 4], [2, 1, 4], 1],
  ])("are as few as possible: %s", (_, own, shape, expected) => {
    let runs = 0;
    runsOf(shape, broadcastStrides(own, shape)).forEachRun(
      0,
      shape.reduce((a, b) => a * b),
      () => {
        runs++;
      },
    );
    expect(runs).toBe(expected);
  });
});
