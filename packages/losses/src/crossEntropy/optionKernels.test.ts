// Kernels of float32 against the formula of float64, for all options alone and in pairs.
import type { Tensor } from "@surprisal/core";
import { magnitude, relativeError } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import { kernelCalls } from "../../test/kernelCalls.ts";
import { crossEntropy } from "./crossEntropy.ts";

const rows = 24;

/** Pseudo-random numbers from −1 to 1. */
const noise = (i: number, seed: number) => {
  const x = Math.sin(i * 12.9898 + seed * 78.233) * 43758.5453;
  return 2 * (x - Math.floor(x)) - 1;
};

/** Checks the kernels of soft targets against float64, and returns their gradient. */
function checkSoftKernel(input: Tensor<Float32Array>, labels: readonly number[], given: object) {
  const run = () => crossEntropy.valueAndGrad(input, labels, given);
  expect(kernelCalls(run)).toEqual(["softCrossEntropy"]);
  const { value, grad } = run();
  const exactInput = { shape: input.shape, data: Float64Array.from(input.data) };
  const exact = crossEntropy.valueAndGrad(exactInput, labels, given);
  expect(value / exact.value).toBeCloseTo(1, 6);
  expect(relativeError(grad.data, exact.grad.data, 1e-6)).toBeLessThan(1e-5);
  return grad;
}

const options = {
  labelSmoothing: () => ({ labelSmoothing: 0.1 }),
  zLoss: () => ({ zLoss: 0.01 }),
  weight: (classes: number) => ({
    weight: Array.from({ length: classes }, (_, c) => 0.5 + (c % 3)),
  }),
  softcap: () => ({ softcap: 2 }),
  skipMasked: () => ({ skipMasked: true }),
  sampleWeight: () => ({ sampleWeight: Array.from({ length: rows }, (_, r) => r % 3) }),
  whenEmpty: () => ({ whenEmpty: "zero" as const }),
};
const names = Object.keys(options) as (keyof typeof options)[];
const pairs = names.flatMap((first, i) => names.slice(i).map((second) => [first, second] as const));

interface Case {
  readonly classes: number;
  readonly axis: number;
  readonly masked: boolean;
}

/** Logits of 24 rows along an axis, some of them −∞ if `masked`, with a target of either kind. */
function makeProblem({ classes, axis, masked }: Case) {
  const shape = axis === 1 ? [rows, classes] : [classes, rows];
  const labels = Array.from({ length: rows }, (_, r) => (r * 5) % classes);
  const rowOf = (i: number) => (axis === 1 ? Math.floor(i / classes) : i % rows);
  const classOf = (i: number) => (axis === 1 ? i % classes : Math.floor(i / rows));
  const isMasked = (i: number) => {
    const [row, c] = [rowOf(i), classOf(i)];
    return masked && c !== labels[row] && (row * 7 + c * 3) % 4 === 0;
  };
  const logits = Float32Array.from({ length: rows * classes }, (_, i) =>
    isMasked(i) ? Number.NEGATIVE_INFINITY : 5 * noise(i, 1),
  );
  const probabilities = Float32Array.from(logits, (_, i) => Math.max(0, noise(i, 2)));
  return { shape, logits, labels, probabilities };
}

const sizes: Case[] = [3, 10, 300].flatMap((classes) =>
  [1, 0].flatMap((axis) => [false, true].map((masked) => ({ classes, axis, masked }))),
);

describe.each(sizes)("$classes classes, axis $axis, masked: $masked", (size) => {
  it.each(pairs)("kernels compute what the formula computes: %s, %s", (first, second) => {
    const { shape, logits, labels, probabilities } = makeProblem(size);
    const { axis, classes } = size;
    const given = { ...options[first](classes), ...options[second](classes), axis };
    const all = { ...given, reduction: "none" } as const;
    for (const target of [labels, { shape, data: probabilities }]) {
      const input = { shape, data: logits };
      const { value, grad } = crossEntropy.valueAndGrad(input, target as number[], all);
      const exactInput = { shape, data: Float64Array.from(logits) };
      const exact = crossEntropy.valueAndGrad(exactInput, target as number[], all);
      const [losses, expected] = [value as Tensor, exact.value as Tensor];
      expect(relativeError(losses.data, expected.data, 0.1)).toBeLessThan(2e-6);
      // The terms that a gradient is the difference of may be larger.
      const floor = magnitude(exact.grad.data);
      expect(relativeError(grad.data, exact.grad.data, floor)).toBeLessThan(1e-6);
      const alone = crossEntropy(input, target as number[], all) as Tensor;
      expect(relativeError(alone.data, expected.data, 0.1)).toBeLessThan(2e-6);
    }
  });
});

it("computes probabilities beyond the range of float32 in float64", () => {
  const logits = { data: Float32Array.from({ length: 140 }, (_, i) => i % 3), shape: [70, 2] };
  const target = { data: new Float64Array(140).fill(1e39), shape: [70, 2] };
  const { value, grad } = crossEntropy.valueAndGrad(logits, target, { gradOutput: 1e-39 });
  const small = { ...target, data: new Float64Array(140).fill(1) };
  const expected = crossEntropy.valueAndGrad(logits, small);
  expect((value as number) / 1e39).toBeCloseTo(expected.value as number, 6);
  expect(relativeError(grad.data, expected.grad.data, 1e-3)).toBeLessThan(1e-5);
});

describe("masked classes that are skipped", () => {
  const inf = Number.POSITIVE_INFINITY;

  /** Rows of classes along an axis. */
  const arrange = (data: number[][], axis: number) =>
    axis === 1 ? data.flat() : data[0].flatMap((_, c) => data.map((row) => row[c]));

  it("spread masked probabilities over others that are a tiny part of them", () => {
    const rows = 70;
    const repeated = (row: number[]) =>
      Float32Array.from({ length: rows * row.length }, (_, i) => row[i % row.length]);
    const [logits, targets] = [
      [-inf, 1, 0, 2],
      [1e9, 1e-30, 0, 1e-30],
    ];
    const [x, q] = [repeated(logits), repeated(targets)].map((data) => ({
      data,
      shape: [rows, 4],
    }));
    const given = { skipMasked: true, reduction: "none" } as const;
    const { value, grad } = crossEntropy.valueAndGrad(x, q, given);
    const expected = crossEntropy.valueAndGrad(logits, targets, { skipMasked: true });
    const values = Array.from({ length: rows }, () => expected.value as number);
    expect(relativeError((value as Tensor).data, values, 0)).toBeLessThan(2e-6);
    expect(relativeError(grad.data.slice(0, 4), expected.grad as number[], 1)).toBeLessThan(2e-6);
  });

  const layouts = [5, 261].flatMap((classes) => [1, 0].map((axis) => ({ classes, axis })));

  it.each(layouts)(
    "spread probabilities over the other classes, even if those are tiny: %o",
    ({ classes, axis }) => {
      const usual = Array.from({ length: classes }, (_, c) => 1 + (c % 3));
      const total = usual.slice(1).reduce((sum, p) => sum + p, 0);
      // The first class is masked. The others have a sum whose inverse is no float, or 1.
      const tiny = usual.map((p, c) => (c === 0 ? 1 : p * 2 ** -140));
      const plain = usual.map((p, c) => (c === 0 ? 0 : p / total));
      const logits = usual.map((_, c) => (c === 0 ? -inf : 3 * noise(c, 7)));
      const targets = Array.from({ length: rows }, (_, r) => (r % 3 === 0 ? tiny : plain));
      const shape = axis === 1 ? [rows, classes] : [classes, rows];
      const x = Float32Array.from(
        arrange(
          targets.map(() => logits),
          axis,
        ),
      );
      const data = Float32Array.from(arrange(targets, axis));
      const given = { axis, skipMasked: true, reduction: "none" } as const;
      const { value, grad } = crossEntropy.valueAndGrad({ shape, data: x }, { shape, data }, given);
      const expected = crossEntropy.valueAndGrad(logits, plain, { skipMasked: true });
      const values = targets.map(() => expected.value);
      expect(relativeError((value as Tensor).data, values, 0.1)).toBeLessThan(2e-6);
      const gradients = arrange(
        targets.map(() => expected.grad),
        axis,
      );
      expect(relativeError(grad.data, gradients, 1e-2)).toBeLessThan(2e-6);
    },
  );

  it.each(layouts)("count in the last, incomplete vector: %o", ({ classes, axis }) => {
    const shape = axis === 1 ? [rows, classes] : [classes, rows];
    const logits = Array.from({ length: rows }, (_, r) =>
      Array.from({ length: classes }, (_, c) => (c === classes - 1 - (r % 2) ? -inf : noise(c, r))),
    );
    const labels = logits.map((_, r) => classes - 2 + (r % 2));
    const probabilities = logits.map((row, r) => row.map((_, c) => Math.abs(noise(c, r + rows))));
    const data = Float32Array.from(arrange(logits, axis));
    const exactInput = { shape, data: Float64Array.from(data) };
    for (const target of [
      labels,
      { shape, data: Float32Array.from(arrange(probabilities, axis)) },
    ]) {
      const given = { axis, skipMasked: true, labelSmoothing: 0.3, reduction: "none" } as const;
      const { value, grad } = crossEntropy.valueAndGrad({ shape, data }, target as number[], given);
      const exact = crossEntropy.valueAndGrad(exactInput, target as number[], given);
      const [losses, expected] = [value as Tensor, exact.value as Tensor];
      expect(relativeError(losses.data, expected.data, 0.1)).toBeLessThan(2e-6);
      const floor = magnitude(exact.grad.data);
      expect(relativeError(grad.data, exact.grad.data, floor)).toBeLessThan(1e-6);
    }
  });

  it.each(layouts)("change no bits of the other rows: %o", ({ classes, axis }) => {
    const shape = axis === 1 ? [rows, classes] : [classes, rows];
    const gradientsOf = (masks: boolean, target: unknown) => {
      const logits = Array.from({ length: rows }, (_, r) =>
        Array.from({ length: classes }, (_, c) =>
          masks && r % 2 === 1 && c > 1 ? -inf : 3 * noise(c, r),
        ),
      );
      const data = Float32Array.from(arrange(logits, axis));
      const given = { axis, skipMasked: true, labelSmoothing: 0.3, reduction: "sum" } as const;
      return crossEntropy.valueAndGrad({ shape, data }, target as number[], given).grad.data;
    };
    const labels = Array.from({ length: rows }, (_, r) => r % 2);
    const data = Float32Array.from({ length: rows * classes }, (_, i) => Math.abs(noise(i, 9)));
    for (const target of [labels, { shape, data }]) {
      const [plain, masked] = [gradientsOf(false, target), gradientsOf(true, target)];
      const isOfOtherRow = (_: number, i: number) =>
        (axis === 1 ? Math.floor(i / classes) : i % rows) % 2 === 0;
      expect(masked.filter(isOfOtherRow)).toEqual(plain.filter(isOfOtherRow));
      expect(masked).not.toEqual(plain);
    }
  });
});

describe("a softcap with soft targets", () => {
  it("has gradients where float32 cannot hold the slope", () => {
    const shape = [16, 8];
    // Up to 44 times the softcap: slopes of about 1e−36 and less.
    const data = Float32Array.from({ length: 128 }, (_, i) => (i % 5 === 0 ? 2 : 88) * noise(i, 3));
    const labels = Array.from({ length: 16 }, (_, r) => r % 8);
    const given = { softcap: 2, labelSmoothing: 0.2, gradOutput: 1e4, reduction: "sum" } as const;
    const { grad } = crossEntropy.valueAndGrad({ shape, data }, labels, given);
    const exact = crossEntropy.valueAndGrad(
      { shape, data: Float64Array.from(data) },
      labels,
      given,
    );
    expect(relativeError(grad.data, exact.grad.data, 1e-36)).toBeLessThan(3e-6);
    expect(exact.grad.data.some((g) => g !== 0 && Math.abs(g) < 1e-33)).toBe(true);
  });

  it("gives a row the same bits beside one whose slopes float32 cannot hold", () => {
    const shape = [16, 8];
    const usual = Float32Array.from({ length: 128 }, (_, i) => 3 * noise(i, 6));
    const special = usual.map((x, i) => (i < 8 ? 88 * x : x));
    const labels = Array.from({ length: 16 }, (_, r) => r % 8);
    const given = { softcap: 2, labelSmoothing: 0.2, reduction: "sum" } as const;
    const gradientsOf = (data: Float32Array) =>
      crossEntropy.valueAndGrad({ shape, data }, labels, given).grad.data.slice(8);
    expect(gradientsOf(special)).toEqual(gradientsOf(usual));
  });

  it.each([{ zLoss: 1e-3 }, { labelSmoothing: 0.1 }, { zLoss: 1e-3, weight: true }])(
    "computes rows longer than the staging buffer: %o",
    ({ weight, ...given }: { zLoss?: number; labelSmoothing?: number; weight?: boolean }) => {
      const classes = 2 ** 17 + 1001;
      const shape = [2, classes];
      const data = Float32Array.from({ length: 2 * classes }, (_, i) => 70 * noise(i, 4));
      const labels = [5, classes - 5];
      const weights = weight && Float32Array.from({ length: classes }, (_, c) => 1 + (c % 2));
      const all = { ...given, softcap: 30, ...(weights && { weight: weights }) };
      const grad = checkSoftKernel({ shape, data }, labels, all);
      // The gradient may replace the logits.
      const own = { shape, data: data.slice() };
      const { grad: inPlace } = crossEntropy.valueAndGrad(own, labels, { ...all, out: own });
      expect(inPlace.data).toEqual(grad.data);
    },
  );

  // A block of 16 such columns is longer than blocks of capped logits usually are.
  it.each([513, 1000, 1024])("computes columns of %i classes", (classes) => {
    const shape = [classes, 40];
    const data = Float32Array.from({ length: classes * 40 }, (_, i) => 70 * noise(i, 7));
    const labels = Array.from({ length: 40 }, (_, r) => (r * 37) % classes);
    const given = { axis: 0, softcap: 30, zLoss: 1e-3 };
    checkSoftKernel({ shape, data }, labels, given);
  });

  it("keeps exact slopes in rows longer than the staging buffer", () => {
    const classes = 2 ** 17 + 8;
    const data = Float32Array.from({ length: classes }, (_, i) => 88 * noise(i, 5));
    const given = { softcap: 2, zLoss: 1e-3, gradOutput: 1e6 };
    const input = { shape: [1, classes], data };
    const { grad } = crossEntropy.valueAndGrad(input, [7], given);
    const exactInput = { shape: [1, classes], data: Float64Array.from(data) };
    const exact = crossEntropy.valueAndGrad(exactInput, [7], given);
    expect(relativeError(grad.data, exact.grad.data, 1e-37)).toBeLessThan(3e-6);
  });
});
