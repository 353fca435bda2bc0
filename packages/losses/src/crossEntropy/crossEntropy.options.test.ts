import { kernels, logSumExp, useKernels } from "@surprisal/core";
import { exactReference, maxUlp, random, relativeError } from "@surprisal/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkFunctionOfCrossEntropy } from "../../test/checkFunctionOfCrossEntropy.ts";
import { type AnyLoss, checkLoss, flat, float64 } from "../../test/checkLoss.ts";
import { crossEntropy as typedCrossEntropy } from "./crossEntropy.ts";

const crossEntropy: AnyLoss = typedCrossEntropy;
const { POSITIVE_INFINITY: inf, NaN: nan } = Number;

const r = random(5);
const normals = (count: number) => Array.from({ length: count }, () => 3 * r.normal());
const input = float64(normals(12), [4, 3]);
const probabilities = float64([0.2, 0.3, 0.5, 1, 0, 0, 0, 0.5, 0.25, 0.1, 0.1, 0.8], [4, 3]);
const all = { zLoss: 0.1, softcap: 4, skipMasked: true };
const weight = [0.5, 2, 1.5];

checkLoss(crossEntropy, [
  { label: "zLoss", input, rest: [[2, 0, 1, 0]], options: { zLoss: 0.2 } },
  { label: "softcap", input, rest: [[2, 0, 1, 0]], options: { softcap: 3 } },
  { label: "one row", input: float64(normals(5), [5]), rest: [3], options: all },
  {
    label: "an axis",
    input: float64(normals(12), [2, 3, 2]),
    rest: [
      [
        [0, 2],
        [1, 1],
      ],
    ],
    options: { ...all, axis: 1 },
  },
  {
    label: "every option with class indices",
    input,
    rest: [[2, 9, 1, 0]],
    options: { ...all, weight, labelSmoothing: 0.3, ignoreIndex: 9 },
  },
  {
    label: "every option with class probabilities",
    input,
    rest: [probabilities],
    options: { ...all, weight, labelSmoothing: 0.2 },
  },
]);

checkFunctionOfCrossEntropy(crossEntropy);

describe.each(kernels().available)(
  "the definitions of the options, kernels %s",
  (instructionSet) => {
    beforeAll(() => void useKernels(instructionSet));
    afterAll(() => void useKernels("auto"));

    const [rows, classes] = [30, 7];
    const numbers = normals(rows * classes);
    const labels = Array.from({ length: rows }, (_, i) => (i % 6 === 5 ? -100 : r.below(classes)));
    const classWeight = Array.from({ length: classes }, () => 0.5 + r.uniform());
    const shares = Array.from({ length: rows * classes }, () => r.uniform());
    const sampleWeight = labels.map((_, i) => i % 3);

    for (const FloatArray of [Float32Array, Float64Array]) {
      const matrix = (data: ArrayLike<number>) => ({
        data: FloatArray.from(data),
        shape: [rows, classes],
      });
      const x = matrix(numbers);
      // Relative to 0.01: float32 subtracts terms around 1 in gradients of soft targets.
      const tolerance = FloatArray === Float32Array ? 4e-5 : 1e-13;
      const close = (actual: unknown, expected: unknown) =>
        expect(relativeError(flat(actual), flat(expected), 1e-2)).toBeLessThan(tolerance);
      const none = { reduction: "none" };
      const optionSets = [
        {},
        { weight: classWeight },
        { labelSmoothing: 0.2 },
        { weight: classWeight, labelSmoothing: 0.2 },
        { sampleWeight },
      ];
      const targets = [labels, matrix(shares)];
      const isIgnored = (target: unknown, options: { sampleWeight?: number[] }, i: number) =>
        (target === labels && labels[i] < 0) || options.sampleWeight?.[i] === 0;

      it.each(optionSets)(
        `zLoss adds λ·logSumExp² to each loss, ${FloatArray.name}: %j`,
        (options) => {
          const zLoss = 0.3;
          const lse = flat(logSumExp({ data: Float64Array.from(x.data), shape: x.shape }));
          for (const target of targets) {
            const plain = crossEntropy.valueAndGrad(x, target, { ...options, ...none });
            const actual = crossEntropy.valueAndGrad(x, target, { ...options, ...none, zLoss });
            const factor = (i: number) =>
              isIgnored(target, options, i) ? 0 : (options.sampleWeight?.[i] ?? 1);
            close(
              actual.value,
              flat(plain.value).map((loss, i) => loss + factor(i) * zLoss * lse[i] ** 2),
            );
            const gradient = flat(plain.grad).map((g, k) => {
              const i = Math.floor(k / classes);
              return g + factor(i) * 2 * zLoss * lse[i] * Math.exp(x.data[k] - lse[i]);
            });
            close(actual.grad, gradient);
            // Without a gradient, kernels add up the terms of a row in another order.
            close(crossEntropy(x, target, { ...options, ...none, zLoss }), actual.value);
          }
        },
      );

      it.each(optionSets)(
        `softcap replaces the logits by s·tanh(x/s), ${FloatArray.name}: %j`,
        (options) => {
          const softcap = 2.5;
          const x64 = { data: Float64Array.from(x.data), shape: x.shape };
          const capped = {
            data: x64.data.map((v) => softcap * Math.tanh(v / softcap)),
            shape: x.shape,
          };
          for (const target of targets) {
            for (const zLoss of [0, 0.1]) {
              const actual = crossEntropy.valueAndGrad(x, target, { ...options, zLoss, softcap });
              const expected = crossEntropy.valueAndGrad(capped, target, { ...options, zLoss });
              close(actual.value, expected.value);
              close(
                actual.grad,
                flat(expected.grad).map((g, k) => g / Math.cosh(x64.data[k] / softcap) ** 2),
              );
            }
          }
        },
      );

      it.each(optionSets)(
        `skipMasked leaves masked classes out, ${FloatArray.name}: %j`,
        (options) => {
          // The same classes are masked in every row, so that they can be left out.
          const kept = [0, 2, 3, 6];
          const masked = matrix(numbers.map((v, k) => (kept.includes(k % classes) ? v : -inf)));
          const pick = (data: ArrayLike<number>) => ({
            data: FloatArray.from(Array.from(data).filter((_, k) => kept.includes(k % classes))),
            shape: [rows, kept.length],
          });
          const keptLabels = labels.map((label, i) => (label < 0 ? label : kept[i % kept.length]));
          // Probabilities keep their sum.
          const spread = pick(shares);
          for (let i = 0; i < rows; i++) {
            const sum = (data: ArrayLike<number>, size: number) =>
              Array.from(data)
                .slice(i * size, (i + 1) * size)
                .reduce((a, b) => a + b);
            const factor = sum(matrix(shares).data, classes) / sum(spread.data, kept.length);
            for (let j = 0; j < kept.length; j++) spread.data[i * kept.length + j] *= factor;
          }
          for (const [target, keptTarget] of [
            [keptLabels, keptLabels.map((label) => (label < 0 ? label : kept.indexOf(label)))],
            [matrix(shares), spread],
          ]) {
            for (const more of [{}, { zLoss: 0.1 }, { zLoss: 0.1, softcap: 3 }]) {
              const skip = { ...options, ...more, skipMasked: true };
              const actual = crossEntropy.valueAndGrad(masked, target, skip);
              const keptOptions =
                "weight" in options ? { weight: kept.map((j) => classWeight[j]) } : {};
              const expected = crossEntropy.valueAndGrad(pick(masked.data), keptTarget, {
                ...options,
                ...more,
                ...keptOptions,
              });
              close(actual.value, expected.value);
              close(pick(actual.grad.data), expected.grad);
              flat(actual.grad).forEach((g, k) => {
                if (!kept.includes(k % classes)) expect(g + 0).toBe(0);
              });
            }
          }
        },
      );

      it(`options at their defaults change no bit, ${FloatArray.name}`, () => {
        const defaults = { zLoss: 0, softcap: inf, skipMasked: false };
        for (const target of targets) {
          expect(crossEntropy.valueAndGrad(x, target, defaults)).toEqual(
            crossEntropy.valueAndGrad(x, target),
          );
        }
        const skipMasked = { skipMasked: true, labelSmoothing: 0.1 };
        // Masked classes are skipped in float64.
        close(
          crossEntropy(x, labels, skipMasked),
          crossEntropy(x, labels, { labelSmoothing: 0.1 }),
        );
      });
    }
  },
);

it.each([Float32Array, Float64Array])("a row of weight 0 has no penalty, %o", (FloatArray) => {
  const x = FloatArray.of(2, 0, 1);
  const call = (weight: number[], labelSmoothing: number) =>
    crossEntropy(x, 0, { weight, labelSmoothing, zLoss: 1, reduction: "sum" });
  expect(call([0, 1, 1], 0)).toBe(0);
  expect(call([0, 0, 0], 0.1)).toBe(0);
  // Label smoothing gives the target all classes.
  const lse = logSumExp([2, 0, 1]);
  expect(call([0, 1, 1], 0.1)).toBeCloseTo((0.1 / 3) * (2 * lse - 1) + lse ** 2, 6);
});

describe("confident rows keep their digits", () => {
  it.each([12, 20, 37, 50])("one class leads by %d", (gap) => {
    const x = Float64Array.of(gap, 0, -1, 0.5);
    const zLoss = 1e-4;
    const reference = exactReference(x);
    const { value, grad } = crossEntropy.valueAndGrad(x, 0, { zLoss });
    const lse = reference.logSumExp;
    expect(maxUlp([value], [zLoss * lse ** 2 - reference.logSoftmax[0]], "float64")).toBeLessThan(
      4,
    );
    const slope = 2 * zLoss * lse;
    const expected = reference.gradient(0).map((g, j) => g + slope * reference.softmax[j]);
    expect(maxUlp(grad, expected, "float64")).toBeLessThan(4);

    // Without a penalty nothing hides the small numbers.
    const capped = crossEntropy.valueAndGrad(x, 0, { softcap: 1e9 });
    expect(relativeError([capped.value], [0 - reference.logSoftmax[0]], 0)).toBeLessThan(1e-12);
    expect(relativeError(capped.grad, reference.gradient(0), 0)).toBeLessThan(1e-12);
    const skipped = crossEntropy.valueAndGrad([...x, -inf], [1, 0, 0, 0, 0], { skipMasked: true });
    expect(maxUlp([skipped.value], [0 - reference.logSoftmax[0]], "float64")).toBeLessThan(4);
    expect(maxUlp(skipped.grad.slice(0, 4), reference.gradient(0), "float64")).toBeLessThan(4);
    expect(skipped.grad[4] + 0).toBe(0);
  });

  it("where the cap is nearly reached, the slope is as small as it is", () => {
    // sech²(20) = 1.6993…e-17; 1 − tanh(20)² is 0 in float64.
    const { value, grad } = crossEntropy.valueAndGrad([20, -20], 1, { softcap: 1 });
    expect(value).toBeCloseTo(2 + Math.log1p(Math.exp(-2)), 15);
    const slope = 4 * Math.exp(-40);
    expect(
      relativeError(grad, [slope / (1 + Math.exp(-2)), -slope / (1 + Math.exp(-2))], 0),
    ).toBeLessThan(1e-14);
  });

  it("float32 rounds once", () => {
    const x = Float32Array.of(25, 0, -1);
    const reference = exactReference(Float64Array.from(x));
    const { grad } = crossEntropy.valueAndGrad(x, 0, { softcap: 1e6 });
    expect(relativeError(grad, reference.gradient(0), 0)).toBeLessThan(1e-6);
  });
});

describe("masked logits", () => {
  const skipMasked = true;

  it("become −s under a softcap", () => {
    expect(crossEntropy([0, -inf], 1, { softcap: 2 })).toBeCloseTo(crossEntropy([0, -2], 1), 15);
    const { grad } = crossEntropy.valueAndGrad([0, -inf], 1, { softcap: 2 });
    expect(grad[0]).toBeCloseTo(crossEntropy.valueAndGrad([0, -2], 1).grad[0], 15);
    expect(grad[1] + 0).toBe(0);
    expect(crossEntropy([inf, 0], 1, { softcap: 2 })).toBeCloseTo(crossEntropy([2, 0], 1), 15);
    // A row of −∞ has equal logits then, and is not empty.
    for (const whenEmpty of ["nan", "zero"]) {
      expect(crossEntropy([-inf, -inf], 1, { softcap: 2, whenEmpty })).toBe(Math.LN2);
    }
  });

  it("make smoothing infinite, unless they are skipped", () => {
    const x = [1, 1, -inf];
    const labelSmoothing = 0.2;
    expect(crossEntropy(x, 0, { labelSmoothing })).toBe(inf);
    expect(crossEntropy(x, 0, { labelSmoothing, skipMasked })).toBeCloseTo(Math.LN2, 15);
    const { grad } = crossEntropy.valueAndGrad(x, 0, { labelSmoothing, skipMasked });
    expect(relativeError(grad, [-0.4, 0.4, 0], 1e-3)).toBeLessThan(1e-14);
  });

  it("give their probability to the others, if they are skipped", () => {
    const x = [1, 0, -inf];
    expect(crossEntropy(x, [0.2, 0.6, 0.2])).toBe(inf);
    const options = { skipMasked };
    expect(crossEntropy(x, [0.2, 0.6, 0.2], options)).toBeCloseTo(
      crossEntropy([1, 0], [0.25, 0.75]),
      15,
    );
  });

  it.each(
    [1, 40].flatMap((rows) =>
      [0, 1].flatMap((axis) =>
        [Float32Array, Float64Array].map((Logits) => ({ rows, axis, Logits })),
      ),
    ),
  )(
    "give up every probability, however tiny it or the others are: $rows rows, axis $axis, $Logits.name",
    ({ rows, axis, Logits }) => {
      const repeat = (row: number[]) => {
        const all = Array.from({ length: rows }, () => row);
        return axis === 1 ? all.flat() : row.flatMap((item) => new Array<number>(rows).fill(item));
      };
      const shape = axis === 1 ? [rows, 3] : [3, rows];
      const x = { data: Logits.from(repeat([1, 0, -inf])), shape };
      const options = { axis, skipMasked, reduction: "none" } as const;
      for (const [row, kept] of [
        [
          [0.25, 0.75, 1e-20],
          [0.25, 0.75],
        ],
        [
          [1e-300, 3e-300, 1],
          [0.25, 0.75],
        ],
        [
          [1e-46, 0, 1],
          [1, 0],
        ],
        [
          [1e-44, 3e-44, 1],
          [0.25, 0.75],
        ],
      ]) {
        const probabilities = { data: Float64Array.from(repeat(row)), shape };
        const { value, grad } = crossEntropy.valueAndGrad(x, probabilities, options);
        const expected = crossEntropy.valueAndGrad([1, 0], kept);
        const ofRow = repeat([...expected.grad, 0]);
        expect(relativeError(value.data, repeat([expected.value]).slice(0, rows), 0)).toBeLessThan(
          1e-6,
        );
        expect(relativeError(grad.data, ofRow, 1e-3)).toBeLessThan(1e-6);
      }
    },
  );

  it("are an infinite loss where the target has no other class", () => {
    for (const target of [1, [0, 1]]) {
      for (const options of [
        { skipMasked },
        { skipMasked, labelSmoothing: 0.1 },
        { skipMasked, zLoss: 0.1 },
      ]) {
        const { value, grad } = crossEntropy.valueAndGrad([3, -inf], target, options);
        expect(value).toBe(inf);
        expect(grad.every(Number.isFinite)).toBe(true);
      }
    }
  });

  it("leave nothing of a row in which all are masked", () => {
    const rows = [
      [-inf, -inf],
      [0, 0],
    ];
    for (const target of [
      [0, 1],
      [
        [0.5, 0.5],
        [0, 1],
      ],
    ]) {
      for (const options of [
        { zLoss: 0.1 },
        { skipMasked },
        { skipMasked, softcap: 2, zLoss: 0.1 },
        { skipMasked, labelSmoothing: 0.1 },
      ]) {
        const { value, grad } = crossEntropy.valueAndGrad(rows, target, {
          ...options,
          reduction: "none",
        });
        expect(value[0]).toBeNaN();
        expect(value[1]).toBeGreaterThan(0.6);
        expect(grad[0]).toEqual([nan, nan]);
        const zero = crossEntropy.valueAndGrad(rows, target, {
          ...options,
          reduction: "none",
          whenEmpty: "zero",
        });
        expect([zero.value[0], zero.grad[0]]).toEqual([0, [0, 0]]);
        expect(zero.value[1]).toBe(value[1]);
      }
    }
  });

  it("an ignored row has no penalty, whatever it holds", () => {
    const rows = [
      [nan, inf],
      [1, 2],
    ];
    const options = { ...all, reduction: "none" };
    for (const [target, more] of [
      [[-100, 1], {}],
      [[0, 1], { sampleWeight: [0, 1] }],
      [[0, 1], { weight: [0, 1] }],
      [
        [
          [0, 0],
          [0, 1],
        ],
        {},
      ],
    ]) {
      const { value, grad } = crossEntropy.valueAndGrad(rows, target, { ...options, ...more });
      expect(value[0]).toBe(0);
      expect(grad[0]).toEqual([0, 0]);
      expect(value[1]).toBeGreaterThan(0);
    }
  });
});

it.each([
  [{ zLoss: -1 }, "crossEntropy: zLoss must be a finite number of at least 0, got -1."],
  [{ zLoss: inf }, "got Infinity"],
  [{ zLoss: nan }, "got NaN"],
  [{ softcap: 0 }, "crossEntropy: softcap must be a number above 0, got 0."],
  [{ softcap: nan }, "got NaN"],
  [{ skipMasked: 1 }, "crossEntropy: skipMasked must be true or false, got 1."],
])("refuses %j", (options, message) => {
  expect(() => crossEntropy([1, 2], 0, options)).toThrow(message);
});

it("class weights of any size leave the penalty as it is", () => {
  const [weight, small] = [0.75, 2 ** -700];
  const options = { zLoss: 0.5, weight: [small, small] };
  const expected = (0.5 * Math.log(2) ** 2) / small + Math.log(2);
  expect(crossEntropy([0, 0], 0, options) / expected).toBeCloseTo(1, 12);
  expect(crossEntropy([0, 0], 0, { zLoss: 0.5, weight: [weight, weight] })).toBeCloseTo(
    (0.5 * Math.log(2) ** 2) / weight + Math.log(2),
    12,
  );
});

it.each([1e-310, 5e-324, 1e300])("zLoss and the weight %d of each row have a mean", (weight) => {
  const input = [
    [1, 2],
    [0, 3],
  ];
  const options = { sampleWeight: [weight, weight], zLoss: 0.01 };
  const expected = crossEntropy.valueAndGrad(input, [0, 1], { zLoss: 0.01 });
  const actual = crossEntropy.valueAndGrad(input, [0, 1], options);
  expect(actual.value).toBeCloseTo(expected.value as number, 14);
  expect(flat(actual.grad)).toEqual(flat(expected.grad).map((g) => expect.closeTo(g, 14)));
});
