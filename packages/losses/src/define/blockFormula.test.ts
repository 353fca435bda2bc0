import { type FloatInput, kernels, type Tensor, useKernels } from "@surprisal/core";
import {
  binaryCrossEntropyKernel,
  type KernelArray,
  squaredDifferenceKernel,
  tanhKernel,
} from "@surprisal/core/authoring";
import { random, relativeError } from "@surprisal/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkLoss, flat, float64 } from "../../test/checkLoss.ts";
import { defineLoss, type LossOptions } from "./defineLoss.ts";
import type { ElementBlock } from "./elementFormula.ts";

const squaredError = defineLoss({
  kind: "element",
  name: "squaredError",
  formula: () => ({
    block({ count, losses, gradients }, input, target) {
      squaredDifferenceKernel(input, target, losses, gradients?.input, count);
    },
  }),
});

const binaryCrossEntropy = defineLoss({
  kind: "element",
  name: "binaryCrossEntropy",
  formula: () => ({
    block({ count, losses, gradients }, input, target) {
      binaryCrossEntropyKernel(input, target, losses, gradients?.input, count);
    },
  }),
});

/** The log-cosh loss: a loop of its own for the losses, and a kernel for the gradient. */
const logCosh = defineLoss({
  kind: "element",
  name: "logCosh",
  formula: () => ({
    block({ count, losses, gradients }, input, target) {
      for (let i = 0; i < count; i++) input[i] -= target[i];
      for (let i = 0; i < count; i++) {
        const d = Math.abs(input[i]);
        losses[i] = d + Math.log1p(Math.exp(-2 * d)) - Math.LN2;
      }
      if (gradients !== undefined) tanhKernel(input, gradients.input, count);
    },
  }),
});

/** The Gaussian loss, which differentiates its first and last argument. */
const gaussian = defineLoss<LossOptions, [target: FloatInput, variance: FloatInput]>({
  kind: "element",
  name: "gaussian",
  arguments: ["input", "target", "variance"],
  differentiable: ["input", "variance"],
  formula: () => ({
    block({ count, losses, gradients }, input, target, variance) {
      for (let i = 0; i < count; i++) {
        const [d, v] = [input[i] - target[i], variance[i]];
        losses[i] = 0.5 * (Math.log(v) + (d * d) / v);
        if (gradients === undefined) continue;
        gradients.input[i] = d / v;
        if (gradients.variance) gradients.variance[i] = 0.5 * (1 / v - (d / v) ** 2);
      }
    },
  }),
});

/** Half the squared distance of two vectors, times a weight per row. */
const distance = defineLoss<
  LossOptions & { axis?: number },
  [b: FloatInput, weights: FloatInput],
  never,
  never,
  ["vector", "value"]
>({
  kind: "row",
  name: "distance",
  arguments: { a: "vector", b: "vector", weights: "value" },
  differentiable: ["a", "b"],
  formula: () => ({
    block({ rows, size, losses, gradients }, a, b, weights) {
      for (let r = 0, k = 0; r < rows; r++) {
        let sum = 0;
        for (let j = 0; j < size; j++, k++) {
          const d = a[k] - b[k];
          sum += 0.5 * d * d;
          if (gradients === undefined) continue;
          gradients.a[k] = weights[r] * d;
          if (gradients.b) gradients.b[k] = -weights[r] * d;
        }
        losses[r] = weights[r] * sum;
      }
    },
  }),
});

const r = random(12);
const normal = (shape: readonly number[]) =>
  float64(
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => r.normal()),
    shape,
  );
const probabilities = (shape: readonly number[]) => {
  const { data } = normal(shape);
  return { data: data.map((x) => 1 / (1 + Math.exp(-x))), shape };
};

describe("an element loss whose formula computes blocks", () => {
  describe("the squared error", () => {
    checkLoss(squaredError, [
      { label: "one row", input: normal([5]), rest: [normal([5])] },
      { label: "a broadcast target", input: normal([2, 1, 50]), rest: [normal([2, 1, 1])] },
    ]);
  });

  describe("the binary cross-entropy", () => {
    checkLoss(binaryCrossEntropy, [
      { label: "a matrix", input: normal([3, 40]), rest: [probabilities([3, 40])] },
      { label: "a number as the target", input: normal([70]), rest: [0.3] },
    ]);
  });

  describe("the log-cosh loss", () => {
    checkLoss(logCosh, [{ label: "a vector", input: normal([90]), rest: [normal([90])] }]);
  });

  describe("the Gaussian loss", () => {
    const variance = { data: Float64Array.of(0.5, 1, 2), shape: [3] };
    checkLoss(gaussian, [{ label: "a vector", input: normal([3]), rest: [[0, 1, 2], variance] }]);
  });
});

describe("a row loss whose formula computes blocks", () => {
  checkLoss(distance, [
    { label: "rows", input: normal([4, 30]), rest: [normal([4, 30]), [1, 2, 0, 0.5]] },
    {
      label: "columns",
      input: normal([3, 4]),
      rest: [normal([3, 4]), [1, 2, 0, 0.5]],
      options: { axis: 0 },
    },
  ]);
});

describe.each(kernels().available)("blocks of float32, kernels %s", (level) => {
  beforeAll(() => void useKernels(level));
  afterAll(() => void useKernels("auto"));

  const shape = [3, 5003];
  const wide = normal(shape);
  const input = { data: Float32Array.from(wide.data), shape };
  const target = { data: Float32Array.from(probabilities(shape).data), shape };
  const doubles = { data: Float64Array.from(input.data), shape };

  const losses = [squaredError, binaryCrossEntropy, logCosh];

  it.each(losses.map((loss) => [loss.name, loss] as const))("%s equals float64", (_, loss) => {
    const upstream = float64(
      Array.from({ length: 15009 }, (_, i) => i % 7),
      shape,
    );
    for (const options of [{}, { reduction: "none" as const, gradOutput: upstream }]) {
      const { value, grad } = loss.valueAndGrad(input, target, options);
      const expected = loss.valueAndGrad(doubles, target, options);
      expect(grad.data).toBeInstanceOf(Float32Array);
      expect(relativeError(flat(value), flat(expected.value), 1)).toBeLessThan(1e-6);
      expect(relativeError(flat(grad), flat(expected.grad), 1)).toBeLessThan(1e-6);
    }
  });

  it("gives in place, and with a target that is broadcast, what it gives beside", () => {
    const { value, grad } = squaredError.valueAndGrad(input, target);
    const inPlace = { data: input.data.slice(), shape };
    expect(squaredError.valueAndGrad(inPlace, target, { out: inPlace }).value).toBe(value);
    expect(inPlace.data).toEqual(grad.data);
    const overTarget = { data: target.data.slice(), shape };
    squaredError.valueAndGrad(input, overTarget, { out: overTarget });
    expect(overTarget.data).toEqual(grad.data);
    // One row of the output is the target itself.
    const shared = { data: new Float32Array(15009), shape };
    shared.data.set(target.data.subarray(0, 5003), 5003);
    const row = { data: shared.data.subarray(5003, 10006), shape: [5003] };
    const expected = squaredError.valueAndGrad(input, row.data.slice()).grad.data;
    expect(squaredError.valueAndGrad(input, row, { out: shared }).grad.data).toEqual(expected);
  });

  it("releases the blocks of a formula that throws", () => {
    const seen = new Set<KernelArray>();
    const faulty = defineLoss({
      kind: "element",
      name: "faulty",
      formula: () => ({
        block({ losses }) {
          seen.add(losses);
          throw new Error("faulty formula");
        },
      }),
    });
    for (let i = 0; i < 200; i++) expect(() => faulty(input, target)).toThrow("faulty formula");
    expect(seen.size).toBeLessThan(5);
  });

  it("computes rows that are longer than a block", () => {
    const a = { data: Float32Array.from({ length: 20000 }, (_, i) => i % 3), shape: [2, 10000] };
    const b = { data: new Float32Array(20000), shape: [2, 10000] };
    const { value, grads } = distance.valueAndGrad(a, b, [1, 3], { reduction: "sum" });
    const squares = Array.from(a.data, (x, i) => (i < 10000 ? 0.5 : 1.5) * x * x);
    expect(value).toBe(squares.reduce((sum, square) => sum + square, 0));
    expect(flat(grads?.b)).toEqual(Array.from(a.data, (x, i) => (i < 10000 ? -1 : -3) * x));
  });
});

it("finds zeros in gradients and NaN in losses, whatever was computed before", () => {
  const sparse = defineLoss({
    kind: "element",
    name: "sparse",
    formula: () => ({
      block({ count, losses, gradients }, x) {
        for (let i = 0; i < count; i++) {
          if (x[i] === 0) continue;
          losses[i] = x[i];
          if (gradients) gradients.input[i] = 1;
        }
      },
    }),
  });
  const sparseRows = defineLoss<object, []>({
    kind: "row",
    name: "sparseRows",
    arguments: { input: "vector" },
    differentiable: ["input"],
    formula: () => ({
      block({ rows, size, losses, gradients }, x) {
        for (let r = 0; r < rows; r++) {
          if (x[r * size] === 0) continue;
          losses[r] = x[r * size];
          if (gradients) gradients.input[r * size] = 1;
        }
      },
    }),
  });
  // Longer than a block: the second block is zeros.
  const x = new Float64Array(10_000).fill(0).fill(1, 0, 5000);
  const matrix = { data: x, shape: [5000, 2] };
  const elements = sparse.valueAndGrad(x, x, { reduction: "none" });
  expect(elements.grad).toEqual(x);
  expect(elements.value).toEqual(x.map((value) => value || Number.NaN));
  const rows = sparseRows.valueAndGrad(matrix, { reduction: "none" });
  expect(rows.grad.data).toEqual(x.map((value, i) => (i % 2 === 0 ? value : 0)));
  const { data } = rows.value as Tensor<Float64Array>;
  expect(data.slice(2500).every(Number.isNaN)).toBe(true);
});

it("a formula of blocks may have further keys", () => {
  const loss = defineLoss({
    kind: "element",
    name: "ones",
    formula: () => {
      const formula = {
        kernel: () => 7,
        block({ losses, gradients }: ElementBlock) {
          losses.fill(1);
          gradients?.input.fill(2);
        },
      };
      return formula;
    },
  });
  const x = new Float32Array(5000);
  expect(loss(x, x)).toBe(1);
  expect(loss.valueAndGrad(x, x, { reduction: "sum" }).grad).toEqual(x.map(() => 2));
});
