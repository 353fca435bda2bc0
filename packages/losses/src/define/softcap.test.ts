import { allocate, kernels, type Tensor, useKernels } from "@surprisal/core";
import { softcapRow } from "@surprisal/core/authoring";
import { random } from "@surprisal/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { crossEntropy } from "../crossEntropy/crossEntropy.ts";

const inf = Number.POSITIVE_INFINITY;

describe.each(kernels().available)("softcap of float32, kernels %s", (instructionSet) => {
  beforeAll(() => void useKernels(instructionSet));
  afterAll(() => void useKernels("auto"));

  // Blocks of many rows, of one row, and of one slab of columns.
  it.each([
    [[1001, 10], 1],
    [[3, 5000], 1],
    [[2, 7, 64], 1],
    [[3, 9, 5], 1],
    [[70], 0],
  ])("equals float64 but for the rounding of the capped logits, shape %j", (shape, axis) => {
    const r = random(shape.length);
    const size = shape.reduce((a, b) => a * b, 1);
    const rowShape = shape.toSpliced(axis, 1);
    const data = Float32Array.from({ length: size }, () => 20 * r.normal());
    const targets = Int32Array.from({ length: size / shape[axis] }, () =>
      r.uniform() < 0.1 ? -100 : r.below(shape[axis]),
    );
    const target = { data: targets, shape: rowShape };
    const weight = Array.from({ length: shape[axis] }, () => r.below(3));
    for (const more of [{}, { weight }, { skipMasked: true }, { reduction: "none" } as const]) {
      const x = data.slice();
      if ("skipMasked" in more) for (let i = 0; i < size; i += 7) x[i] = -inf;
      const options = { axis, softcap: 8, ...more };
      const exact = crossEntropy.valueAndGrad(
        { data: Float64Array.from(x), shape },
        target,
        options,
      );
      const out = x.slice();
      const actual = crossEntropy.valueAndGrad({ data: out, shape }, target, { ...options, out });
      // Four roundings of logits of at most 8.
      const error = 4 * 8 * 2 ** -24;
      expectClose(numbersOf(actual.value), numbersOf(exact.value), 2 * error, error);
      expectClose(out, numbersOf(exact.grad), 2 * error, 1e-30);
      const own = allocate(shape) as Tensor<Float32Array>;
      own.data.set(x);
      const inPlace = crossEntropy.valueAndGrad(own, target, { ...options, out: own });
      expect(inPlace.value).toEqual(actual.value);
      expect(Array.from(own.data)).toEqual(Array.from(out));
    }
  });

  it("keeps the digits of gradients where the slope is tiny", () => {
    const r = random(1);
    const data = Float32Array.from({ length: 4000 }, () => 80 * (r.uniform() - 0.5));
    data[0] = 0;
    const options = { softcap: 1 };
    const [float32, float64] = [data, Float64Array.from(data)].map(
      (x) => crossEntropy.valueAndGrad(x, 0, options).grad,
    );
    // The capped logits of a class and of the largest are rounded four times each, and the slope about as often.
    expectClose(float32, Array.from(float64), 20 * 2 ** -24, 1e-37);
  });

  // Vectors of four lanes span rows of these sizes, and padding.
  it.each([
    [[5, 259], 1],
    [[2, 67, 5], 1],
    [[2, 131_075], 1],
  ])(
    "a row's results depend neither on other rows nor on earlier calls, shape %j",
    (shape, axis) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const [classes, inner] = [shape[axis], shape[2] ?? 1];
      const rowShape = shape.toSpliced(axis, 1);
      const data = Float32Array.from({ length: size }, (_, i) => 3 * Math.sin(i));
      const target = { data: new Int32Array(size / classes).fill(classes - 2), shape: rowShape };
      const options = { softcap: 5, axis, reduction: "none" } as const;
      const call = (x: Float32Array) => {
        const { value, grad } = crossEntropy.valueAndGrad({ data: x, shape }, target, options);
        const isFirst = (i: number) => i < classes * inner && i % inner === 0;
        return [(value as Tensor).data[0], ...grad.data.filter((_, i) => isFirst(i))];
      };
      const expected = call(data);
      const earlier = new Float32Array(size + 4 * classes).fill(1e30);
      crossEntropy({ data: earlier, shape: [earlier.length / classes, classes] }, [
        ...new Int32Array(earlier.length / classes),
      ]);
      expect(call(data)).toEqual(expected);
      const others = data.map((x, i) => (i < classes * inner && i % inner === 0 ? x : 100));
      expect(call(others)).toEqual(expected);
    },
  );

  it("large logits have slope 4·exp(−2|x|/s), until it is no normal float", () => {
    const x = new Float32Array(80);
    x.set([10, -20, 40, -43, 50, inf, -inf]);
    const { grad } = crossEntropy.valueAndGrad(x, 79, { softcap: 1 });
    const gradient = Array.from(grad as Float32Array);
    // Capped to ±1: four logits are 1, three are −1, and the others are 0.
    const sum = 73 + 4 * Math.E + 3 / Math.E;
    for (const [j, v] of [10, -20, 40, -43].entries()) {
      const expected = (4 * Math.exp(-2 * Math.abs(v)) * Math.exp(Math.sign(v))) / sum;
      expect(gradient[j] / expected).toBeCloseTo(1, 4);
    }
    expect(gradient[4]).toBeLessThan(1e-37);
    expect(gradient.slice(5, 7)).toEqual([0, 0]);
  });

  it.each([1, 8, 30, 1e-3, 12345])("is as exact below s = %d as above it", (softcap) => {
    const r = random(3);
    const around = [-2, -1, -0.5, 0, 0.5, 1, 2].map((exponent) => 1 + exponent * 2 ** -24);
    const factors = [...around, ...around.map((f) => -f), 0.9, -0.9, 1.1, 1e-30, 0, 40, Number.NaN];
    for (const factor of factors) {
      // Four logits are capped together: all below s, one above it, or all above it.
      const x = Float32Array.from({ length: 68 }, () => softcap * (2 * r.uniform() - 1));
      x[66] = factor * softcap;
      x.fill(factor * softcap, 8, 12);
      for (const target of [66, 9, 0]) {
        const exact = crossEntropy.valueAndGrad(Float64Array.from(x), target, { softcap });
        const { value, grad } = crossEntropy.valueAndGrad(x, target, { softcap });
        const error = 2 * softcap * 2 ** -24;
        expectClose([value as number], [exact.value as number], 4 * 2 ** -24, 2 * error);
        expectClose(numbersOf(grad), numbersOf(exact.grad), 2 * error + 16 * 2 ** -24, 1e-37);
      }
    }
  });

  it.each([
    ["every slope is a normal float", 20],
    ["a slope is not", 8 * 43],
  ])("takes rows longer than the kernels' buffer, where %s", (_, largest) => {
    const r = random(7);
    const x = Float32Array.from({ length: 131200 }, () => 5 * r.normal());
    x[131150] = -largest;
    const exact = crossEntropy.valueAndGrad(Float64Array.from(x), 131100, { softcap: 8 });
    const { value, grad } = crossEntropy.valueAndGrad(x, 131100, { softcap: 8, out: x });
    const error = 8 * 8 * 2 ** -24;
    expectClose(numbersOf(value), numbersOf(exact.value), 0, error);
    expectClose(numbersOf(grad), numbersOf(exact.grad), error, 1e-43);
    expect(grad).toBe(x);
  });

  it.each([1e30, 1e45, 1e-30])("keeps what float32 holds, upstream gradient %d", (gradOutput) => {
    const data = new Float32Array(100).map((_, k) => (k % 10) * 6);
    const call = (array: Float32Array | Float64Array) =>
      crossEntropy.valueAndGrad({ data: array, shape: [10, 10] }, new Int32Array(10), {
        softcap: 1,
        gradOutput,
      }).grad.data;
    const expected = Float32Array.from(call(Float64Array.from(data)));
    expectClose(call(data), expected, 1e-6, 1e-44);
  });

  it.each([0, 1])("leaves no NaN of an ignored row in the gradient, axis %d", (axis) => {
    const data = new Float32Array(100).fill(1);
    // Row 3 of ten, along either axis.
    for (let j = 0; j < 10; j++) data[axis === 1 ? 30 + j : 10 * j + 3] = Number.NaN;
    const target = Array.from({ length: 10 }, (_, r) => (r === 3 ? -100 : 0));
    const { value, grad } = crossEntropy.valueAndGrad({ data, shape: [10, 10] }, target, {
      axis,
      softcap: 5,
    });
    expect(value).toBeCloseTo(Math.log(10), 6);
    expect(Array.from(numbersOf(grad)).some(Number.isNaN)).toBe(false);
  });
});

describe("the float64 cap of a row", () => {
  it("is s·tanh(x/s), with the slope sech²(x/s)", () => {
    const x = [0, 1, -6, 40, inf, -inf, Number.NaN];
    const row = Float64Array.from(x);
    const slopes = new Float64Array(x.length);
    softcapRow(row, 2, false, slopes);
    expectClose(
      row,
      x.map((v) => 2 * Math.tanh(v / 2)),
      1e-15,
      0,
    );
    expectClose(
      slopes.subarray(0, 3),
      x.slice(0, 3).map((v) => Math.cosh(v / 2) ** -2),
      1e-14,
      0,
    );
    expect(slopes[3] / (4 * Math.exp(-40))).toBeCloseTo(1, 14);
    expect(Array.from(slopes.subarray(4))).toEqual([0, 0, Number.NaN]);
  });

  it("keeps −∞, and nothing else, where masked classes are skipped", () => {
    const row = Float64Array.of(-inf, inf, -40, 0);
    softcapRow(row, 2, true, new Float64Array(4));
    expect(Array.from(row)).toEqual([-inf, 2, -2, 0]);
  });
});

function numbersOf(value: unknown): ArrayLike<number> {
  if (typeof value === "number") return [value];
  return ArrayBuffer.isView(value) ? (value as Float32Array) : (value as Tensor<Float32Array>).data;
}

function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  relative: number,
  absolute: number,
) {
  expect(actual.length).toBe(expected.length);
  let excess = -inf;
  for (let i = 0; i < expected.length; i++) {
    if (Object.is(actual[i], expected[i])) continue;
    const error = Math.abs(actual[i] - expected[i]);
    excess = Math.max(excess, error - (relative * Math.abs(expected[i]) + absolute));
  }
  expect(excess).toBeLessThanOrEqual(0);
}
