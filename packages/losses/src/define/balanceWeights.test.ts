import { kernels, type Tensor, useKernels } from "@surprisal/core";
import { weightsOf } from "@surprisal/core/authoring";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CrossEntropyOptions, crossEntropy } from "../crossEntropy/crossEntropy.ts";
import { nllLoss } from "../nllLoss/nllLoss.ts";
import { balanceBatch, balanceSampleWeight } from "./balanceWeights.ts";
import type { ClassBatch } from "./classBatch.ts";
import { defineLoss } from "./defineLoss.ts";

const squaredError = defineLoss({
  kind: "element",
  name: "squaredError",
  formula: () => ({
    loss: (x, t) => (x - t) ** 2,
    gradients: { input: (x, t) => 2 * (x - t) },
  }),
});

const squaredErrorOfBlocks = defineLoss({
  kind: "element",
  name: "squaredErrorOfBlocks",
  batchMean: true,
  formula: () => ({
    block({ count, losses, gradients }, x, t) {
      for (let i = 0; i < count; i++) {
        losses[i] = (x[i] - t[i]) ** 2;
        if (gradients) gradients.input[i] = 2 * (x[i] - t[i]);
      }
    },
  }),
});

const squaredNorm = defineLoss<object, []>({
  kind: "row",
  name: "squaredNorm",
  arguments: { input: "vector" },
  differentiable: ["input"],
  formula: () => (vectors, gradients) => {
    vectors[0].forEach((x, j) => {
      if (gradients) gradients[0][j] = 2 * x;
    });
    return vectors[0].reduce((sum, x) => sum + x * x, 0);
  },
});

const rows = 6;
const classes = 20;
const shape = [rows, classes];
const labels = [3, 0, 7, 7, 12, 19];
const shares = [1, 2, 0, 3, 0.5, 1.25];
const classShares = Float64Array.from({ length: classes }, (_, j) => 1 + (j % 4));

/** Units that powers of two are: scaled by them, weights have the same digits. */
const units = [2 ** -980, 2 ** -600, 2 ** -200, 2 ** 300, 2 ** 1020];

describe.each(kernels().available)("with %s kernels", (name) => {
  beforeAll(() => void useKernels(name));
  afterAll(() => void useKernels("auto"));

  describe.each([
    ["float32", Float32Array],
    ["float64", Float64Array],
  ] as const)("%s", (_, Type) => {
    const numbers = Array.from({ length: rows * classes }, (_, i) => 3 * Math.sin(i * i));
    const input: Tensor<Float32Array | Float64Array> = { data: new Type(numbers), shape };
    const target = { data: input.data.map((x) => Math.round(x) / 2), shape };
    const probabilities = { data: input.data.map((x) => Math.abs(x) / 7), shape };
    const times = (numbers: ArrayLike<number>, unit: number) =>
      Float64Array.from(numbers, (x) => x * unit);
    const elementShares = { data: Float64Array.from(input.data, (x) => x * x), shape };
    const scaledElements = (unit: number) => ({ data: times(elementShares.data, unit), shape });

    it.each([
      ["crossEntropy", labels, {}],
      ["nllLoss", labels, {}],
      ["label smoothing", labels, { labelSmoothing: 0.1 }],
      ["class probabilities", probabilities, {}],
      ["softcap", labels, { softcap: 3 }],
    ] as const)(
      "the mean of %s is the same in any unit of weights",
      (lossName, classTarget, options) => {
        const call = (sampleWeight?: Float64Array, weight?: Float64Array) => {
          const all: CrossEntropyOptions & { reduction: "mean" } = {
            ...options,
            reduction: "mean",
            ...(sampleWeight && { sampleWeight }),
            weight,
          };
          return lossName === "nllLoss"
            ? nllLoss.valueAndGrad(input, labels, all)
            : crossEntropy.valueAndGrad(input, classTarget as number[], all);
        };
        const isHard = classTarget === labels;
        const plain = call(times(shares, 1));
        const weighted = call(undefined, classShares);
        const both = call(times(shares, 1), classShares);
        for (const unit of units) {
          expect(call(times(shares, unit))).toEqual(plain);
          if (!isHard) continue;
          expect(call(undefined, times(classShares, unit))).toEqual(weighted);
          for (const other of units) {
            const { value, grad } = call(times(shares, unit), times(classShares, other));
            expect(value / both.value).toBeCloseTo(1, 14);
            grad.data.forEach((g, i) => void expect(g).toBeCloseTo(both.grad.data[i], 6));
          }
        }
      },
    );

    it("the mean of elements and of vectors is the same in any unit of weights", () => {
      const elements = (loss: typeof squaredError, unit: number, reduction = "mean") =>
        loss.valueAndGrad(input, target, {
          reduction: reduction as "mean",
          sampleWeight: scaledElements(unit),
        });
      const vectors = (unit: number) =>
        squaredNorm.valueAndGrad(input, { sampleWeight: times(shares, unit) } as never);
      for (const unit of units) {
        expect(elements(squaredError, unit)).toEqual(elements(squaredError, 1));
        for (const reduction of ["mean", "batchmean"]) {
          expect(elements(squaredErrorOfBlocks, unit, reduction)).toEqual(
            elements(squaredErrorOfBlocks, 1, reduction),
          );
        }
        expect(vectors(unit)).toEqual(vectors(1));
      }
    });
  });

  it("weights that are small beside each other's largest are right, too", () => {
    const call = (sampleWeight: number[], weight: number[]) =>
      crossEntropy.valueAndGrad(
        [
          [1, 2],
          [0, 3],
        ],
        [0, 1],
        { sampleWeight, weight },
      );
    // Both products are 10⁻³¹⁰, where each list has a 1.
    const { value, grad } = call([1, 1e-310], [1e-310, 1]);
    const equal = call([1, 1], [1, 1]);
    expect(value).toBeCloseTo(equal.value, 12);
    expect(grad).toEqual([
      grad[0].map((_, j) => expect.closeTo(equal.grad[0][j], 12)),
      grad[1].map((_, j) => expect.closeTo(equal.grad[1][j], 12)),
    ]);
    expect(call([5e-324, 0], [1, 1])).toEqual(call([1, 0], [1, 1]));
    expect(call([1.7e308, 1.7e308], [1, 1]).value).toBeCloseTo(equal.value, 14);
    expect(call([1e200, 1e200], [1e200, 1e200]).value).toBeCloseTo(equal.value, 14);
  });

  it("a row of weight 0 stays ignored, and one of any other weight does not", () => {
    const rowsOf = [
      [-Infinity, 0],
      [1, 0],
    ];
    const mean = (sampleWeight: number[], weight: number[]) =>
      crossEntropy(rowsOf, [0, 1], { sampleWeight, weight });
    const finite = crossEntropy([1, 0], 1);
    expect(mean([0, 1e-310], [1, 1])).toBeCloseTo(finite, 14);
    expect(mean([1, 1e300], [0, 1e300])).toBeCloseTo(finite, 14);
    expect(mean([1e-300, 1e300], [1e-300, 1e300])).toBe(Number.POSITIVE_INFINITY);
    expect(mean([0, 0], [1e300, 1])).toBeNaN();
    expect(mean([1e300, 1e300], [0, 0])).toBeNaN();
  });

  it("a sum of extreme weights is as large as they are", () => {
    const options = { reduction: "sum", sampleWeight: [1e300, 1e300] } as const;
    expect(
      crossEntropy(
        [
          [0, 0],
          [0, 0],
        ],
        [0, 1],
        options,
      ) / 1e300,
    ).toBeCloseTo(2 * Math.LN2, 12);
  });
});

describe("weights that are left as they are", () => {
  const large = 2 ** 100;
  const isLeft = (...weights: number[]) => {
    const given = weightsOf(Float64Array.from(weights));
    return balanceSampleWeight(given, "mean") === given;
  };

  it("are those whose largest is from 2^−60 to 2^60", () => {
    for (const largest of [2 ** -60, 1, 2 ** 60]) expect(isLeft(largest, 0)).toBe(true);
    for (const largest of [2 ** -61, 2 ** 61]) {
      const extreme = weightsOf(Float64Array.of(largest, largest / 4));
      const balanced = { values: Float64Array.of(1, 0.25), sum: 1.25, arePlain: true };
      expect(balanceSampleWeight(extreme, "mean")).toEqual(balanced);
    }
  });

  it("are all 0, or are none", () => {
    expect(isLeft(0, 0)).toBe(true);
    for (const wrong of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(isLeft(large, wrong)).toBe(true);
    }
  });

  it("are not averaged", () => {
    const extreme = weightsOf(Float64Array.of(large, 1));
    for (const reduction of ["sum", "none"] as const) {
      expect(balanceSampleWeight(extreme, reduction)).toBe(extreme);
    }
  });
});

describe("weights of classes and rows together", () => {
  const batchOf = (indices: number[], weight: number[], sampleWeight?: number[]) => ({
    labelSmoothing: 0,
    target: {
      kind: "indices",
      indices: Int32Array.from(indices),
      ignoredCount: 0,
      areIgnoredByWeight: true,
    },
    weight: Float64Array.from(weight),
    weights: sampleWeight && weightsOf(Float64Array.from(sampleWeight)),
    sampleWeight: sampleWeight && Float64Array.from(sampleWeight),
  });
  const balance = (batch: object) => balanceBatch(batch as ClassBatch, true);

  it.each([
    ["usual ones", [0, 1], [1, 2], [3, 1]],
    ["no weights of rows", [0, 1], [1, 2]],
    ["classes of weight 0", [0, 1], [0, 0], [1, 1]],
    ["ignored rows alone", [-1, -1], [1, 1], [0, 0]],
    ["a negative weight", [0, 1], [-1, 2 ** 100], [1, 1]],
  ])("are left as they are: %s", (_, indices, weight, sampleWeight?: number[]) => {
    const batch = batchOf(indices, weight, sampleWeight);
    expect(balance(batch)).toBe(batch);
  });

  it.each([
    ["class weights", [2 ** 100, 1], [2 ** -100, 1], [1, 1]],
    ["row weights", [2 ** -100, 1], [2 ** 100, 1], [1, 1]],
    ["products", [2 ** 50, 1], [2 ** 50, 1], [1, 2 ** -100]],
    ["one of two factors", [2 ** 100, 2 ** 100], [2 ** -50, 2 ** -51], [1, 0.5]],
    ["small row weights", [2 ** 60, 2 ** 60], [2 ** -100, 2 ** -99], [0.5, 1]],
  ])("become their products if one is extreme: %s", (_, weight, sampleWeight, expected) => {
    const { target, ...balanced } = balance(batchOf([0, 1], weight, sampleWeight));
    expect(balanced.weight).toBeUndefined();
    expect(balanced.sampleWeight).toEqual(Float64Array.from(expected));
    expect(target).toMatchObject({ indices: Int32Array.of(0, 1), ignoredCount: 0 });
  });

  it("ignore the rows that are ignored already, and those of a class of weight 0", () => {
    const { target, sampleWeight } = balance(batchOf([-1, 0, 1], [2 ** 100, 0], [0, 1, 1]));
    expect(sampleWeight).toEqual(Float64Array.of(0, 1, 0));
    expect(target).toMatchObject({ indices: Int32Array.of(-1, 0, -1), ignoredCount: 2 });
    expect(target).toHaveProperty("areIgnoredByWeight", true);
  });

  it("count where all products underflow", () => {
    const [weight, sampleWeight] = [
      [1e-200, 0.25, 0],
      [1e-200, 5e-324, 1],
    ];
    const logits = [
      [3, 0, 0],
      [0, 2, 0],
      [0, 0, 1],
    ];
    expect(crossEntropy(logits, [0, 1, 2], { weight, sampleWeight })).toBeCloseTo(
      crossEntropy(logits[1], 1),
      14,
    );
  });
});
