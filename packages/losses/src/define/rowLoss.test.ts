import type { FloatInput } from "@surprisal/core";
import { numeric } from "@surprisal/core/authoring";
import { describe, expect, it } from "vitest";
import { allocatedBytes } from "../../test/allocatedBytes.ts";
import { checkLoss, float64 } from "../../test/checkLoss.ts";
import { defineLoss, type LossOptions } from "./defineLoss.ts";

describe("a row loss: the triplet margin loss", () => {
  interface TripletOptions extends LossOptions {
    axis?: number;
    margin?: number;
  }

  const triplet = defineLoss<TripletOptions, [positive: FloatInput, negative: FloatInput]>({
    kind: "row",
    name: "triplet",
    arguments: { anchor: "vector", positive: "vector", negative: "vector" },
    differentiable: ["anchor", "positive", "negative"],
    options: { margin: numeric(1) },
    formula:
      ({ margin }) =>
      ([a, p, n], gradients) => {
        const toPositive = Math.hypot(...a.map((value, j) => value - p[j]));
        const toNegative = Math.hypot(...a.map((value, j) => value - n[j]));
        const loss = Math.max(0, margin + toPositive - toNegative);
        if (gradients !== undefined) {
          const [da, dp, dn] = gradients;
          for (let j = 0; j < a.length; j++) {
            dp[j] = loss === 0 ? 0 : (p[j] - a[j]) / toPositive;
            dn[j] = loss === 0 ? 0 : (a[j] - n[j]) / toNegative;
            da[j] = 0 - dp[j] - dn[j];
          }
        }
        return loss;
      },
  });

  const anchor = float64([1, 2, 3, 0, 0, 1], [2, 3]);
  const rest = [float64([1, 1, 3, 1, 0, 1], [2, 3]), float64([0, 2, 3, 9, 9, 9], [2, 3])];

  checkLoss(
    triplet,
    [
      { label: "vectors along the last axis", input: anchor, rest },
      {
        label: "vectors along the first axis",
        input: anchor,
        rest,
        options: { axis: 0, margin: 5 },
      },
      {
        label: "one vector each",
        input: float64([1, 2], [2]),
        rest: [
          [0, 0],
          [1, 0],
        ],
        options: { margin: 2 },
      },
    ],
    { kind: "row" },
  );

  it("returns the gradient of every argument", () => {
    const { grads } = triplet.valueAndGrad([1, 0], [0, 0], [1, 1]);
    expect(grads).toEqual({ anchor: [1, 1], positive: [-1, 0], negative: [0, -1] });
    expect(() => triplet([1, 0], [1], [1, 1])).toThrow(
      "triplet: positive must have vectors of 2 elements along axis -1, got shape [1].",
    );
  });
});

describe("a row loss with one value per row", () => {
  const cosine = defineLoss<
    LossOptions,
    [input2: FloatInput, target: FloatInput],
    never,
    never,
    ["vector", "value"]
  >({
    kind: "row",
    name: "cosine",
    arguments: { input1: "vector", input2: "vector", target: "value" },
    differentiable: ["input1", "input2"],
    formula:
      () =>
      ([a, b, target], gradients) => {
        const dot = a.reduce((sum, value, j) => sum + value * b[j], 0);
        const cos = dot / (Math.hypot(...a) * Math.hypot(...b));
        gradients?.forEach((gradient, k) => {
          const [vector, other] = k === 0 ? [a, b] : [b, a];
          const square = vector.reduce((sum, value) => sum + value * value, 0);
          const product = Math.hypot(...a) * Math.hypot(...b);
          gradient.set(
            vector.map((value, j) => target[0] * ((cos * value) / square - other[j] / product)),
          );
        });
        return 1 - target[0] * cos;
      },
  });

  checkLoss(
    cosine,
    [
      {
        label: "a batch",
        input: float64([1, 2, 3, 4], [2, 2]),
        rest: [
          [
            [2, 1],
            [1, 1],
          ],
          [1, -1],
        ],
      },
    ],
    { kind: "row" },
  );
});

describe("the blocks of a call", () => {
  const product = defineLoss<LossOptions, [target: FloatInput]>({
    kind: "row",
    name: "product",
    arguments: { input: "vector", target: "vector" },
    differentiable: ["input", "target"],
    neverThrows: true,
    formula: () => ({
      block({ rows, size, losses, gradients }, x, t) {
        for (let r = 0, k = 0; r < rows; r++) {
          losses[r] = 0;
          for (let j = 0; j < size; j++, k++) {
            losses[r] += x[k] * t[k];
            if (gradients) gradients.input[k] = t[k];
            if (gradients?.target) gradients.target[k] = x[k];
          }
        }
      },
    }),
  });

  it.each([
    ["short vectors", [20, 50], Float32Array],
    ["short vectors", [20, 50], Float64Array],
    ["vectors longer than a block", [2, 5000], Float32Array],
  ])("serve the next call, too: %s, %j, %o", (_, [count, size], Type) => {
    const input = { data: new Type(count * size), shape: [count, size] };
    const row = { data: new Type(size), shape: [size] };
    const out = { input, target: row };
    // A block has about 4096 numbers.
    const bytes = allocatedBytes(() => product.valueAndGrad(input, row, { out } as never));
    expect(bytes).toBeLessThan(50 * 4096);
  });

  it("have whole rows, of the input's type", () => {
    const counts: number[] = [];
    const types: unknown[] = [];
    const sum = defineLoss<LossOptions, []>({
      kind: "row",
      name: "sum",
      arguments: { input: "vector" },
      differentiable: ["input"],
      formula: () => ({
        block({ rows, losses }, x) {
          counts.push(rows);
          types.push(x.constructor, losses.constructor);
          losses.fill(1, 0, rows);
        },
      }),
    });
    for (const Type of [Float32Array, Float64Array]) {
      counts.length = types.length = 0;
      // 40 rows of 100 numbers fit a block of 4096.
      expect(sum({ data: new Type(4000), shape: [40, 100] }, { reduction: "sum" })).toBe(40);
      expect(counts).toEqual([40]);
      expect(types).toEqual([Type, Type]);
      expect(sum({ data: new Type(4100), shape: [41, 100] }, { reduction: "sum" })).toBe(41);
      expect(counts).toEqual([40, 40, 1]);
    }
  });

  it("are read before the gradient is written to memory of the target", () => {
    const count = 9000;
    const memory = Float64Array.from({ length: count + 1 }, (_, i) => i % 7);
    const shape = [900, 10];
    const input = { data: new Float64Array(count).fill(3), shape };
    const expected = memory.slice(0, count);
    const out = { data: memory.subarray(1), shape };
    const options = { differentiate: ["input"], reduction: "sum", out };
    const target = { data: memory.subarray(0, count), shape };
    product.valueAndGrad(input, target, options as never);
    expect(out.data).toEqual(expected);
  });

  it("leave out as it was, if the formula throws in a later one", () => {
    let calls = 0;
    const failing = defineLoss<LossOptions, []>({
      kind: "row",
      name: "failing",
      arguments: { input: "vector" },
      differentiable: ["input"],
      formula: () => ({
        block({ rows, losses }) {
          if (++calls === 2) throw new Error("no second block");
          losses.fill(0, 0, rows);
        },
      }),
    });
    const shape = [500, 10];
    const out = { data: new Float64Array(5000).fill(7), shape };
    const input = { data: new Float64Array(5000), shape };
    expect(() => failing.valueAndGrad(input, { out })).toThrow("no second block");
    expect(out.data.every((value) => value === 7)).toBe(true);
  });

  it("keep the digits of the upstream gradients", () => {
    const gradOutput = Float64Array.of(0.1, 0.3);
    const input = { data: Float64Array.of(1, 2), shape: [2, 1] };
    const target = { data: Float64Array.of(1, 1), shape: [2, 1] };
    const { grad } = product.valueAndGrad(input, target, { reduction: "none", gradOutput });
    expect(grad.data).toEqual(gradOutput);
  });

  it("end with the last row, where the vectors need several blocks", () => {
    const shape = [3, 5000];
    const data = Float32Array.from({ length: 15000 }, (_, i) => Math.sin(i));
    const row = { data: data.slice(0, 5000), shape: [5000] };
    const { value, grads } = product.valueAndGrad({ data, shape }, row, { reduction: "sum" });
    let sum = 0;
    const columns = new Float64Array(5000);
    for (let k = 0; k < 15000; k++) {
      sum += data[k] * row.data[k % 5000];
      columns[k % 5000] += data[k];
    }
    expect(value).toBeCloseTo(sum, 2);
    const { input, target } = grads as Record<string, { data: Float32Array }>;
    expect(input.data.slice(10000)).toEqual(row.data);
    const errors = columns.map((expected, j) => Math.abs(target.data[j] - expected));
    expect(Math.max(...errors)).toBeLessThan(1e-6);
  });
});
