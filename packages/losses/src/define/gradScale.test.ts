import { describe, expect, it } from "vitest";
import { crossEntropy, klDiv, mseLoss, poissonNllLoss } from "../index.ts";
import { readGradScale } from "./gradScale.ts";
import type { Reduction } from "./optionSchemas.ts";
import type { PreparedLoss } from "./preparedLoss.ts";
import { weightGradScale, weightLosses } from "./sampleWeight.ts";

const name = "mine.valueAndGrad";
const prepare = (shape: readonly number[], meanDivisor: number) =>
  ({
    shape,
    meanDivisor,
    emptyMean: -1,
    inputs: [{ tensor: { shape } }],
  }) as unknown as PreparedLoss;

/** Reads the upstream gradient of six losses. */
const read = (gradOutput: unknown, reduction: Reduction, prepared = prepare([2, 3], 6)) =>
  readGradScale(name, prepared, reduction, gradOutput);

describe("one factor for all losses", () => {
  it.each<[unknown, Reduction, number]>([
    [undefined, "mean", 1 / 6],
    [undefined, "sum", 1],
    [undefined, "none", 1],
    [undefined, "batchmean", 1 / 2],
    [3, "mean", 3 / 6],
    [3, "none", 3],
    [{ data: Float64Array.of(3), shape: [] }, "mean", 3 / 6],
    [{ data: Float32Array.of(3), dims: [] }, "sum", 3],
  ])("gradOutput %o with the reduction %s", (gradOutput, reduction, factor) => {
    const { loadGradScale, gradOutput: losses } = read(gradOutput, reduction);
    expect(loadGradScale.constant).toBe(factor);
    expect(losses).toBeUndefined();
    const gradScale = Float64Array.of(7, 7, 7, 7);
    loadGradScale(2, 3, gradScale);
    expect(gradScale).toEqual(Float64Array.of(factor, factor, factor, 7));
  });

  it("of a loss without axes, also if it comes as an array", () => {
    const single = prepare([], 1);
    expect(read(3, "none", single).loadGradScale.constant).toBe(3);
    const tensor = { data: Float64Array.of(3), shape: [] };
    expect(read(tensor, "none", single).loadGradScale.constant).toBe(3);
  });

  it("is the mean of nothing where the divisor is 0", () => {
    expect(read(5, "mean", prepare([0], 0)).loadGradScale.constant).toBe(-1);
  });
});

it("one factor for each loss, read from the block's first on", () => {
  const data = Float64Array.of(1, 2, 3, 4, 5, 6);
  const { loadGradScale, gradOutput } = read({ data, shape: [2, 3] }, "none");
  expect(loadGradScale.constant).toBeUndefined();
  expect(gradOutput).toBe(data);
  const gradScale = Float64Array.of(7, 7, 7);
  loadGradScale(3, 2, gradScale);
  expect(gradScale).toEqual(Float64Array.of(4, 5, 7));
});

it.each<[unknown, Reduction, string]>([
  [[1, 2], "mean", `${name}: gradOutput must be a number, got shape [2].`],
  [[[1]], "sum", `${name}: gradOutput must be a number, got shape [1, 1].`],
  [
    [1, 2, 3],
    "none",
    `${name}: gradOutput must be a number or have the losses' shape [2, 3], got shape [3].`,
  ],
])("refuses gradOutput %o with the reduction %s", (gradOutput, reduction, message) => {
  expect(() => read(gradOutput, reduction)).toThrow(new RangeError(message));
});

it("names gradOutput where it is no container", () => {
  expect(() => read("1", "sum")).toThrow(/^mine\.valueAndGrad: gradOutput /);
});

describe("sampleWeight", () => {
  const weights = Float64Array.of(1, 2, 3, 4);

  it("multiplies the losses of a block before they are stored", () => {
    const stored: unknown[] = [];
    const store = weightLosses((...block) => stored.push(block), weights);
    const losses = Float64Array.of(5, 6, 7);
    store(1, 2, losses);
    expect(stored).toEqual([[1, 2, losses]]);
    expect(losses).toEqual(Float64Array.of(10, 18, 7));
  });

  it("multiplies the factors of a block's gradients", () => {
    const load = weightGradScale((_, count, gradScale) => gradScale.fill(10, 0, count), weights);
    const gradScale = Float64Array.of(7, 7, 7);
    load(2, 2, gradScale);
    expect(gradScale).toEqual(Float64Array.of(30, 40, 7));
    expect(load.constant).toBeUndefined();
  });

  it("leaves both as they are if there are no weights", () => {
    const { loadGradScale } = read(undefined, "mean");
    const store = () => {};
    expect(weightGradScale(loadGradScale, undefined)).toBe(loadGradScale);
    expect(weightLosses(store, undefined)).toBe(store);
  });
});

describe.each([
  ["a few elements", 2],
  ["many elements", 5000],
])("an upstream gradient of 0 is a factor, as in PyTorch: %s", (_, size) => {
  const fill = (FloatArray: typeof Float32Array | typeof Float64Array, value: number) =>
    new FloatArray(size).fill(value);

  it.each([
    ["mseLoss", mseLoss, Float64Array, Number.POSITIVE_INFINITY],
    ["mseLoss, float32", mseLoss, Float32Array, Number.POSITIVE_INFINITY],
    ["poissonNllLoss, exp(x) beyond float64", poissonNllLoss, Float64Array, 1000],
    ["poissonNllLoss, exp(x) beyond float32", poissonNllLoss, Float32Array, 100],
  ] as const)("0 · ∞ is NaN: %s", (_, loss, FloatArray, x) => {
    const [input, target] = [fill(FloatArray, x), fill(FloatArray, 1)];
    const { valueAndGrad } = loss as typeof mseLoss;
    const { grad } = valueAndGrad(input, target, { gradOutput: 0 });
    expect(grad).toEqual(fill(FloatArray, Number.NaN));
    const sampleWeight = fill(Float64Array, 0);
    const ignored = valueAndGrad(input, target, { reduction: "sum", sampleWeight });
    expect(ignored.value).toBe(0);
    expect(ignored.grad).toEqual(fill(FloatArray, 0));
  });

  it("0 · NaN is NaN: crossEntropy", () => {
    const shape = [size, 2];
    const input = { data: new Float32Array(2 * size).fill(Number.NaN), shape };
    const target = new Int32Array(size);
    const { grad } = crossEntropy.valueAndGrad(input, target, { gradOutput: 0 });
    expect(grad.data).toEqual(input.data);
    const options = { reduction: "sum", sampleWeight: target } as const;
    expect(crossEntropy.valueAndGrad(input, target, options).grad.data).toEqual(
      new Float32Array(2 * size),
    );
  });

  it("a finite derivative gives 0, also of an infinite loss", () => {
    const input = fill(Float32Array, Number.NEGATIVE_INFINITY);
    const options = { gradOutput: 0, differentiate: ["input"] };
    const { value, grad } = klDiv.valueAndGrad(input, fill(Float32Array, 1), options);
    expect(value).toBe(Number.POSITIVE_INFINITY);
    expect([...grad].every((element) => element === 0)).toBe(true);
  });
});
