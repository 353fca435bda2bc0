import type { Tensor } from "@surprisal/core";
import { type Random, random, relativeError } from "@surprisal/testing";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkLoss, flat, float64, nest } from "./checkLoss.ts";

// biome-ignore lint/suspicious/noExplicitAny: the checks serve losses of all types.
type AnyLoss = any;

const close = (actual: unknown, expected: unknown) => {
  expect(relativeError(flat(actual), flat(expected), 1e-3)).toBeLessThan(1e-11);
};

/** Calls with each option of class losses, alone and together. */
function callsOf(row: (r: Random, classes: number) => number[]) {
  const r = random(7);
  const rows = (count: number, classes: number) =>
    Array.from({ length: count }, () => row(r, classes)).flat();
  const input = float64(rows(4, 3), [4, 3]);
  const target = [2, 0, 1, 0];
  const probabilities = float64([0.2, 0.3, 0.5, 1, 0, 0, 0, 0.5, 0.5, 0.1, 0.1, 0.8], [4, 3]);
  const weight = [0.5, 2, 1.5];
  return [
    { label: "one row", input: float64(row(r, 5), [5]), rest: [3] },
    { label: "a batch", input, rest: [target] },
    { label: "one class", input: float64(rows(2, 1), [2, 1]), rest: [[0, 0]] },
    {
      label: "axis 1",
      input: float64(rows(6, 2), [2, 2, 3]),
      rest: [
        [
          [0, 1, 1],
          [1, 0, 0],
        ],
      ],
      options: { axis: 1 },
    },
    { label: "weights", input, rest: [target], options: { weight } },
    { label: "an ignored class", input, rest: [target], options: { ignoreIndex: 0 } },
    { label: "label smoothing", input, rest: [target], options: { labelSmoothing: 0.3 } },
    {
      label: "everything at once",
      input,
      rest: [[2, 9, 1, 0]],
      options: { weight, labelSmoothing: 0.3, ignoreIndex: 9 },
    },
    { label: "probabilities", input, rest: [probabilities] },
    {
      label: "probabilities with everything",
      input,
      rest: [probabilities],
      options: { weight, labelSmoothing: 0.1 },
    },
  ];
}

/** The laws of losses over classes, whatever their mathematics. `row` makes an input row. */
export function checkClassLoss(loss: AnyLoss, row: (r: Random, classes: number) => number[]): void {
  checkLoss(loss, callsOf(row));

  const problems = fc
    .record({
      seed: fc.integer(),
      count: fc.integer({ min: 1, max: 6 }),
      classes: fc.integer({ min: 1, max: 7 }),
      smoothing: fc.constantFrom(0, 0.25),
      weighed: fc.boolean(),
    })
    .map(({ seed, count, classes, smoothing, weighed }) => {
      const r = random(seed);
      const rows = Array.from({ length: count }, () => row(r, classes));
      const targets = rows.map(() => r.below(classes));
      const weight = Array.from({ length: classes }, () => 1 + r.below(3));
      const options = { labelSmoothing: smoothing, ...(weighed ? { weight } : {}) };
      return { rows, targets, classes, weight, options };
    });

  const law = (name: string, holds: (problem: Problem) => void) =>
    it(name, () => fc.assert(fc.property(problems, holds), { seed: 11 }));
  type Problem = typeof problems extends fc.Arbitrary<infer T> ? T : never;

  describe("laws", () => {
    law(
      "an ignored row is as if it were not there, whatever it holds",
      ({ rows, targets, classes, options }) => {
        const bad = rows[0].map(() => Number.NaN);
        const withBad = loss.valueAndGrad([bad, ...rows, bad], [-100, ...targets, -100], options);
        const without = loss.valueAndGrad(rows, targets, options);
        close(withBad.value, without.value);
        close(withBad.grad.slice(1, -1), without.grad);
        const zeros = new Array(classes).fill(0);
        expect([withBad.grad[0], withBad.grad.at(-1)]).toEqual([zeros, zeros]);
        const each = loss([bad, ...rows], [-100, ...targets], { ...options, reduction: "none" });
        expect(each[0]).toBe(0);
      },
    );

    law("a whole-numbered weight repeats its rows", ({ rows, targets, weight }) => {
      const repeat = <T>(items: T[]) =>
        items.flatMap((item, i) => new Array<T>(weight[targets[i]]).fill(item));
      const repeated = loss(repeat(rows), repeat(targets));
      close(loss(rows, targets, { weight }), repeated);
    });

    law("a class index is its one-hot probabilities", ({ rows, targets, classes, options }) => {
      const oneHot = targets.map((t) => Array.from({ length: classes }, (_, j) => +(j === t)));
      const sum = { ...options, reduction: "sum" };
      const byIndex = loss.valueAndGrad(rows, targets, sum);
      // Smoothing weighs an index by its own weight and probabilities by each class's: the same sum.
      const byProbabilities = loss.valueAndGrad(rows, oneHot, sum);
      close(byIndex.value, byProbabilities.value);
      close(byIndex.grad, byProbabilities.grad);
    });

    law(
      "further dimensions are rows, wherever the class axis stands",
      ({ rows, targets, classes, options }) => {
        const twice = [...rows, ...rows].flat();
        const shape = [2, rows.length, classes];
        const batch = { data: Float64Array.from(twice), shape };
        const labels = {
          data: Int32Array.from([...targets, ...targets]),
          shape: shape.slice(0, 2),
        };
        const flatBatch = { data: batch.data, shape: [2 * rows.length, classes] };
        const flatLabels = { data: labels.data, shape: [2 * rows.length] };
        const expected = loss.valueAndGrad(flatBatch, flatLabels, options);
        const last = loss.valueAndGrad(batch, labels, options);
        expect(last.value).toBe(expected.value);
        expect(last.grad.data).toEqual(expected.grad.data);
        const middle = loss.valueAndGrad(swapLast(batch), labels, { ...options, axis: 1 });
        close(middle.value, expected.value);
        expect(swapLast(middle.grad).data).toEqual(expected.grad.data);
      },
    );

    law("every container of targets says the same", ({ rows, targets, options }) => {
      const expected = loss(rows, targets, options);
      const shape = [targets.length];
      const bigints = BigInt64Array.from(targets, BigInt);
      for (const same of [
        Int8Array.from(targets),
        Uint32Array.from(targets),
        Float32Array.from(targets),
        bigints,
        targets.map(BigInt),
        { data: bigints, dims: shape },
        { data: Int32Array.from(targets.flatMap((t) => [t, 99])), shape, strides: [2] },
      ]) {
        expect(loss(rows, same, options)).toBe(expected);
      }
    });
  });

  describe("nothing to average", () => {
    const zeros = [[0, 0, 0]];
    it("gives NaN, or 0 when asked, and no NaN in the gradient", () => {
      for (const [input, target] of [
        [[[1, 2, 3]], [-100]],
        [{ data: new Float64Array(0), shape: [0, 3] }, new Int32Array(0)],
      ]) {
        expect(loss(input, target)).toBeNaN();
        expect(loss(input, target, { reduction: "sum" })).toBe(0);
        expect(loss(input, target, { whenEmpty: "zero" })).toBe(0);
      }
      expect(loss.valueAndGrad([[1, 2, 3]], [-100])).toEqual({ value: Number.NaN, grad: zeros });
      const weightless = { weight: [0, 1, 1], labelSmoothing: 0.1 };
      expect(loss([[1, 2, 3]], [0], weightless)).toBeNaN();
      const zero = loss.valueAndGrad([[1, 2, 3]], [0], { ...weightless, whenEmpty: "zero" });
      expect(zero.value).toBe(0);
      expect(flat(zero.grad).every((one) => one === 0)).toBe(true);
    });
  });

  describe("bad targets", () => {
    const rows = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    const at = `${loss.name}: target`;
    it.each([
      [[0, 3], `${at} 3 at row 1 is out of bounds for 3 classes.`],
      [[-1, 0], `${at} -1 at row 0 is out of bounds for 3 classes.`],
      [[0, 1.5], `${at} 1.5 at row 1 is not a whole number.`],
      [[0, Number.NaN], `${at} NaN at row 1 is not a whole number.`],
      [
        [0],
        `${at} must have shape [2] (input [2, 3] without class axis 1), or [2, 3] for class probabilities, got [1].`,
      ],
    ])("%j", (target, message) => {
      expect(() => loss(rows, target)).toThrow(new RangeError(message));
    });

    it("says that they fit axis 1", () => {
      const input = [
        [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
      ];
      expect(() => loss(input, [[0, 1]])).toThrow(/It fits axis: 1\.$/);
      expect(loss(input, [[0, 1]], { axis: 1 })).toBeTypeOf("number");
    });

    it.each([
      ["a string", TypeError],
      [["0", "1"], TypeError],
      [undefined, TypeError],
      [[[0, 1], [2]], RangeError],
    ])("%j", (target, kind) => {
      expect(() => loss(rows, target)).toThrow(kind);
    });
  });

  describe("bad options", () => {
    it.each([
      [{ weight: [1, 2] }, RangeError, /weight must have shape \[3\], one per class, got \[2\]/],
      [{ weight: "x" }, TypeError, /weight/],
      [
        { labelSmoothing: 1.1 },
        RangeError,
        /labelSmoothing must be a number from 0 to 1, got 1\.1/,
      ],
      [{ labelSmoothing: Number.NaN }, RangeError, /got NaN/],
      [{ ignoreIndex: 0.5 }, RangeError, /ignoreIndex must be a whole number, got 0\.5/],
      [{ axis: 2 }, RangeError, /axis 2 is out of range for shape \[2, 3\], expected -2 to 1/],
      [{ reduction: "average" }, RangeError, /"mean" or "sum" or "none", got "average"/],
      [{ whenEmpty: 0 }, TypeError, /"nan" or "zero", got 0/],
      [{ gradOutput: 1 }, TypeError, /unknown option "gradOutput"/],
      [7, TypeError, /options must be an object, got 7/],
    ])("%j", (options, kind, message) => {
      const call = () =>
        loss(
          [
            [1, 2, 3],
            [4, 5, 6],
          ],
          [0, 1],
          options,
        );
      expect(call).toThrow(kind);
      expect(call).toThrow(message);
    });

    it("refuses ignoreIndex with probabilities", () => {
      expect(() => loss([[1, 2]], [[0.5, 0.5]], { ignoreIndex: 0 })).toThrow(RangeError);
    });
  });
}

/** [a, b, c] as [a, c, b]. */
export function swapLast({ data, shape: [a, b, c] }: Tensor<Float64Array>): Tensor<Float64Array> {
  const swapped = nest({ data, shape: [a, b, c] }) as number[][][];
  const columns = swapped.map((matrix) =>
    Array.from({ length: c }, (_, k) => matrix.map((row) => row[k])),
  );
  return float64(columns.flat(2), [a, c, b]);
}
