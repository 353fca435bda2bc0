import type { FloatInput, NestedNumbers, Tensor } from "@surprisal/core";
import { describe, expect, expectTypeOf, it } from "vitest";
import {
  cosineEmbeddingLoss,
  crossEntropy,
  defineRowLoss,
  gaussianNllLoss,
  type LossOptions,
  mseLoss,
  tripletMarginLoss,
} from "../index.ts";

const none = { reduction: "none" } as const;
const floats = Float32Array.of(1, 3);
const tensor = { data: floats, shape: [2] };

/** The type of a float array that is new. */
type Floats = ReturnType<typeof floats.subarray>;

const scaledProduct = {
  kind: "row",
  name: "scaledProduct",
  arguments: { a: "vector", b: "vector", scale: "value" },
  differentiable: ["a"],
  formula: () => (arrays: readonly Float64Array[]) => {
    const [a, b, [scale]] = arrays;
    return a.reduce((sum, value, j) => sum + scale * value * b[j], 0);
  },
} as const;

/** scale · a · b, with one scale for each row. */
const scaled = defineRowLoss<
  LossOptions,
  [b: FloatInput, scale: FloatInput],
  never,
  never,
  ["vector", "value"]
>(scaledProduct);

describe("one loss per element", () => {
  it("is in the input's container if no argument has more axes", () => {
    const pairs = mseLoss([1, 3], [0, 1], none);
    expectTypeOf(pairs).toEqualTypeOf<number[]>();
    expect(pairs).toEqual([1, 4]);
    const rows = mseLoss([[1, 3]], 1, none);
    expectTypeOf(rows).toEqualTypeOf<number[][]>();
    expect(rows).toEqual([[0, 4]]);
    const perVector = gaussianNllLoss([[1, 3]], [1, 3], [1], none);
    expectTypeOf(perVector).toEqualTypeOf<number[][]>();
    expect(perVector).toEqual([[0, 0]]);
    const single = mseLoss(1, 3, none);
    expectTypeOf(single).toEqualTypeOf<number>();
    expect(single).toBe(4);
    const vector = mseLoss(floats, [1, 1], none);
    expectTypeOf(vector).toEqualTypeOf<Floats>();
    expect(vector).toEqual(Float32Array.of(0, 4));
    const ofTensor = mseLoss(tensor, [[1], [1]], none);
    expectTypeOf(ofTensor).toEqualTypeOf<Tensor<typeof floats>>();
    expect(ofTensor).toEqual({ data: Float32Array.of(0, 4, 0, 4), shape: [2, 2] });
  });

  it("has the axes of the argument with most of them", () => {
    const ofNumber = mseLoss(1, [[1], [3]], none);
    expectTypeOf(ofNumber).toEqualTypeOf<number[][]>();
    expect(ofNumber).toEqual([[0], [4]]);
    const ofVector = mseLoss(1, floats, none);
    expectTypeOf(ofVector).toEqualTypeOf<number[]>();
    expect(ofVector).toEqual([0, 4]);
    const ofRows = mseLoss([1, 3], [floats, floats], none);
    expectTypeOf(ofRows).toEqualTypeOf<number[][]>();
    expect(ofRows).toEqual([
      [0, 0],
      [0, 0],
    ]);
    const third = gaussianNllLoss([3], [3], [[1], [1]], none);
    expectTypeOf(third).toEqualTypeOf<number[][]>();
    expect(third).toEqual([[0], [0]]);
    const rows = mseLoss([floats], [[[1, 3]], [[1, 1]]], none);
    expectTypeOf(rows).toEqualTypeOf<Floats[][]>();
    expect(rows).toEqual([[Float32Array.of(0, 0)], [Float32Array.of(0, 4)]]);
  });

  it("is a tensor if a vector is broadcast to several axes", () => {
    const { value, grad } = mseLoss.valueAndGrad(floats, [[1], [3]], none);
    expectTypeOf(value).toEqualTypeOf<Tensor<Floats>>();
    expectTypeOf(grad).toEqualTypeOf<Floats>();
    expect(value).toEqual({ data: Float32Array.of(0, 4, 4, 0), shape: [2, 2] });
    expect(grad).toEqual(Float32Array.of(-4, 4));
  });

  it("has a number of axes that only the run time knows if an argument is a tensor", () => {
    const ofNumber = mseLoss(1, tensor, none);
    expectTypeOf(ofNumber).toEqualTypeOf<number | NestedNumbers>();
    expect(ofNumber).toEqual([0, 4]);
    const ofVector = mseLoss(floats, tensor, none);
    expectTypeOf(ofVector).toEqualTypeOf<Floats | Tensor<Floats>>();
    expect(ofVector).toEqual(Float32Array.of(0, 0));
    const unknown: FloatInput = [[1], [3]];
    const ofAny = mseLoss([1], unknown as FloatInput, none);
    expectTypeOf<number[][]>().toExtend<typeof ofAny>();
    expectTypeOf(ofAny).toExtend<NestedNumbers>();
    expect(ofAny).toEqual([[0], [4]]);
    const options: LossOptions = none;
    const unreduced = mseLoss(floats, [[1], [3]], options);
    expectTypeOf(unreduced).toEqualTypeOf<number | Floats | Tensor<Floats>>();
    expect(unreduced).toEqual({ data: Float32Array.of(0, 4, 4, 0), shape: [2, 2] });
  });
});

describe("one loss per row", () => {
  it("has the axes of all arguments but one", () => {
    const pair = tripletMarginLoss([1, 0], [1, 0], [1, 0], none);
    expectTypeOf(pair).toEqualTypeOf<number>();
    expect(pair).toBe(1);
    const rows = tripletMarginLoss([1, 0], [[1, 0]], [1, 0], none);
    expectTypeOf(rows).toEqualTypeOf<number[]>();
    expect(rows).toEqual([1]);
    const vector = cosineEmbeddingLoss(floats, [floats, floats], [1, 1], none);
    expectTypeOf(vector).toEqualTypeOf<Floats>();
    expect(vector).toHaveLength(2);
    const deep = cosineEmbeddingLoss(floats, [[floats, floats]], 1, none);
    expectTypeOf(deep).toEqualTypeOf<Tensor<Floats>>();
    expect(deep.shape).toEqual([1, 2]);
  });

  it("has the axes of arguments with one value per row", () => {
    const ofNested = scaled([1, 0], [1, 0], [1, 2], none);
    expectTypeOf(ofNested).toEqualTypeOf<number[]>();
    expect(ofNested).toEqual([1, 2]);
    const ofFloats = scaled([[1, 0]], [1, 0], Float32Array.of(1, 2), none);
    expectTypeOf(ofFloats).toEqualTypeOf<number[]>();
    expect(ofFloats).toEqual([1, 2]);
    const ofVector = scaled(floats, floats, [1, 2], none);
    expectTypeOf(ofVector).toEqualTypeOf<Floats>();
    expect(ofVector).toEqual(Float32Array.of(10, 20));
    const ofSeveralAxes = scaled(floats, floats, [[1], [2]], none);
    expectTypeOf(ofSeveralAxes).toEqualTypeOf<Tensor<Floats>>();
    expect(ofSeveralAxes).toEqual({ data: Float32Array.of(10, 20), shape: [2, 1] });
    const ofRows = scaled([floats], floats, [[1], [2]], none);
    expectTypeOf(ofRows).toEqualTypeOf<Floats[]>();
    expect(ofRows).toEqual([Float32Array.of(10), Float32Array.of(20)]);
    const ofUnknown = scaled(floats, floats, tensor, none);
    expectTypeOf(ofUnknown).toEqualTypeOf<number | Floats | Tensor<Floats>>();
    expect(ofUnknown).toEqual(Float32Array.of(10, 30));
    const ofOne = scaled([1, 0], [1, 0], 1, none);
    expectTypeOf(ofOne).toEqualTypeOf<number>();
    expect(ofOne).toBe(1);
    const ofPairs = cosineEmbeddingLoss([[1, 0]], [1, 0], [1], none);
    expectTypeOf(ofPairs).toEqualTypeOf<number[]>();
    expect(ofPairs).toHaveLength(1);
  });

  it("must know which arguments hold one value per row", () => {
    // @ts-expect-error "value" is not in the fifth type parameter
    const loss = defineRowLoss<LossOptions, [b: FloatInput, scale: FloatInput]>(scaledProduct);
    expect(loss([2], [3], 4)).toBe(24);
  });

  it("of classes does not depend on the target", () => {
    const losses = crossEntropy([[0, 0]], { data: Int32Array.of(0), shape: [1] }, none);
    expectTypeOf(losses).toEqualTypeOf<number[]>();
    expect(losses).toEqual([Math.LN2]);
  });
});

describe("out of another kind than the input", () => {
  it("receives the result, which is returned in the input's kind", () => {
    const out = { data: new Float32Array(2), dims: [2] };
    const losses = mseLoss(floats, 1, { ...none, out });
    expectTypeOf(losses).toEqualTypeOf<Floats>();
    expect(losses).toBe(out.data);
    expect(losses).toEqual(Float32Array.of(0, 4));
    const { grad } = mseLoss.valueAndGrad(tensor, 1, { out: out.data });
    expectTypeOf(grad).toEqualTypeOf<Tensor<typeof floats>>();
    expect(grad).toEqual({ data: Float32Array.of(0, 2), shape: [2] });
    expect(grad.data).toBe(out.data);
    const other = mseLoss.valueAndGrad(tensor, 1, { out });
    expect(other.grad).toBe(out);
    expect(out.data).toEqual(Float32Array.of(0, 2));
    expectTypeOf(other.grad).toEqualTypeOf<typeof out>();
    const reduced = mseLoss(floats, 1, { out: new Float32Array(1) });
    expectTypeOf(reduced).toEqualTypeOf<number>();
    expect(reduced).toBe(2);
  });
});

describe("out of the input's kind", () => {
  it("is the result, and so is its type", () => {
    const out = { data: new Float32Array(2), dims: [2] };
    const losses = mseLoss(tensor, 1, { ...none, out });
    expectTypeOf(losses).toEqualTypeOf<typeof out>();
    expect(losses).toBe(out);
    const perRow = { data: new Float32Array(1), dims: [1] };
    const ofRows = crossEntropy({ data: floats, dims: [1, 2] }, [0], { ...none, out: perRow });
    expectTypeOf(ofRows).toEqualTypeOf<number | typeof perRow>();
    expect(ofRows).toBe(perRow);
    const options: LossOptions = { ...none, out };
    expectTypeOf(mseLoss(tensor, 1, options)).toEqualTypeOf<number | Tensor<typeof floats>>();
    const reduced = mseLoss(tensor, 1, { reduction: "sum", out: new Float32Array(1) });
    expectTypeOf(reduced).toEqualTypeOf<number>();
    expect(reduced).toBe(4);
  });
});
