import type { FloatInput } from "@surprisal/core";
import { kernels, tensor, useKernels } from "@surprisal/core";
import { random, relativeError } from "@surprisal/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AnyLoss, flat } from "../../test/checkLoss.ts";
import { crossEntropy, mseLoss, nllLoss } from "../index.ts";
import { defineLoss, type LossOptions } from "./defineLoss.ts";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

const squared: AnyLoss = defineLoss<LossOptions>({
  kind: "element",
  name: "squared",
  batchMean: true,
  formula: () => ({ loss: (x, t) => (x - t) ** 2, gradients: { input: (x, t) => 2 * (x - t) } }),
});

const distance: AnyLoss = defineLoss<
  LossOptions,
  [other: FloatInput, scale: FloatInput],
  never,
  never,
  ["vector", "value"]
>({
  kind: "row",
  name: "distance",
  arguments: { input: "vector", other: "vector", scale: "value" },
  differentiable: ["input", "other"],
  formula:
    () =>
    ([a, b, [scale]], gradients) => {
      let loss = 0;
      a.forEach((value, j) => {
        loss += scale * (value - b[j]) ** 2;
        if (gradients === undefined) return;
        gradients[0][j] = 2 * scale * (value - b[j]);
        gradients[1][j] = -2 * scale * (value - b[j]);
      });
      return loss;
    },
});

const close = (actual: unknown, expected: unknown, tolerance = 1e-12) =>
  expect(relativeError(flat(actual), flat(expected), 1e-3)).toBeLessThan(tolerance);

describe("containers of weights", () => {
  const logits = [
    [2, 1, 0],
    [0, 3, 1],
    [nan, 1, 1],
  ];
  const expected = crossEntropy(logits.slice(0, 2), [0, 1]);

  it.each([
    [[1, 1, 0]],
    [[true, true, false]],
    [[1n, 1n, 0n]],
    [Uint8Array.of(1, 1, 0)],
    [Int32Array.of(1, 1, 0)],
    [Float32Array.of(1, 1, 0)],
    [BigInt64Array.of(1n, 1n, 0n)],
    [{ data: BigInt64Array.of(1n, 1n, 0n), dims: [3], type: "int64" }],
    [{ data: Uint8Array.of(1, 1, 0), dims: [3], type: "bool" }],
    [{ data: Uint8Array.of(1, 9, 1, 9, 0), shape: [3], strides: [2] }],
  ])("%o", (sampleWeight) => {
    const target = [0, 1, 2];
    expect(crossEntropy(logits, target, { sampleWeight })).toBe(expected);
    const { grad } = crossEntropy.valueAndGrad(logits, target, { sampleWeight });
    expect(grad.slice(0, 2)).toEqual(crossEntropy.valueAndGrad(logits.slice(0, 2), [0, 1]).grad);
    expect(grad[2]).toEqual([0, 0, 0]);
  });

  it("a tensor whose data are booleans, as npyjs reads masks", () => {
    const mask = { data: [true, false], shape: [2] };
    const logits = [
      [2, 1, 0],
      [0, 3, 1],
    ];
    const expected = crossEntropy(logits, [0, 1], { sampleWeight: [1, 0] });
    expect(crossEntropy(logits, [0, 1], { sampleWeight: mask as never })).toBe(expected);
    class Mask {
      data = [true, false];
      get shape() {
        return [2];
      }
    }
    expect(crossEntropy(logits, [0, 1], { sampleWeight: new Mask() as never })).toBe(expected);
    class Unreadable extends Mask {
      override get shape(): number[] {
        throw new Error("gone");
      }
    }
    expect(() => crossEntropy(logits, [0, 1], { sampleWeight: new Unreadable() as never })).toThrow(
      "crossEntropy: sampleWeight cannot be read, because one of its getters threw: gone",
    );
    const mixed = { data: [true, "a"], shape: [2] };
    expect(() => crossEntropy(logits, [0, 1], { sampleWeight: mixed as never })).toThrow(
      'crossEntropy: sampleWeight.data[1] must be a boolean like the first element, got "a".',
    );
  });

  it("a tensor of no booleans, for no losses", () => {
    const empty = { data: new Float32Array(0), shape: [0, 3] };
    const mask = { data: [], shape: [0] };
    const sampleWeight = mask as never;
    expect(crossEntropy(empty, [], { sampleWeight, whenEmpty: "zero" })).toBe(0);
    const half = { data: [], shape: [1] } as never;
    expect(() => crossEntropy([[1, 2]], [0], { sampleWeight: half })).toThrow(
      "crossEntropy: sampleWeight: shape [1] needs 1 elements, data has 0.",
    );
  });

  it("a tensor whose data are booleans that a getter returns, which is called once", () => {
    const logits = [
      [2, 1, 0],
      [0, 3, 1],
    ];
    const expected = crossEntropy(logits, [0, 1], { sampleWeight: [1, 0] });
    let calls = 0;
    class Mask {
      get data() {
        calls++;
        return [true, false];
      }
      get shape() {
        return [2];
      }
    }
    expect(crossEntropy(logits, [0, 1], { sampleWeight: new Mask() as never })).toBe(expected);
    const literal = {
      shape: [2],
      get data() {
        calls++;
        return [true, false];
      },
    };
    expect(crossEntropy(logits, [0, 1], { sampleWeight: literal as never })).toBe(expected);
    expect(calls).toBe(2);
  });

  it("a number or boolean for a single loss", () => {
    expect(crossEntropy([2, 1, 0], 0, { sampleWeight: 3 })).toBeCloseTo(
      crossEntropy([2, 1, 0], 0),
      15,
    );
    expect(crossEntropy([nan, 1], 0, { sampleWeight: false, whenEmpty: "zero" })).toBe(0);
    expect(squared(3, 1, { sampleWeight: 2, reduction: "none" })).toBe(8);
  });

  it("is repeated along axes of size 1, and along no other", () => {
    const input = tensor(
      Float64Array.from({ length: 24 }, (_, i) => i % 5),
      [2, 3, 4],
    );
    const target = [
      [0, 1, 2],
      [3, 0, 1],
    ];
    const full = [
      [1, 1, 1],
      [3, 3, 3],
    ];
    const sum = { reduction: "sum" } as const;
    close(
      crossEntropy(input, target, { ...sum, sampleWeight: [[1], [3]] }),
      crossEntropy(input, target, { ...sum, sampleWeight: full }),
    );
    close(
      crossEntropy(input, target, { sampleWeight: [[true, false, true]] }),
      crossEntropy(input, target, {
        sampleWeight: [
          [1, 0, 1],
          [1, 0, 1],
        ],
      }),
    );
    for (const sampleWeight of [
      1,
      [1, 3],
      [1, 1, 1],
      [[1, 3]],
      [
        [1, 1],
        [1, 1],
      ],
      [[[1]]],
    ]) {
      const call = () => crossEntropy(input, target, { sampleWeight });
      expect(call).toThrow(RangeError);
      expect(call).toThrow(/^crossEntropy: sampleWeight must have the losses' shape \[2, 3\]/);
    }
  });

  it.each([
    [
      [1, -1],
      RangeError,
      "crossEntropy: sampleWeight[1] must be a finite number of at least 0, got -1.",
    ],
    [[nan, 1], RangeError, "sampleWeight[0] must be a finite number of at least 0, got NaN."],
    [[inf, 1], RangeError, "got Infinity"],
    ["x", TypeError, "crossEntropy: sampleWeight must be"],
    [[1, "1"], TypeError, 'sampleWeight[1] must be a number or a boolean, got "1".'],
    [[null, 1], TypeError, "sampleWeight[0] must be a number or a boolean, got null."],
    [[[true], [true, false]], RangeError, "rectangular"],
  ])("refuses %j", (sampleWeight, kind, message) => {
    const call = () =>
      crossEntropy(
        [
          [1, 2],
          [3, 4],
        ],
        [0, 1],
        { sampleWeight } as object,
      );
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });

  it("copies the weights before results are written", () => {
    const input = tensor(Float32Array.of(2, 1, 0, 3), [2, 2]);
    const weights = Float32Array.of(2, 3);
    const options = { reduction: "none", sampleWeight: weights } as const;
    const expected = crossEntropy(input, [0, 1], { ...options, sampleWeight: weights.slice() });
    expect(crossEntropy(input, [0, 1], { ...options, out: weights })).toEqual(expected);
  });
});

describe.each(kernels().available)("class losses, kernels %s", (instructionSet) => {
  beforeAll(() => void useKernels(instructionSet));
  afterAll(() => void useKernels("auto"));

  const r = random(3);
  const [rows, classes] = [40, 12];
  const counts = Array.from({ length: rows }, () => r.below(4));
  const labels = counts.map(() => r.below(classes));
  const copies = counts.flatMap((count, i) => new Array<number>(count).fill(i));
  const weight = Array.from({ length: classes }, () => 0.5 + r.uniform());
  const numbers = Array.from({ length: rows * classes }, () => 2 * r.normal());
  const probabilities = numbers.map((x) => Math.abs(x));
  /** Returns the rows with these numbers of a matrix. */
  const pick = (data: number[], which: number[]) =>
    which.flatMap((i) => data.slice(i * classes, (i + 1) * classes));
  const allRows = counts.map((_, i) => i);

  for (const FloatArray of [Float32Array, Float64Array]) {
    const matrix = (data: number[]) => ({
      data: FloatArray.from(data),
      shape: [data.length / classes, classes],
    });
    const tolerance = FloatArray === Float32Array ? 2e-4 : 1e-12;

    it.each([
      {},
      { weight },
      { labelSmoothing: 0.2 },
      { weight, labelSmoothing: 0.2 },
      { ignoreIndex: 3 },
      { ignoreIndex: 3, weight, labelSmoothing: 0.1, whenEmpty: "zero" },
    ])(`an integer weight is a repetition, ${FloatArray.name}: %j`, (options) => {
      for (const loss of [crossEntropy, nllLoss] as AnyLoss[]) {
        for (const byIndex of options.ignoreIndex === undefined ? [true, false] : [true]) {
          const targets = (which: number[]) =>
            byIndex ? which.map((i) => labels[i]) : matrix(pick(probabilities, which));
          // Whatever stands in a row of weight 0 is ignored, its target as well.
          const holes = numbers.map((x, k) =>
            counts[Math.floor(k / classes)] === 0 ? [nan, inf, -inf][k % 3] : x,
          );
          const target = byIndex
            ? labels.map((label, i) => (counts[i] === 0 ? -7 : label))
            : targets(allRows);
          for (const reduction of ["mean", "sum"]) {
            const some = { ...options, reduction };
            const expected = loss.valueAndGrad(
              matrix(pick(numbers, copies)),
              targets(copies),
              some,
            );
            const actual = loss.valueAndGrad(matrix(holes), target, {
              ...some,
              sampleWeight: counts,
            });
            close(actual.value, expected.value, tolerance);
            close(
              loss(matrix(holes), target, { ...some, sampleWeight: counts }),
              actual.value,
              tolerance,
            );
            const sums = new Array(rows * classes).fill(0);
            copies.forEach((row, copy) => {
              for (let j = 0; j < classes; j++)
                sums[row * classes + j] += expected.grad.data[copy * classes + j];
            });
            close(actual.grad, sums, tolerance);
            flat(actual.grad).forEach((g, k) => {
              if (counts[Math.floor(k / classes)] === 0) expect(g).toBe(0);
            });
          }
        }
      }
    });

    it(`weight 0 equals ignoreIndex to the bit, ${FloatArray.name}`, () => {
      const mask = counts.map((count) => count > 0);
      const ignored = labels.map((label, i) => (mask[i] ? label : -100));
      for (const options of [
        {},
        { weight },
        { reduction: "none" },
        { reduction: "sum", labelSmoothing: 0.1 },
      ] as object[]) {
        const expected = (crossEntropy as AnyLoss).valueAndGrad(matrix(numbers), ignored, options);
        const actual = (crossEntropy as AnyLoss).valueAndGrad(matrix(numbers), labels, {
          ...options,
          sampleWeight: mask,
        });
        expect(actual).toEqual(expected);
      }
    });

    it(`multiplies gradOutput, ${FloatArray.name}`, () => {
      const upstream = counts.map((_, i) => i - 3);
      const options = {
        reduction: "none",
        sampleWeight: counts,
        gradOutput: tensor(Float64Array.from(upstream), [rows]),
      } as const;
      const product = {
        reduction: "none",
        gradOutput: tensor(
          Float64Array.from(upstream, (u, i) => u * counts[i]),
          [rows],
        ),
      } as const;
      const actual = crossEntropy.valueAndGrad(matrix(numbers), labels, options);
      close(
        actual.grad,
        crossEntropy.valueAndGrad(matrix(numbers), labels, product).grad,
        tolerance,
      );
      const losses = flat(crossEntropy(matrix(numbers), labels, { reduction: "none" }));
      close(
        actual.value,
        losses.map((loss, i) => loss * counts[i]),
        tolerance,
      );
    });

    it(`a mean of weights that are all 0, ${FloatArray.name}`, () => {
      const options = { sampleWeight: counts.map(() => 0) };
      for (const target of [labels, matrix(probabilities)]) {
        const { value, grad } = crossEntropy.valueAndGrad(matrix(numbers), target, options);
        expect(value).toBeNaN();
        expect(flat(grad).every((g) => g === 0)).toBe(true);
        expect(crossEntropy(matrix(numbers), target, { ...options, whenEmpty: "zero" })).toBe(0);
        expect(crossEntropy(matrix(numbers), target, { ...options, reduction: "sum" })).toBe(0);
      }
    });
  }
});

describe("element losses", () => {
  const x = [
    [1, nan, 3],
    [4, 5, inf],
  ];
  const sampleWeight = [
    [2, 0, 1],
    [1, 3, 0],
  ];
  const [repeated, zeros] = [[1, 1, 3, 4, 5, 5, 5], new Array(7).fill(0)];

  it("an integer weight is a repetition, and 0 ignores any number", () => {
    const target = [
      [0, 0, 0],
      [0, 0, nan],
    ];
    const { value, grad } = squared.valueAndGrad(x, target, { sampleWeight });
    expect(value).toBeCloseTo(squared(repeated, zeros), 12);
    close(grad, [
      [4 / 7, 0, 6 / 7],
      [8 / 7, 30 / 7, 0],
    ]);
    expect(squared(x, target, { sampleWeight, reduction: "none" })).toEqual([
      [2, 0, 9],
      [16, 75, 0],
    ]);
    expect(
      squared(x, target, {
        sampleWeight: [
          [true, false, true],
          [true, true, false],
        ],
        reduction: "sum",
      }),
    ).toBe(51);
    expect(squared(x, target, { sampleWeight: [[0, 0, 0]] })).toBeNaN();
  });

  it('counts repeated rows with reduction: "batchmean"', () => {
    const rows = [
      [1, 2],
      [3, 4],
    ];
    const none = [
      [0, 0],
      [0, 0],
    ];
    const options = { reduction: "batchmean" };
    const twice = squared([rows[0], rows[0], rows[1]], [...none, [0, 0]], options);
    expect(squared(rows, none, { ...options, sampleWeight: [[2], [1]] })).toBeCloseTo(twice, 12);
    expect(squared(rows, none, { ...options, sampleWeight: [[1], [1]] })).toBe(
      squared(rows, none, options),
    );
  });
});

describe("row losses", () => {
  it("an integer weight is a repetition, and 0 ignores any number", () => {
    const a = [
      [1, 2],
      [nan, inf],
      [3, 4],
    ];
    const b = [
      [0, 0],
      [nan, 0],
      [1, 1],
    ];
    const options = { sampleWeight: [2, 0, 1] };
    const { value, grads } = distance.valueAndGrad(a, b, [1, nan, 2], options);
    expect(value).toBeCloseTo(distance([a[0], a[0], a[2]], [b[0], b[0], b[2]], [1, 1, 2]), 12);
    close(grads.input, [
      [4 / 3, 8 / 3],
      [0, 0],
      [8 / 3, 4],
    ]);
    close(grads.other, [
      [-4 / 3, -8 / 3],
      [0, 0],
      [-8 / 3, -4],
    ]);
    expect(distance(a, b, [1, nan, 2], { ...options, reduction: "none" })).toEqual([10, 0, 26]);
    expect(distance(a, b, [1, 1, 1], { sampleWeight: [false, false, false] })).toBeNaN();
  });

  it("a mean over nothing is NaN, and its gradients are 0", () => {
    const none = { sampleWeight: [0] };
    const row = distance.valueAndGrad([[1, 2]], [[0, 0]], [1], none);
    expect(row.value).toBeNaN();
    expect(row.grads).toEqual({ input: [[0, 0]], other: [[0, 0]] });
    const element = mseLoss.valueAndGrad([1], [3], none);
    expect(element.value).toBeNaN();
    expect(element.grads).toEqual({ input: [0], target: [0] });
    expect(crossEntropy.valueAndGrad([[1, 2]], [0], none).grad).toEqual([[0, 0]]);
  });
});

it("keeps the weights of a call while its formula calls other losses with weights", () => {
  const length = 5000;
  const numbers = Float64Array.from({ length }, (_, i) => (i % 7) - 3);
  const weights = Float64Array.from({ length }, (_, i) => 1 + (i % 3));
  const others = Float64Array.from({ length }, (_, i) => 1 + (i % 5));
  const lossOf = (before: () => void) =>
    defineLoss<LossOptions>({
      kind: "element",
      name: "nested",
      formula: () => ({
        block({ count, losses, gradients }, x, t) {
          before();
          for (let i = 0; i < count; i++) {
            losses[i] = (x[i] - t[i]) ** 2;
            if (gradients) gradients.input[i] = 2 * (x[i] - t[i]);
          }
        },
      }),
    });
  const call = (loss: ReturnType<typeof lossOf>) =>
    loss.valueAndGrad(numbers, 0, { sampleWeight: weights });
  const nested = lossOf(() => void mseLoss(numbers, 1, { sampleWeight: others }));
  const expected = call(lossOf(() => {}));
  // The second call gets the arrays that the first one has released.
  for (let i = 0; i < 2; i++) expect(call(nested)).toEqual(expected);
});
