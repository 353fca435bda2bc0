import { allocate, kernels, release, type Tensor, useKernels } from "@surprisal/core";
import { type Random, random, ulpAt } from "@surprisal/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CrossEntropyOptions, crossEntropy } from "./crossEntropy.ts";

// The kernels of soft targets beside the float64 formula: every option, in layouts on both sides of every limit.

interface Case {
  readonly shape: readonly number[];
  readonly axis: number;
}

const cases: Case[] = [
  ...[2, 3, 4, 5, 10, 63, 255, 256, 257, 1000].map((classes) => ({
    shape: [37, classes],
    axis: 1,
  })),
  { shape: [4099, 5], axis: 1 },
  { shape: [2, 32768], axis: 1 },
  { shape: [2, 32769], axis: 1 },
  { shape: [1, 131075], axis: 1 },
  ...[2, 3, 4, 7, 64].map((inner) => ({ shape: [5, 11, inner], axis: 1 })),
  { shape: [2, 3, 9001], axis: 1 },
  { shape: [2, 300, 7], axis: 1 },
  { shape: [1, 1024, 68], axis: 1 },
  { shape: [2, 21, 4096], axis: 1 },
];

const fills: Record<string, (r: Random, x: Float32Array) => void> = {
  normal: () => {},
  "−∞ among them": (r, x) =>
    x.set(x.map((v) => (r.uniform() < 0.3 ? Number.NEGATIVE_INFINITY : v))),
  "a NaN": (r, x) => x.fill(Number.NaN, r.below(x.length), r.below(x.length)),
  "an ∞": (r, x) => x.fill(Number.POSITIVE_INFINITY, r.below(x.length)),
  "only −∞": (_, x) => x.fill(Number.NEGATIVE_INFINITY, x.length / 3),
  "large ones": (_, x) => x.fill(1e30, 0, x.length / 2),
  "the range of float32": (r, x) => x.set(x.map(() => 6.8e38 * (r.uniform() - 0.5))),
  "one of them near the limit": (r, x) => x.fill(-3.4e38, r.below(x.length)),
  ties: (_, x) => x.fill(-3.25),
  "confident rows": (r, x) => x.set(x.map((v) => (r.uniform() < 0.2 ? v + 25 : v))),
};

type Options = CrossEntropyOptions & { gradOutput?: Float32Array };

/** Float32Array.from takes several times as long. */
function filled(length: number, next: () => number): Float32Array {
  const numbers = new Float32Array(length);
  for (let i = 0; i < length; i++) numbers[i] = next();
  return numbers;
}

/** Makes targets and options: each with some probability, so that the combinations vary. */
function makeCall(r: Random, { shape, axis }: Case): { target: object; options: Options } {
  const classes = shape[axis];
  const rowShape = shape.filter((_, i) => i !== axis);
  const rows = rowShape.reduce((a, b) => a * b, 1);
  const size = rows * classes;
  const options: Options = { axis };
  if (r.uniform() < 0.5)
    options.weight = Float32Array.from({ length: classes }, () =>
      r.uniform() < 0.2 ? 0 : 2 * r.uniform(),
    );
  if (r.uniform() < 0.3) options.whenEmpty = "zero";
  const hasProbabilities = r.uniform() < 0.5;
  if (!hasProbabilities || r.uniform() < 0.5)
    options.labelSmoothing = r.uniform() < 0.1 ? 1 : 0.2 * r.uniform();
  if (hasProbabilities) {
    const probabilities = filled(size, () => (r.uniform() < 0.3 ? 0 : r.uniform()));
    if (r.uniform() < 0.3)
      return { target: { data: probabilities.map(Math.round), shape }, options };
    return { target: { data: probabilities, shape }, options };
  }
  const labels = Int32Array.from({ length: rows }, () =>
    r.uniform() < 0.1 ? -100 : r.below(classes),
  );
  return { target: { data: labels, shape: rowShape }, options };
}

/** Returns the largest distance in ulp of `scale`; what is infinite, NaN or 0 must be the same. */
function distance(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  scale: (i: number) => number,
): number {
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Object.is(actual[i], expected[i]) || actual[i] === expected[i]) continue;
    const ulps =
      Math.abs(actual[i] - expected[i]) /
      ulpAt(Math.max(Math.abs(expected[i]), scale(i), 2 ** -120), "float32");
    worst = Math.max(worst, Number.isNaN(ulps) ? Number.POSITIVE_INFINITY : ulps);
  }
  return worst;
}

const numbersOf = (value: unknown): ArrayLike<number> =>
  typeof value === "number" ? [value] : (value as Tensor).data;

describe("soft targets", () => {
  afterAll(() => void useKernels("auto"));

  it.each(cases)("equal the formula with all kernels, for shape $shape", (layout) => {
    const { shape } = layout;
    const size = shape.reduce((a, b) => a * b, 1);
    const r = random(size);
    const names =
      size > 1e5 ? ["normal", "the range of float32", "confident rows"] : Object.keys(fills);
    for (const name of names) {
      for (let repeat = 0; repeat < (size > 2e4 ? 3 : 8); repeat++) {
        const data = filled(size, () => 3 * r.normal());
        fills[name](r, data);
        const { target, options: given } = makeCall(r, layout);
        const options = { ...given, reduction: "none" } as const;
        const exact = { data: Float64Array.from(data), shape };
        const reference = crossEntropy.valueAndGrad(exact, target as never, options);
        const expected = Float32Array.from(numbersOf(reference.value));
        for (const instructionSet of kernels().available) {
          useKernels(instructionSet);
          const label = `${instructionSet}, ${name}, ${JSON.stringify({ ...options, weight: options.weight && "w" })}`;
          const input = { data, shape };
          const { value, grad } = crossEntropy.valueAndGrad(input, target as never, options);
          const alone = crossEntropy(input, target as never, options);
          expect(numbersOf(alone), label).toEqual(numbersOf(value));
          expect(
            distance(numbersOf(value), expected, () => 0),
            `loss, ${label}`,
          ).toBeLessThanOrEqual(5);
          // No coefficient is larger than 3, and c is 0 or the gradient's own size in the rest.
          expect(
            distance(numbersOf(grad), numbersOf(reference.grad), () => 0.25),
            `gradient, ${label}`,
          ).toBeLessThanOrEqual(40);
        }
      }
    }
  });
});

describe.each(kernels().available)("soft targets, kernels %s", (instructionSet) => {
  beforeAll(() => void useKernels(instructionSet));
  afterAll(() => void useKernels("auto"));

  it.each([
    [7, 30],
    [3, 700],
  ])("equals the formula for tiny and huge coefficients, for shape [%i, %i]", (rows, classes) => {
    const shape = [rows, classes];
    const data = Float32Array.from({ length: rows * classes }, (_, i) => 5 * Math.sin(7 * i));
    for (const [unit, weight] of [1e-30, 1e-36, 1, 1e30].flatMap((q) =>
      [1e-30, 1, 1e20].map((w) => [q, w]),
    )) {
      const target = { data: data.map((_, i) => unit * (1 + Math.sin(3 * i))), shape };
      const options = {
        reduction: "none",
        weight: new Float64Array(classes).fill(weight),
      } as const;
      const exact = { data: Float64Array.from(data), shape };
      const { value, grad } = crossEntropy.valueAndGrad({ data, shape }, target as never, options);
      const reference = crossEntropy.valueAndGrad(exact, target as never, options);
      const rounded = (numbers: unknown) => Float32Array.from(numbersOf(numbers));
      const label = `probabilities of ${unit}, weights of ${weight}`;
      expect(
        distance(numbersOf(value), rounded(reference.value), () => 0),
        label,
      ).toBeLessThanOrEqual(5);
      expect(
        distance(grad.data, rounded(reference.grad), () => 2 * unit * weight),
        label,
      ).toBeLessThanOrEqual(5);
    }
  });

  it.each([
    [[16, 10], 1],
    [[16, 300], 1],
    [[2, 10, 8], 1],
  ])("keeps rows of weight 0 at 0, whatever their probabilities, for shape %j", (shape, axis) => {
    const length = shape.reduce((a, b) => a * b, 1);
    const input = { data: filled(length, random(5).normal), shape };
    const classes = shape[axis];
    const rowShape = shape.toSpliced(axis, 1);
    const inner = shape[axis + 1] ?? 1;
    const weights = new Float32Array(length / classes).fill(1);
    weights[3] = 0;
    const sampleWeight = { data: weights, shape: rowShape };
    const valid = new Float32Array(length).fill(1 / classes);
    const call = (data: Float32Array) =>
      crossEntropy.valueAndGrad(input, { data, shape }, { axis, sampleWeight });
    const expected = call(valid);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -1]) {
      const target = valid.slice();
      const start = inner === 1 ? 3 * classes : 3;
      for (let j = 0; j < classes; j++) target[start + j * inner] = value;
      expect(call(target)).toEqual(expected);
    }
    expect(numbersOf(expected.grad)[inner === 1 ? 3 * classes : 3]).toBe(0);
  });

  // Probabilities are checked by the blocks in which they are computed, or before, where results are written.
  it.each([
    [[37, 10], 1],
    [[4099, 11], 1],
    [[128, 1000], 1],
    [[3, 50_001], 1],
    [[1, 131_071], 1],
    [[1, 131_075], 1],
    [[3, 11, 7], 1],
    [[2, 11, 68], 1],
  ])("finds a number that is no probability wherever it is, for shape %j", (shape, axis) => {
    const length = shape.reduce((a, b) => a * b, 1);
    const logits = filled(length, random(7).normal);
    const out = { data: new Float32Array(length / shape[axis]), shape: shape.toSpliced(axis, 1) };
    for (const memory of ["ordinary", "allocated"]) {
      const tensorOf = (data: Float32Array) => {
        const tensor = { data: allocate(shape).data, shape };
        if (memory === "allocated") tensor.data.set(data);
        return memory === "allocated" ? tensor : { data, shape };
      };
      const input = tensorOf(logits);
      const target = tensorOf(new Float32Array(length).fill(1 / shape[axis]));
      const value = crossEntropy(input, target, { axis });
      for (const place of [0, 1, 4095, 32_767, 32_768, length - 4, length - 1]) {
        if (place >= length) continue;
        for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, -0.5]) {
          const right = target.data[place];
          target.data[place] = wrong;
          for (const options of [{ axis }, { axis, reduction: "none", out } as const]) {
            expect(() => crossEntropy(input, target, options)).toThrow(`at least 0, got ${wrong}`);
          }
          target.data[place] = right;
        }
      }
      expect(crossEntropy(input, target, { axis })).toBe(value);
      expect(out.data).toEqual(new Float32Array(out.data.length));
      // More than 1 is no error: probabilities may have any sum.
      target.data[length - 1] = 2.5;
      expect(crossEntropy(input, target, { axis })).toBeGreaterThan(0);
    }
    release();
  });

  it("computes rows with masked classes as their neighbours", () => {
    const shape = [16, 10];
    const logits = filled(160, random(6).normal);
    for (let r = 0; r < 16; r++) logits[10 * r + 4] = Number.NEGATIVE_INFINITY;
    const probabilities = new Float32Array(160).fill(1 / 9);
    for (let r = 0; r < 16; r++) probabilities[10 * r + 4] = 0;
    const without = (numbers: ArrayLike<number>) =>
      Float32Array.from({ length: 144 }, (_, i) => numbers[i + Math.floor((i + 5) / 9)]);
    const masked = crossEntropy.valueAndGrad(
      { data: logits, shape },
      { data: probabilities, shape },
    );
    const plain = crossEntropy.valueAndGrad(
      { data: without(logits), shape: [16, 9] },
      { data: without(probabilities), shape: [16, 9] },
    );
    expect(masked.value).toBeCloseTo(plain.value as number, 6);
    const gradients = numbersOf(masked.grad);
    for (let r = 0; r < 16; r++) expect(gradients[10 * r + 4]).toBe(0);
    expect(
      distance(without(gradients), numbersOf(plain.grad) as Float32Array, () => 1 / 144),
    ).toBeLessThanOrEqual(5);
  });

  it.each([
    ["allocated rows", 256, true],
    ["rows longer than the staging memory", 140_000, false],
  ])("the gradient may be written over the probabilities: %s", (_, size, isAllocated) => {
    const shape = [2, size];
    const tensor = () =>
      isAllocated ? allocate(shape) : { data: new Float32Array(2 * size), shape };
    const [x, q] = [tensor(), tensor()];
    x.data.set(filled(2 * size, random(7).normal));
    q.data.fill(1 / size);
    for (const options of [
      {},
      { labelSmoothing: 0.1 },
      { zLoss: 0.1, reduction: "sum" },
    ] as const) {
      const expected = crossEntropy.valueAndGrad(x, q, options);
      const out = tensor();
      out.data.set(q.data);
      const { value } = crossEntropy.valueAndGrad(x, out, { ...options, out });
      expect(value).toBe(expected.value);
      expect(out.data).toEqual(numbersOf(expected.grad));
    }
    release();
  });

  it("keeps the digits of small probabilities times a small upstream gradient", () => {
    for (const [classes, mass, gradOutput] of [
      [20, 2 ** -19, 2 ** -72],
      [100, 2 ** -19, 2 ** -70],
      [100, 2 ** -10, 2 ** -66],
    ]) {
      const shape = [4, classes];
      const q = new Float32Array(4 * classes);
      for (let r = 0; r < 4; r++) q[r * classes] = mass;
      const { grad } = crossEntropy.valueAndGrad(
        { data: new Float32Array(4 * classes), shape },
        { data: q, shape },
        { reduction: "sum", gradOutput },
      );
      const expected = (gradOutput * mass) / classes;
      expect(Math.abs(numbersOf(grad)[1] / expected - 1)).toBeLessThan(5 * 2 ** -23);
    }
  });
});
