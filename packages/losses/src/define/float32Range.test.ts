import { describe, expect, it } from "vitest";
import {
  binaryCrossEntropyWithLogits,
  cosineEmbeddingLoss,
  crossEntropy,
  gaussianNllLoss,
  jensenShannonDivergence,
  klDiv,
  mseLoss,
  multilabelSoftMarginLoss,
  tripletMarginLoss,
} from "../index.ts";

const large = 1e39;
const float32 = Float32Array.of(0.5, 0.25);
const limit = "within ±3.4e38, because";

describe("a finite number that float32 cannot hold is an error beside float32 input", () => {
  it.each<[string, () => unknown, string]>([
    ["a target", () => mseLoss(float32, [1, large]), "mseLoss: target[1] must be"],
    ["a single one", () => mseLoss(float32, -large), "mseLoss: target must be"],
    ["a bigint", () => mseLoss(float32, [10n ** 39n, 0n] as never), "mseLoss: target[0] must be"],
    [
      "with gradients",
      () => klDiv.valueAndGrad(float32, Float64Array.of(0, large)),
      "klDiv.valueAndGrad: target[1] must be",
    ],
    [
      "in two axes, with options that need the regular path",
      () => mseLoss({ data: float32, shape: [2, 1] }, [[1], [large]], { reduction: "none" }),
      "mseLoss: target[1][0] must be",
    ],
    [
      "an option",
      () => binaryCrossEntropyWithLogits(float32, [1, 0], { posWeight: [1, large] }),
      "binaryCrossEntropyWithLogits: posWeight[1] must be",
    ],
    [
      "a later argument",
      () => gaussianNllLoss(float32, [1, 1], [1, large]),
      "gaussianNllLoss: variance[1] must be",
    ],
  ])("%s", (_, call, message) => {
    expect(call).toThrow(RangeError);
    expect(call).toThrow(
      `${message} ${limit} input is float32, got ${message.includes("target must") ? "-" : ""}1e+39.`,
    );
  });

  it.each<[string, () => unknown, string, string]>([
    [
      "vectors",
      () => cosineEmbeddingLoss({ data: float32, shape: [2, 1] }, [[1], [large]], [1, 1]),
      "cosineEmbeddingLoss: input2",
      "input1",
    ],
    [
      "vectors that are repeated",
      () => jensenShannonDivergence({ data: new Float32Array(6), shape: [2, 3] }, [0, 0, large]),
      "jensenShannonDivergence: input2",
      "input1",
    ],
    [
      "vectors along another axis",
      () =>
        tripletMarginLoss({ data: float32, shape: [1, 2] }, [[1, 2]], [[1, large]], { axis: 0 }),
      "tripletMarginLoss: negative",
      "anchor",
    ],
    [
      "an option of vectors",
      () => multilabelSoftMarginLoss(float32, [1, 0], { weight: [large, 1] }),
      "multilabelSoftMarginLoss: weight",
      "input",
    ],
  ])("%s", (name, call, label, input) => {
    expect(call).toThrow(RangeError);
    const row = name.includes("option") || name.includes("repeated") ? 0 : 1;
    expect(call).toThrow(`${label} must be ${limit} ${input} is float32, got 1e+39 at row ${row}.`);
  });
});

describe("is no error", () => {
  it("for a loss of weight 0", () => {
    const { value, grads } = mseLoss.valueAndGrad(float32, [1, large], { sampleWeight: [1, 0] });
    expect(value).toBe(0.25);
    expect(grads).toEqual({ input: Float32Array.of(-1, 0), target: [1, 0] });
    const vectors = { data: float32, shape: [2, 1] };
    const divergence = jensenShannonDivergence(vectors, [[1], [large]], { sampleWeight: [1, 0] });
    expect(divergence).toBe(0);
  });

  it("for the largest float32, for infinities and for float64 input", () => {
    const most = 3.4028234663852886e38;
    expect(mseLoss(new Float32Array(2), [most, -most])).toBe(Number.POSITIVE_INFINITY);
    // Numbers that round to the largest one.
    expect(mseLoss(Float32Array.of(most, 0), [most * (1 + 2 ** -26), 0])).toBe(0);
    expect(mseLoss(float32, [Number.POSITIVE_INFINITY, 0])).toBe(Number.POSITIVE_INFINITY);
    expect(mseLoss(float32, [Number.NaN, 0])).toBeNaN();
    expect(mseLoss([0, 0], [large, 0])).toBe(large ** 2 / 2);
  });

  it.each([1, 2000])("for weights and probabilities, which keep float64: %i rows", (rows) => {
    const input = { data: new Float32Array(rows * 8), shape: [rows, 8] };
    const doubles = { data: new Float64Array(rows * 8), shape: [rows, 8] };
    const target = new Int32Array(rows);
    const weight = [large, 1, 1, 1, 1, 1, 1, 1];
    const probabilities = { data: new Float64Array(rows * 8), shape: [rows, 8] };
    for (let r = 0; r < rows; r++) probabilities.data[r * 8] = large;
    for (const [labels, options] of [
      [target, { weight, reduction: "sum" }],
      [target, { sampleWeight: Array(rows).fill(large), reduction: "sum" }],
      [probabilities, {}],
    ] as const) {
      const gradOutput = 1 / large;
      const found = crossEntropy.valueAndGrad(input, labels, { ...options, gradOutput });
      const expected = crossEntropy.valueAndGrad(doubles, labels, { ...options, gradOutput });
      expect(found.value / expected.value).toBeCloseTo(1, 6);
      found.grad.data.forEach((element, i) => {
        expect(element).toBeCloseTo(expected.grad.data[i], 6);
      });
    }
  });
});
