import { allocate, kernels, logSoftmax, type Tensor, useKernels } from "@surprisal/core";
import { random } from "@surprisal/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkClassLoss } from "../../test/checkClassLoss.ts";
import { expectNear } from "../../test/expectNear.ts";
import { crossEntropy } from "../crossEntropy/crossEntropy.ts";
import type { ClassLossDefinition } from "./classDefinition.ts";
import { composeCrossEntropy } from "./composeCrossEntropy.ts";
import { defineLoss } from "./defineLoss.ts";

/** The focal loss (1 − p)² c, for the cross-entropy c and p = exp(−c). */
const focalOf = (c: number) => Math.expm1(-c) ** 2 * c;
const derivative = (c: number) => Math.expm1(-c) ** 2 - 2 * Math.expm1(-c) * Math.exp(-c) * c;

const definition: Omit<ClassLossDefinition<object>, "options"> = {
  kind: "class",
  name: "focal",
  formula: () => (x, coefficients, gradient) => {
    const logs = logSoftmax(x);
    gradient?.fill(0);
    let loss = 0;
    for (let t = 0; t < x.length; t++) {
      if (coefficients[t] === 0) continue;
      loss += coefficients[t] * focalOf(-logs[t]);
      const factor = coefficients[t] * derivative(-logs[t]);
      gradient?.forEach((_, j) => {
        gradient[j] += factor * (Math.exp(logs[j]) - +(j === t));
      });
    }
    return loss;
  },
};

const byFormula = defineLoss(definition);
const byKernel = defineLoss({
  ...definition,
  classIndexKernel: () => composeCrossEntropy(focalOf, derivative),
});

describe("a class loss with a kernel and a formula", () => {
  checkClassLoss(byKernel, (r, classes) =>
    Array.from({ length: classes }, () => (classes === 1 ? 0 : r.normal())),
  );
});

describe.each(kernels().available)("with kernels %s", (instructionSet) => {
  beforeAll(() => void useKernels(instructionSet));
  afterAll(() => void useKernels("auto"));

  it.each([
    { shape: [37, 10], axis: 1 },
    { shape: [3, 400], axis: 1 },
    { shape: [2, 40000], axis: 1 },
    { shape: [2, 5, 8, 9], axis: 1 },
    { shape: [2, 5, 3], axis: 1 },
  ])("equals the loss by its formula, for shape $shape", ({ shape, axis }) => {
    const r = random(shape.length);
    const size = shape.reduce((a, b) => a * b, 1);
    const classes = shape[axis];
    const input = { data: Float32Array.from({ length: size }, () => 2 * r.normal()), shape };
    const target = {
      data: Int32Array.from({ length: size / classes }, () =>
        r.uniform() < 0.2 ? -100 : r.below(classes),
      ),
      shape: shape.toSpliced(axis, 1),
    };
    const weight = Array.from({ length: classes }, () => r.below(3));
    for (const options of [{ axis }, { axis, weight }, { axis, reduction: "none" } as const]) {
      const expected = byFormula.valueAndGrad(input, target, options);
      const out = new Float32Array(input.data);
      const actual = byKernel.valueAndGrad({ data: out, shape }, target, { ...options, out });
      expectClose(toNumbers(byKernel(input, target, options)), toNumbers(expected.value));
      expectClose(toNumbers(actual.value), toNumbers(expected.value));
      expectClose(out, (expected.grad as Tensor).data as Float32Array);
    }
  });
});

describe.each(kernels().available)("limits, kernels %s", (instructionSet) => {
  beforeAll(() => void useKernels(instructionSet));
  afterAll(() => void useKernels("auto"));

  const inf = Number.POSITIVE_INFINITY;
  const define = (loss: (c: number) => number, slope: (c: number) => number) =>
    defineLoss({ ...definition, classIndexKernel: () => composeCrossEntropy(loss, slope) });

  for (const FloatArray of [Float32Array, Float64Array]) {
    // Enough rows for the compiled kernels: a masked target, a sure row, and rows between.
    const rows = 40;
    const data = new FloatArray(rows * 4).map((_, i) => Math.sin(i));
    data.set([0, -inf, 0, -inf, 2000, 0, 0, -inf]);
    const input = { data, shape: [rows, 4] };
    const target = Int32Array.from({ length: rows }, (_, r) => (r === 0 ? 1 : 0));
    const sum = { reduction: "sum" } as const;

    it(`the gradient at a masked target is that of cross-entropy times the limit of f′, ${FloatArray.name}`, () => {
      const { value, grad } = define(focalOf, derivative).valueAndGrad(input, target, sum);
      expect(value).toBe(inf);
      const expected = crossEntropy.valueAndGrad(input, target, sum).grad;
      expect(Array.from(grad.data.subarray(0, 4))).toEqual(
        Array.from(expected.data.subarray(0, 4)),
      );
      expect(Array.from(grad.data.subarray(0, 4))).toEqual([0.5, -1, 0.5, 0]);
      expect(grad.data.every(Number.isFinite)).toBe(true);
    });

    it(`the gradient is 0 where that of cross-entropy is, ${FloatArray.name}`, () => {
      // f′(0) and f′(∞) are infinite.
      const root = define(
        (c) => Math.sqrt(c) + c * c,
        (c) => 0.5 / Math.sqrt(c) + 2 * c,
      );
      const { grad } = root.valueAndGrad(input, target, sum);
      expect(Array.from(grad.data.subarray(0, 8), (g) => g + 0)).toEqual([
        inf,
        -inf,
        inf,
        0,
        0,
        0,
        0,
        0,
      ]);
    });

    it(`a loss that is NaN at infinity takes its limit, ${FloatArray.name}`, () => {
      const entropy = define(
        (c) => c * Math.exp(-c),
        (c) => Math.exp(-c) - c * Math.exp(-c),
      );
      const { value, grad } = entropy.valueAndGrad(input, target, { reduction: "none" });
      expect((value as Tensor).data[0]).toBe(0);
      expect(Array.from(grad.data.subarray(0, 4), (g) => g + 0)).toEqual([0, 0, 0, 0]);
    });
  }

  it("functions without a return are an error", () => {
    const nothing = () => undefined as unknown as number;
    expect(() => define(nothing, () => 1)([1, 2], 0)).toThrow(
      "composeCrossEntropy: loss must return a number, but returned undefined.",
    );
    expect(() => define((c) => c, nothing).valueAndGrad([1, 2], 0)).toThrow(
      "composeCrossEntropy: derivative must return a number, but returned undefined.",
    );
  });
});

describe.each(kernels().available)("factors, kernels %s", (instructionSet) => {
  beforeAll(() => void useKernels(instructionSet));
  afterAll(() => void useKernels("auto"));

  it.each([
    { shape: [50, 10], axis: 1 },
    { shape: [9000, 10], axis: 1 },
    { shape: [35, 300], axis: 1 },
    { shape: [2, 7, 12], axis: 1 },
    { shape: [2, 150_000], axis: 1 },
  ])(
    "do not add the loss of a cross-entropy of 0 for ignored rows, for shape $shape",
    ({ shape, axis }) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const rows = size / shape[axis];
      const input = { data: new Float32Array(size).map((_, i) => Math.sin(i)), shape };
      const lossShape = shape.toSpliced(axis, 1);
      const target = {
        data: Int32Array.from({ length: rows }, (_, r) => (r % 2 === 0 ? 1 : -100)),
        shape: lossShape,
      };
      const shifted = defineLoss({
        ...definition,
        classIndexKernel: () =>
          composeCrossEntropy(
            (c) => c + 1,
            (c) => (c === 0 ? Number.NaN : 1),
          ),
      });
      const plain = toNumbers(crossEntropy(input, target, { axis, reduction: "none" }));
      const losses = Float32Array.from(plain, (c, r) => (r % 2 === 0 ? c + 1 : 0));
      expectClose(toNumbers(shifted(input, target, { axis, reduction: "none" })), losses);
      const { value, grad } = shifted.valueAndGrad(input, target, { axis, reduction: "sum" });
      expectClose(toNumbers(value), toNumbers(losses.reduce((a, b) => a + b, 0)));
      const expected = crossEntropy.valueAndGrad(input, target, { axis, reduction: "sum" });
      expectClose(toNumbers(grad), toNumbers(expected.grad));
    },
  );

  // A row of the last shape passes through the staging buffer in pieces.
  it.each([
    [[50, 10], 1],
    [[35, 300], 1],
    [[2, 7, 12], 1],
    [[1, 150_000], 1],
  ])(
    "multiply gradients whose upstream gradient is out of the kernels' range, %j",
    (shape, axis) => {
      const r = random(7);
      const size = shape.reduce((a, b) => a * b, 1);
      const rows = size / shape[axis];
      const input = { data: Float32Array.from({ length: size }, () => 2 * r.normal()), shape };
      const lossShape = shape.toSpliced(axis, 1);
      const target = {
        data: Int32Array.from({ length: rows }, () => r.below(shape[axis])),
        shape: lossShape,
      };
      // Every third row is computed by JavaScript.
      const scales = Float32Array.from({ length: rows }, (_, i) => (i % 3 === 0 ? 2 ** 30 : 1));
      const gradOutput = { data: scales, shape: lossShape };
      const options = { axis, reduction: "none", gradOutput } as const;
      const tripled = defineLoss({
        ...definition,
        classIndexKernel: () =>
          composeCrossEntropy(
            (c) => 3 * c,
            () => 3,
          ),
      });
      const { grad } = tripled.valueAndGrad(input, target, options);
      const plain = crossEntropy.valueAndGrad(input, target, options).grad;
      expectClose(
        (grad as Tensor<Float32Array>).data,
        Float64Array.from((plain as Tensor<Float32Array>).data, (g) => 3 * g),
      );
    },
  );
});

describe.each(kernels().available)("derivatives beyond float32, kernels %s", (instructionSet) => {
  beforeAll(() => void useKernels(instructionSet));
  afterAll(() => void useKernels("auto"));

  // With four columns, tiles are mostly empty, and the terms of a call take several blocks.
  it.each([
    [[203, 10], 1],
    [[35, 300], 1],
    [[5000, 3, 4], 1],
    [[3, 7, 72], 1],
    [[3, 7, 5], 1],
  ])("have gradients with all their digits, for shape %j", (shape, axis) => {
    const r = random(11);
    const size = shape.reduce((a, b) => a * b, 1);
    const rows = size / shape[axis];
    const data = Float32Array.from({ length: size }, () => 2 * r.normal());
    const lossShape = shape.toSpliced(axis, 1);
    const target = {
      data: Int32Array.from({ length: rows }, (_, i) =>
        i % 7 === 3 ? -100 : r.below(shape[axis]),
      ),
      shape: lossShape,
    };
    const powers = [-37, 0, 37, -12, Number.NEGATIVE_INFINITY, -44, 50, 3];
    const slope = (c: number) => -(10 ** powers[Math.floor(64 * c) % powers.length]);
    const loss = defineLoss({
      ...definition,
      classIndexKernel: () => composeCrossEntropy((c) => c, slope),
    });
    const options = { axis, reduction: "sum" } as const;
    // The derivative jumps: near a jump, the last bits of the cross-entropy decide.
    const values = toNumbers(crossEntropy({ data, shape }, target, { axis, reduction: "none" }));
    const isUnsure = Array.from(values, (c) => Math.abs(64 * c - Math.round(64 * c)) < 1e-3);
    const plain = crossEntropy.valueAndGrad({ data, shape }, target, options).grad;
    const { grad } = loss.valueAndGrad({ data, shape }, target, options);
    const [actual, unscaled] = [toNumbers(grad), toNumbers(plain)];
    const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    for (let i = 0; i < size; i++) {
      const row = Math.floor(i / (inner * shape[axis])) * inner + (i % inner);
      if (isUnsure[row]) continue;
      const expected = target.data[row] < 0 ? 0 : Math.fround(unscaled[i] * slope(values[row]));
      if (Number.isFinite(expected)) {
        const bound = 2 ** -22 * Math.abs(expected) + 2 ** -149;
        expect(Math.abs(actual[i] - expected)).toBeLessThanOrEqual(bound);
      } else expect(actual[i]).toBe(expected);
    }
    const x = allocate(shape);
    x.data.set(data);
    const inPlace = loss.valueAndGrad(x, target, { ...options, out: x }).grad;
    expect(toNumbers(inPlace)).toEqual(actual);
  });
});

it("functions may take the probability and its complement", () => {
  const r = random(5);
  const define = (...functions: Parameters<typeof composeCrossEntropy>) =>
    defineLoss({ ...definition, classIndexKernel: () => composeCrossEntropy(...functions) });
  const withAll = define(
    (c, _, complement) => complement ** 2 * c,
    (c, p, complement) => complement * (complement + 2 * p * c),
  );
  for (const FloatArray of [Float32Array, Float64Array]) {
    const shape = [40, 10];
    // Sure rows, whose complement is tiny, a masked target, and rows between.
    const data = new FloatArray(400).map((_, i) => (i % 30 === 0 ? 60 : 3 * r.normal()));
    data[31] = Number.NEGATIVE_INFINITY;
    const target = Int32Array.from({ length: 40 }, (_, row) => (row === 3 ? 1 : 0));
    const options = { reduction: "none" } as const;
    const expected = byKernel.valueAndGrad({ data, shape }, target, options);
    const actual = withAll.valueAndGrad({ data, shape }, target, options);
    expect(toNumbers(actual.value)[3]).toBe(Number.POSITIVE_INFINITY);
    // Relative to each number, however small.
    const tolerance = { limit: 1e-6, floor: Number.MIN_VALUE };
    const [values, slopes] = [expected.value, expected.grad].map(toNumbers);
    expectNear(Array.from(toNumbers(actual.value)), Array.from(values), tolerance, "the losses");
    expectNear(Array.from(toNumbers(actual.grad)), Array.from(slopes), tolerance, "the gradient");
  }
});

it("functions of one parameter receive the cross-entropy alone, so that others keep their defaults", () => {
  const received = { loss: [] as unknown[][], derivative: [] as unknown[][] };
  const loss = defineLoss({
    ...definition,
    classIndexKernel: () =>
      composeCrossEntropy(
        (...all: number[]) => {
          received.loss.push(all);
          return Number.NaN;
        },
        (c, factor = 2) => {
          received.derivative.push([c, factor]);
          return factor;
        },
      ),
  });
  const data = Float32Array.of(0, 0, Number.NEGATIVE_INFINITY, 0);
  const { grad } = loss.valueAndGrad({ data, shape: [2, 2] }, [0, 0], { reduction: "sum" });
  const ln2 = expect.closeTo(Math.LN2, 6);
  expect(received.loss).toEqual([[ln2], [Infinity], [Number.MAX_VALUE]]);
  expect(received.derivative).toEqual([
    [ln2, 2],
    [Infinity, 2],
  ]);
  expect([...grad.data]).toEqual([-1, 1, -2, 2]);

  const mixed = defineLoss({
    ...definition,
    classIndexKernel: () =>
      composeCrossEntropy(
        (c, p) => c * p,
        (_, factor = 3) => factor,
      ),
  });
  const { value, grad: tripled } = mixed.valueAndGrad({ data, shape: [2, 2] }, [0, 1]);
  expect(value).toBeCloseTo(Math.LN2 / 4, 6);
  expect([...tripled.data]).toEqual([-0.75, 0.75, 0, 0]);
});

it.each([
  ["ordinary", 10, (shape: number[]) => ({ data: new Float32Array(20 * shape[1]), shape })],
  ["ordinary", 300, (shape: number[]) => ({ data: new Float32Array(20 * shape[1]), shape })],
  ["allocated", 10, (shape: number[]) => allocate(shape)],
  ["allocated", 300, (shape: number[]) => allocate(shape)],
])(
  "a function may compute the gradient of another loss in the same memory, %s, %d classes",
  (_, classes, create) => {
    const shape = [20, classes];
    const input = create(shape);
    for (let i = 0; i < input.data.length; i++) input.data[i] = Math.sin(i);
    const other = allocate([80, 10]);
    other.data.fill(1);
    const target = new Int32Array(20);
    const define = (callback: () => unknown) =>
      defineLoss({
        ...definition,
        classIndexKernel: () =>
          composeCrossEntropy(
            (c) => c * c,
            (c) => {
              callback();
              return 2 * c;
            },
          ),
      });
    const nested = () => crossEntropy.valueAndGrad(other, new Int32Array(80));
    const expected = define(() => 0).valueAndGrad(input, target);
    expect(define(nested).valueAndGrad(input, target)).toEqual(expected);
    expect(define(nested).valueAndGrad(input, target, { out: input }).grad).toEqual(expected.grad);
  },
);

it("may compute other losses inside its function", () => {
  const input = { data: new Float32Array(200).map((_, i) => Math.sin(i)), shape: [20, 10] };
  const other = new Float32Array(100);
  const target = new Int32Array(20);
  const defineWith = (callback: () => unknown) =>
    defineLoss({
      ...definition,
      classIndexKernel: () =>
        composeCrossEntropy(
          (c) => {
            callback();
            return c;
          },
          () => 1,
        ),
    });
  const without = defineWith(() => 0)(input, target, { reduction: "none" });
  const nested = defineWith(() => crossEntropy(other, 3))(input, target, { reduction: "none" });
  expect(nested).toEqual(without);
  expect(without).toEqual(crossEntropy(input, target, { reduction: "none" }));
});

function toNumbers(value: unknown): ArrayLike<number> {
  return typeof value === "number" ? [value] : (value as Tensor<Float32Array>).data;
}

/** One assertion for all elements: one for each takes seconds for long rows. */
function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>) {
  expect(actual.length).toBe(expected.length);
  const isClose = (i: number) =>
    Math.abs(actual[i] - expected[i]) <= 1e-6 * Math.abs(expected[i]) + 1e-9;
  const wrong = Array.from(expected, (_, i) => i).filter((i) => !isClose(i));
  expect(wrong.slice(0, 3).map((i) => [i, actual[i], expected[i]])).toEqual([]);
}

it.each([
  ["loss", [undefined, (c: number) => c]],
  ["derivative", [(c: number) => c, undefined]],
])("composeCrossEntropy refuses %s if it is no function", (name, functions) => {
  const compose = composeCrossEntropy as (...args: unknown[]) => unknown;
  expect(() => compose(...functions)).toThrow(
    `composeCrossEntropy: ${name} must be a function, got undefined.`,
  );
});

it("a parameter that is not declared is undefined, so that its default is used", () => {
  const input = new Float32Array(300).fill(0.5);
  input[7] = 3;
  const squared = (loss: Parameters<typeof composeCrossEntropy>[0]) =>
    defineLoss({ ...definition, classIndexKernel: () => composeCrossEntropy(loss, () => 1) });
  // A kernel that computes probabilities has left its numbers behind.
  squared((_, p) => p)(input, 7);
  expect(squared((c, p = Math.exp(-c)) => p)(input, 7)).toBeCloseTo(
    squared((_, p) => p)(input, 7),
    14,
  );
  expect(
    squared((_, ...rest: unknown[]) => rest.filter((x) => x !== undefined).length)(input, 7),
  ).toBe(0);
});
