import { describe, expect, it } from "vitest";
import type { AnyLoss } from "../../test/checkLoss.ts";
import { defineElementLoss } from "./defineLoss.ts";
import type { PreparedLoss } from "./preparedLoss.ts";
import { computeAside, openValue, reductionDivisor } from "./reduction.ts";

const makeProduct = (neverThrows: boolean): AnyLoss =>
  defineElementLoss({
    kind: "element",
    name: "product",
    neverThrows,
    formula: () => ({ loss: (a, b) => a * b, gradients: { input: (_, b) => b } }),
  });
const product = makeProduct(true);
const vector = (...elements: readonly number[]) => ({
  data: Float64Array.from(elements),
  shape: [elements.length],
});
const number = (element: number) => ({ data: Float64Array.of(element), shape: [] });

describe("the divisor of the sum", () => {
  const divisor = (
    reduction: Parameters<typeof reductionDivisor>[1],
    shape: readonly number[],
    sampleWeight?: Float64Array,
  ) =>
    reductionDivisor(
      { meanDivisor: 6, sampleWeight, inputs: [{ tensor: { shape } }] } as unknown as PreparedLoss,
      reduction,
    );

  it.each([
    ["mean", [4, 3], 6],
    ["sum", [4, 3], 1],
    ["none", [4, 3], 1],
    ["batchmean", [4, 3], 4],
    ["batchmean", [], 1],
  ] as const)("of %s for the shape %j is %d", (reduction, shape, expected) => {
    expect(divisor(reduction, shape)).toBe(expected);
  });

  it("of batchmean is the share of the weights times the size of the batch", () => {
    expect(divisor("batchmean", [4, 3], new Float64Array(12))).toBe(2);
    expect(divisor("batchmean", [4, 0], new Float64Array(0))).toBe(4);
    expect(divisor("mean", [4, 3], new Float64Array(12))).toBe(6);
  });
});

describe("reduction: none", () => {
  // Short and long blocks of losses are copied in two ways.
  it.each([63, 64, 65, 5000])("returns %i losses, also in an out of their size", (length) => {
    const a = Float64Array.from({ length }, (_, i) => i + 1);
    const b = Float64Array.from({ length }, (_, i) => i % 7);
    const expected = a.map((x, i) => x * b[i]);
    expect(product(a, b, { reduction: "none" })).toEqual(expected);
    const out = new Float64Array(length).fill(Number.NaN);
    product(a, b, { reduction: "none", out });
    expect(out).toEqual(expected);
    expect(makeProduct(false)(a, b, { reduction: "none" })).toEqual(expected);
  });

  it.each<[unknown, unknown, unknown]>([
    [2, 3, 6],
    [2, [3, 4], [6, 8]],
    [
      [1, 2],
      [3, 4],
      [3, 8],
    ],
    [Float64Array.of(1, 2), [3, 4], Float64Array.of(3, 8)],
    [Float64Array.of(1, 2), [[3, 4]], { data: Float64Array.of(3, 8), shape: [1, 2] }],
    [number(2), [3, 4], vector(6, 8)],
    [[[1], [2]], 3, [[3], [6]]],
  ])("of %j and %j", (input, target, expected) => {
    expect(product(input, target, { reduction: "none" })).toEqual(expected);
  });

  it.each([true, false])("to out, where the formula never throws: %s", (neverThrows) => {
    const out = vector(7, 7, 7);
    const loss = makeProduct(neverThrows);
    const losses = loss(vector(1, 2, 3), 2, { reduction: "none", out });
    expect(losses.data).toBe(out.data);
    expect(out).toEqual(vector(2, 4, 6));
    const single = number(7);
    expect(loss(number(2), 3, { reduction: "none", out: single })).toBe(6);
    expect(single).toEqual(number(6));
  });

  it("refuses an out of another shape before anything is written", () => {
    const out = vector(7, 7);
    expect(() => product(vector(1, 2, 3), 2, { reduction: "none", out })).toThrow(
      new RangeError("product: out must have shape [3], got [2]."),
    );
    expect(out).toEqual(vector(7, 7));
  });

  it("leaves out as it was where the formula throws", () => {
    const loss: AnyLoss = defineElementLoss({
      kind: "element",
      name: "faulty",
      formula: () => ({
        loss(a) {
          if (a === 5000) throw new Error("no");
          return a;
        },
        gradients: { input: () => 1 },
      }),
    });
    const out = vector(...new Array(5001).fill(7));
    const input = vector(...new Array(5001).keys());
    expect(() => loss(input, 0, { reduction: "none", out })).toThrow("no");
    expect(out.data.every((value) => value === 7)).toBe(true);
  });

  it("may overlap the input", () => {
    const memory = Float64Array.of(1, 2, 3, 0);
    const input = { data: memory.subarray(0, 3), shape: [3] };
    const out = { data: memory.subarray(1, 4), shape: [3] };
    expect(product(input, [4, 5, 6], { reduction: "none", out }).data).toEqual(
      Float64Array.of(4, 10, 18),
    );
  });
});

describe("one number", () => {
  it("is the sum over the divisor, and is written to out", () => {
    for (const [reduction, expected] of [["mean", 4] as const, ["sum", 12] as const]) {
      const out = number(7);
      expect(product(vector(1, 2, 3), 2, { reduction })).toBe(expected);
      expect(product(vector(1, 2, 3), 2, { reduction, out })).toBe(expected);
      expect(out).toEqual(number(expected));
    }
  });

  it("of nothing is 0 as a sum, and NaN as a mean", () => {
    expect(product(vector(), vector(), { reduction: "sum" })).toBe(0);
    expect(product(vector(), vector())).toBe(Number.NaN);
  });

  it("is not rounded to the input's element type", () => {
    const product32 = Math.fround(0.1) * 3;
    expect(product(Float32Array.of(0.1), 3, { reduction: "sum" })).toBe(product32);
    const single = { data: Float32Array.of(0.1), shape: [] };
    expect(product(single, 3, { reduction: "none" })).toBe(product32);
  });

  it("is the mean of nothing where the divisor is 0", () => {
    const prepared = { meanDivisor: 0, emptyMean: 5, inputs: [{ tensor: vector() }] };
    const value = openValue("mine", prepared as unknown as PreparedLoss, "mean", undefined);
    value.storeLosses(0, 1, Float64Array.of(3));
    expect(value.finish()).toBe(5);
  });

  it("refuses an out with axes", () => {
    expect(() => product(vector(1, 2, 3), 2, { out: vector(7) })).toThrow(
      new RangeError(
        'product: out (which receives the mean; write reduction: "none" for the losses, or call valueAndGrad for the gradient) must have shape [], got [1].',
      ),
    );
  });
});

it.each([Float32Array, Float64Array])("memory aside, %o, is copied when it is complete", (Type) => {
  const data = Type.of(7, 7);
  const aside = computeAside({ data, finish: () => "finished" });
  expect(aside.data).toEqual(new Type(2));
  aside.data.set([1, 2]);
  expect(data).toEqual(Type.of(7, 7));
  expect(aside.finish()).toBe("finished");
  expect(data).toEqual(Type.of(1, 2));
});
