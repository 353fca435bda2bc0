import type { Tensor } from "@surprisal/core";
import { type Random, random } from "@surprisal/testing";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AnyLoss, checkLoss, flat, float64, toNested } from "./checkLoss.ts";
import { makeClassCalls } from "./classCalls.ts";
import {
  expectMasks,
  expectSameRows,
  expectSymmetry,
  expectWeightedGradients,
  expectWeightedSums,
} from "./classLaws.ts";
import { expectNear } from "./expectNear.ts";
import { expectLargeLogits } from "./largeNumbers.ts";

const expectClose = (actual: unknown, expected: unknown, what = "result") => {
  expectNear(flat(actual), flat(expected), { limit: 1e-11, floor: 1e-3 }, what);
};

/** The laws that do not hold for a loss. */
export interface Differences {
  /** The divisor of the mean, as in the loss's definition. */
  readonly meanOver?: "weights" | "rows";
  /** Whether the classes have an order: reversed ones have another loss. */
  readonly isOrdered?: boolean;
  /**
   * Whether a constant that depends on the coefficients is added to the loss: only its gradient is Σⱼ cⱼ · ∂ℓⱼ.
   * `sparsemaxLoss` has ½ ‖q‖².
   */
  readonly hasConstant?: boolean;
}

type ExpectSums = typeof expectWeightedSums;

/**
 * Checks the properties that every class loss has.
 *
 * @param row makes a row of the input.
 */
export function checkClassLoss(
  loss: AnyLoss,
  row: (r: Random, classes: number) => number[],
  { meanOver = "weights", isOrdered = false, hasConstant = false }: Differences = {},
): void {
  const expectSums = (...args: Parameters<ExpectSums>) =>
    (hasConstant ? expectWeightedGradients : expectWeightedSums)(...args);
  checkLoss(loss, makeClassCalls(row));

  const batches = fc
    .record({
      seed: fc.integer(),
      count: fc.integer({ min: 1, max: 6 }),
      classes: fc.integer({ min: 1, max: 7 }),
      smoothing: fc.constantFrom(0, 0.25),
      weighted: fc.boolean(),
    })
    .map(({ seed, count, classes, smoothing, weighted }) => {
      const r = random(seed);
      const rows = Array.from({ length: count }, () => row(r, classes));
      const targets = rows.map(() => r.below(classes));
      const weight = Array.from({ length: classes }, () => 1 + r.below(3));
      const options = { labelSmoothing: smoothing, ...(weighted ? { weight } : {}) };
      return { rows, targets, classes, weight, options };
    });

  const law = (name: string, holds: (batch: Batch) => void) =>
    it(name, () => fc.assert(fc.property(batches, holds), { seed: 11 }));
  type Batch = typeof batches extends fc.Arbitrary<infer T> ? T : never;

  describe("properties", () => {
    law(
      "an ignored row changes nothing, whatever it holds",
      ({ rows, targets, classes, options }) => {
        const ignored = rows[0].map(() => Number.NaN);
        const withIgnored = loss.valueAndGrad(
          [ignored, ...rows, ignored],
          [-100, ...targets, -100],
          options,
        );
        const without = loss.valueAndGrad(rows, targets, options);
        expectClose(withIgnored.value, without.value);
        expectClose(withIgnored.grad.slice(1, -1), without.grad);
        const zeros = new Array(classes).fill(0);
        expect([withIgnored.grad[0], withIgnored.grad.at(-1)]).toEqual([zeros, zeros]);
        const losses = loss([ignored, ...rows], [-100, ...targets], {
          ...options,
          reduction: "none",
        });
        expect(losses[0]).toBe(0);
      },
    );

    law("an integer weight equals a repetition of the row", ({ rows, targets, weight }) => {
      const repeat = <T>(items: T[]) =>
        items.flatMap((item, i) => new Array<T>(weight[targets[i]]).fill(item));
      const reduction = meanOver === "weights" ? "mean" : "sum";
      const repeated = loss(repeat(rows), repeat(targets), { reduction });
      expectClose(loss(rows, targets, { weight, reduction }), repeated);
    });

    law(
      "an integer sampleWeight equals a repetition of the row, and 0 leaves it out",
      ({ rows, targets, weight, options }) => {
        const counts = rows.map((_, i) => (i === 0 ? 1 : weight[targets[i]] - 1));
        const repeat = <T>(items: T[]) =>
          items.flatMap((item, i) => new Array<T>(counts[i]).fill(item));
        const inputs = rows.map((row, i) => (counts[i] === 0 ? row.map(() => Number.NaN) : row));
        for (const reduction of ["mean", "sum"]) {
          const weighted = { ...options, reduction, sampleWeight: counts };
          const actual = loss.valueAndGrad(inputs, targets, weighted);
          const expected = loss.valueAndGrad(repeat(rows), repeat(targets), {
            ...options,
            reduction,
          });
          expectClose(actual.value, expected.value);
          // The gradient of a row is the sum of those of its copies.
          let next = 0;
          const sums = counts.map((count) => {
            const copy = expected.grad[next] as number[] | undefined;
            next += count;
            return rows[0].map((_, j) => (count === 0 ? 0 : count * (copy as number[])[j]));
          });
          expectClose(actual.grad, sums);
        }
      },
    );

    law("a class index equals its one-hot probabilities", ({ rows, targets, classes, options }) => {
      if (classes === 1) return; // One class has no probabilities.
      const oneHot = targets.map((t) => Array.from({ length: classes }, (_, j) => +(j === t)));
      const sum = { ...options, reduction: "sum" };
      const byIndex = loss.valueAndGrad(rows, targets, sum);
      // The sum is the same; the mean divides by another number for class probabilities.
      const byProbabilities = loss.valueAndGrad(rows, oneHot, sum);
      expectClose(byIndex.value, byProbabilities.value);
      expectClose(byIndex.grad, byProbabilities.grad);
    });

    law(
      "all axes but the class axis are batch axes, wherever the class axis is",
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
        const middle = loss.valueAndGrad(swapLastAxes(batch), labels, { ...options, axis: 1 });
        expectClose(middle.value, expected.value);
        expect(swapLastAxes(middle.grad).data).toEqual(expected.grad.data);
      },
    );

    law(
      "the loss is the sum of those of the classes, each times its coefficient",
      ({ rows, targets, weight, options }) => {
        if (rows[0].length === 1) return; // One class has no probabilities.
        const sum = weight.reduce((a, b) => a + b, 0);
        const probabilities = weight.map((value, j) => (j === targets[0] ? 0 : value / sum));
        expectSums(loss, rows[0], [targets[0]], options);
        expectSums(loss, rows[0], [probabilities], options);
      },
    );

    law("every container of targets gives the same loss", ({ rows, targets, options }) => {
      const expected = loss(rows, targets, options);
      const shape = [targets.length];
      const bigints = BigInt64Array.from(targets, BigInt);
      for (const container of [
        Int8Array.from(targets),
        Uint32Array.from(targets),
        Float32Array.from(targets),
        bigints,
        targets.map(BigInt),
        { data: bigints, dims: shape },
        { data: Int32Array.from(targets.flatMap((t) => [t, 99])), shape, strides: [2] },
      ]) {
        expect(loss(rows, container, options)).toBe(expected);
      }
    });
  });

  describe("many classes and many rows", () => {
    const r = random(5);
    const wide = row(r, 131);
    const rows = Array.from({ length: 7 }, () => row(r, 3));

    it("are all part of the sum", () => {
      const probabilities = wide.map((_, j) => ((j % 5) * 2) / 523);
      for (const options of [{}, { labelSmoothing: 0.2 }]) {
        expectSums(loss, wide, [0, 65, 130], options);
        expectSums(loss, wide, [probabilities], options);
      }
    });

    it.skipIf(isOrdered)("have no order", () => {
      expectSymmetry(loss, wide);
    });

    it("have the losses of few", () => {
      expectSameRows(loss, rows, [2, 0, 1, 0, 2, 1, 1]);
    });
  });

  it("has finite losses and right gradients where logits are large", () => {
    expectLargeLogits(loss);
  });

  describe("masked classes", () => {
    const r = random(3);
    const plain = row(r, 4);
    const masked = plain.with(2, Number.NEGATIVE_INFINITY);

    it("give limits, and no NaN", () => {
      expectMasks(loss, plain);
    });

    it("add nothing where their coefficient is 0, and are left out with skipMasked", () => {
      const probabilities = [
        [0.25, 0.25, 0, 0.5],
        [0, 1, 0, 0],
      ];
      expectSums(loss, masked, [0, 1, 2, 3]);
      expectSums(loss, masked, probabilities);
      const weight = [1, 2, 0, 0.5];
      expectSums(loss, masked, [0, 1, 3], { weight, labelSmoothing: 0.1 });
      const skipMasked = true;
      expectSums(loss, masked, [0, 1, 3], { skipMasked });
      expectSums(loss, masked, [0, 1, 3], { skipMasked, labelSmoothing: 0.1 });
      const onMasked = [[0.25, 0.25, 0.25, 0.25], ...probabilities];
      expectSums(loss, masked, onMasked, { skipMasked });
      expectSums(loss, masked, onMasked, { skipMasked, labelSmoothing: 0.1 });
    });
  });

  describe("a mean over no rows", () => {
    const zeros = [[0, 0, 0]];
    it("is NaN, or 0 with whenEmpty, and leaves no NaN in the gradient", () => {
      for (const [input, target] of [
        [[[1, 2, 3]], [-100]],
        [{ data: new Float64Array(0), shape: [0, 3] }, new Int32Array(0)],
      ]) {
        expect(loss(input, target)).toBeNaN();
        expect(loss(input, target, { reduction: "sum" })).toBe(0);
        expect(loss(input, target, { whenEmpty: "zero" })).toBe(0);
      }
      expect(loss.valueAndGrad([[1, 2, 3]], [-100])).toEqual({ value: Number.NaN, grad: zeros });
      if (meanOver === "rows") return;
      const zeroWeight = { weight: [0, 1, 1], labelSmoothing: 0.1 };
      expect(loss([[1, 2, 3]], [0], zeroWeight)).toBeNaN();
      const zero = loss.valueAndGrad([[1, 2, 3]], [0], { ...zeroWeight, whenEmpty: "zero" });
      expect(zero.value).toBe(0);
      expectClose(zero.grad, [0, 0, 0], "gradient of a mean over no rows");
    });
  });

  describe("invalid targets", () => {
    const rows = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    const label = `${loss.name}: target`;
    it.each([
      [[0, 3], `${label} 3 at row 1 is out of bounds for 3 classes.`],
      [
        [-1, 0],
        `${label} -1 at row 0 is out of bounds for 3 classes. To ignore the rows with this index, set ignoreIndex: -1.`,
      ],
      [[0, 1.5], `${label} 1.5 at row 1 is not a whole number.`],
      [[0, Number.NaN], `${label} NaN at row 1 is not a whole number.`],
      [
        [0],
        `${label} must have shape [2] (input [2, 3] without class axis 1), or [2, 3] for class probabilities, got [1].`,
      ],
    ])("%j", (target, message) => {
      expect(() => loss(rows, target)).toThrow(new RangeError(message));
    });

    it("are reported to fit axis 1, if they do", () => {
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

  describe("invalid options", () => {
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
      [7, TypeError, /options must be a plain object .*, got 7\./],
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

    it("include ignoreIndex with class probabilities", () => {
      expect(() => loss([[1, 2]], [[0.5, 0.5]], { ignoreIndex: 0 })).toThrow(RangeError);
    });
  });
}

/** Transposes a tensor of shape [a, b, c] to [a, c, b]. */
export function swapLastAxes({
  data,
  shape: [a, b, c],
}: Tensor<Float64Array>): Tensor<Float64Array> {
  const swapped = toNested({ data, shape: [a, b, c] }) as number[][][];
  const columns = swapped.map((matrix) =>
    Array.from({ length: c }, (_, k) => matrix.map((row) => row[k])),
  );
  return float64(columns.flat(2), [a, c, b]);
}
