// The overlap losses of float32 against the same formulas in float64.
import { kernels, sigmoid, softmax, type Tensor, useKernels } from "@surprisal/core";
import { random, ulpAt } from "@surprisal/testing";
import { afterEach, describe, expect, it } from "vitest";
import type { AnyLoss } from "../../test/checkLoss.ts";
import { diceLoss } from "../diceLoss/diceLoss.ts";
import { tverskyLoss } from "../tverskyLoss/tverskyLoss.ts";

type Floats = Tensor<Float32Array | Float64Array>;

afterEach(() => {
  useKernels("auto");
});

const { normal, uniform, below } = random(17);
const toFloat64 = ({ data, shape }: Floats) => ({ data: Float64Array.from(data), shape });

/** A segmentation: the numbers of one position are `inner` apart. */
interface Segmentation {
  readonly input: Tensor<Float32Array>;
  readonly labels: Tensor<Int32Array>;
  readonly axis: number;
  readonly classes: number;
  /** Returns the index of an element. */
  readonly at: (position: number, j: number) => number;
}

function segmentation(shape: readonly number[], axis: number, next: () => number): Segmentation {
  const count = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
  const [classes, inner] = [shape[axis], count(shape.slice(axis + 1))];
  const data = Float32Array.from({ length: count(shape) }, next);
  const labels = Int32Array.from({ length: data.length / classes }, () => below(classes));
  return {
    input: { data, shape },
    labels: { data: labels, shape: shape.filter((_, i) => i !== axis) },
    axis,
    classes,
    at: (r, j) => Math.floor(r / inner) * classes * inner + j * inner + (r % inner),
  };
}

/** Adds a gap to the logits of the labels, and sometimes to those of other classes. */
function makeSure({ input, labels, classes, at }: Segmentation): void {
  labels.data.forEach((label, r) => {
    input.data[at(r, uniform() < 0.95 ? label : below(classes))] += 30;
  });
}

function oneHot({ input, labels, at }: Segmentation): Tensor<Float32Array> {
  const shares = { data: new Float32Array(input.data.length), shape: input.shape };
  labels.data.forEach((label, r) => {
    shares.data[at(r, label)] = 1;
  });
  return shares;
}

/** Checks numbers to 8 ulp of the largest term of each, or of the number itself. */
function expectNear(actual: Floats, expected: Floats, terms?: ArrayLike<number>): void {
  const isWrong = (e: number, i: number) => {
    const ulp = ulpAt(Math.max(Math.abs(e), terms?.[i] ?? 0), "float32");
    return !(Math.abs(actual.data[i] - e) <= 8 * ulp);
  };
  const wrong = expected.data.findIndex(isWrong);
  const found = { element: wrong, actual: actual.data[wrong], expected: expected.data[wrong] };
  expect(found).toEqual({ element: -1 });
}

/**
 * Returns the largest terms of the gradient of softmax, pⱼ (dⱼ − Σ p d), where the sum is taken relative to the most probable
 * class: as large as the derivatives d by the probabilities, which are those of activation "none".
 */
function largestTerms(
  { labels, classes, at }: Segmentation,
  probabilities: Floats,
  derivatives: Floats,
): Float64Array {
  const [p, d] = [probabilities.data, derivatives.data];
  const terms = new Float64Array(p.length);
  for (let r = 0; r < labels.data.length; r++) {
    const elements = Array.from({ length: classes }, (_, j) => at(r, j));
    const top = elements.reduce((a, b) => (p[b] > p[a] ? b : a));
    const size = (i: number) => (i === top ? 0 : Math.max(Math.abs(d[i]), Math.abs(d[top])));
    // Probabilities near the smallest normal float have fewer digits.
    const atLeast = (i: number) => Math.max(p[i], 2 ** -122);
    const excess = elements.reduce((sum, i) => sum + atLeast(i) * size(i), 0);
    for (const i of elements) terms[i] = atLeast(i) * (excess + size(i));
  }
  return terms;
}

const losses: readonly [string, AnyLoss, object][] = [
  ["diceLoss", diceLoss, {}],
  ["diceLoss of squares", diceLoss, { squared: true }],
  ["diceLoss of a batch", diceLoss, { batch: true, smooth: 0 }],
  ["tverskyLoss", tverskyLoss, { alpha: 0.3, beta: 0.7 }],
];

const shapes: readonly [string, readonly number[], number][] = [
  ["classes on the last axis", [2, 90, 37], 2],
  ["classes on the last axis, as many as fit", [1, 64, 256], 2],
  ["rows of positions", [2, 3, 70], 1],
  ["rows of positions that fill no vectors", [2, 5, 9, 119], 1],
  ["short rows of positions", [1, 300, 7, 2], 2],
];

describe.each(kernels().available)("float32, kernels %s", (name) => {
  const both = (loss: AnyLoss, input: Floats, target: unknown, options: object) => {
    const all = { reduction: "none", ...options };
    const expected = loss.valueAndGrad(toFloat64(input), target, all);
    useKernels(name);
    const actual = loss.valueAndGrad(input, target, all);
    const value = loss(input, target, all);
    useKernels("auto");
    expect(value).toEqual(actual.value);
    // Probabilities near the smallest normal float have fewer digits, and are divided by as little as the smooth.
    expectNear(
      actual.value,
      expected.value,
      expected.value.data.map(() => 2 ** -100),
    );
    return [actual.grad, expected.grad] as const;
  };

  describe.each(losses)("%s", (_, loss, options) => {
    it.each(shapes)("of softmax, %s", (_label, shape, axis) => {
      for (const [scale, isSure] of [
        [2, false],
        [2, true],
        [60, false],
      ] as const) {
        const data = segmentation(shape, axis, () => scale * normal());
        if (isSure) makeSure(data);
        const probabilities = softmax(toFloat64(data.input), { axis });
        const none = { ...options, axis, activation: "none", reduction: "none" };
        const derivatives = loss.valueAndGrad(probabilities, data.labels, none).grad;
        const terms = largestTerms(data, probabilities, derivatives);
        for (const target of [data.labels, oneHot(data)]) {
          const [actual, expected] = both(loss, data.input, target, { ...options, axis });
          expectNear(actual, expected, terms);
        }
      }
    });

    it.each(shapes)("of sigmoid and of probabilities, %s", (_label, shape, axis) => {
      for (const scale of [2, 60]) {
        const data = segmentation(shape, axis, () => scale * normal());
        for (const activation of ["sigmoid", "none"]) {
          const input = activation === "none" ? sigmoid(data.input) : data.input;
          for (const target of [data.labels, oneHot(data)]) {
            const [actual, expected] = both(loss, input, target, { ...options, axis, activation });
            expectNear(actual, expected);
          }
        }
      }
    });

    it("of a mask, some of whose positions are ignored", () => {
      const data = segmentation([2, 1, 10, 70], 1, () => 3 * normal());
      const mask = {
        data: Float32Array.from(data.labels.data, (_, r) => (r % 9 ? below(2) : 255)),
        shape: [2, 10, 70],
      };
      for (let r = 0; r < mask.data.length; r += 9) data.input.data[r] = Number.NaN;
      const all = { ...options, axis: 1, activation: "sigmoid", ignoreIndex: 255 };
      const [actual, expected] = both(loss, data.input, mask, all);
      expectNear(actual, expected);
    });

    it("of shares", () => {
      const data = segmentation([2, 3, 70], 1, normal);
      const shares = { data: data.input.data.map(uniform), shape: data.input.shape };
      for (const activation of ["softmax", "sigmoid", "none"]) {
        const input = activation === "none" ? sigmoid(data.input) : data.input;
        const all = { ...options, axis: 1, activation };
        const [actual, expected] = both(loss, input, shares, all);
        // The derivatives are differences of terms of this size.
        const largest = expected.data.reduce((a: number, b: number) => Math.max(a, Math.abs(b)), 0);
        expectNear(actual, expected, new Float64Array(shares.data.length).fill(largest));
      }
    });

    it("ignores positions and weights of 0, whatever they hold", () => {
      const data = segmentation([3, 4, 200], 1, normal);
      const { input, labels, at } = data;
      for (let r = 0; r < 600; r += 7) {
        labels.data[r] = -100;
        input.data[at(r, r % 4)] = Number.NaN;
      }
      // The second example has weight 0.
      for (let r = 200; r < 400; r += 3) input.data[at(r, 1)] = Number.NaN;
      const isBatch = "batch" in options;
      if (isBatch) for (let r = 200; r < 400; r++) labels.data[r] = -100;
      const weights = isBatch ? [1, 0, 2, 1] : [1, 0, 1, 1, 0, 0, 0, 0, 0, 2, 1, 1];
      const sampleWeight = {
        data: Float64Array.from(weights),
        shape: isBatch ? [4] : [3, 4],
      };
      const [actual, expected] = both(loss, input, labels, { ...options, axis: 1, sampleWeight });
      const largest = new Float64Array(input.data.length).fill(1e-3);
      expectNear(actual, expected, largest);
      for (let r = 0; r < 600; r += 7) {
        for (let j = 0; j < 4; j++) expect(actual.data[at(r, j)]).toBe(0);
      }
    });
  });

  it("is NaN only in the regions with an infinite logit or NaN", () => {
    const { input, labels } = segmentation([3, 4, 200], 1, normal);
    input.data[5] = Number.POSITIVE_INFINITY;
    input.data[4 * 200 + 5] = Number.NaN;
    useKernels(name);
    const options = { axis: 1, reduction: "none" } as const;
    const { value, grad } = diceLoss.valueAndGrad(input, labels, options);
    const isNaNs = (data: Float32Array) => Array.from(data, Number.isNaN);
    expect(isNaNs((value as Tensor<Float32Array>).data)).toEqual([
      ...new Array(8).fill(true),
      ...new Array(4).fill(false),
    ]);
    expect((grad as Tensor<Float32Array>).data.subarray(1600).every(Number.isFinite)).toBe(true);
  });
});

it("allocates nothing that grows with the input if out is given", () => {
  const { input, labels } = segmentation([4, 10, 25_000], 1, normal);
  const out = { data: new Float32Array(input.data.length), shape: input.shape };
  const sampleWeight = { data: Float32Array.of(1, 0, 2, 1), shape: [4, 1] };
  const call = () => diceLoss.valueAndGrad(input, labels, { axis: 1, sampleWeight, out });
  call();
  const before = process.memoryUsage().arrayBuffers;
  call();
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000);
});
