import type { FloatInput } from "@surprisal/core";
import { numeric } from "@surprisal/core/authoring";
import { describe, expect, it } from "vitest";
import { allocatedBytes } from "../../test/allocatedBytes.ts";
import { type AnyLoss, checkLoss, flat, float64 } from "../../test/checkLoss.ts";
import { mseLoss } from "../mseLoss/mseLoss.ts";
import { defineLoss, type LossOptions } from "./defineLoss.ts";

describe("an element loss: the Huber loss", () => {
  interface HuberOptions extends LossOptions {
    delta?: number;
  }

  const huber = defineLoss<HuberOptions>({
    kind: "element",
    name: "huber",
    options: { delta: numeric(1, "a number above 0", (d) => d > 0) },
    formula: ({ delta }) => ({
      loss(x, t) {
        const d = Math.abs(x - t);
        return d < delta ? 0.5 * d * d : delta * (d - 0.5 * delta);
      },
      gradients: { input: (x, t) => Math.max(-delta, Math.min(delta, x - t)) },
    }),
  });

  checkLoss(
    huber,
    [
      { label: "one row", input: float64([0.2, 3, -4], [3]), rest: [[0, 0.5, 0.1]] },
      {
        label: "a matrix, with an option of this loss",
        input: float64([1, 2, 3, 4], [2, 2]),
        rest: [
          [
            [0, 0],
            [9, 9],
          ],
        ],
        options: { delta: 0.5 },
      },
      {
        label: "a target that is broadcast",
        input: float64([1, 2, 3, 4], [2, 2]),
        rest: [[0.1, 5.5]],
      },
    ],
    { kind: "element" },
  );

  it("has one loss per element, and accepts single numbers", () => {
    expect(huber([[0, 3]], [[0.5, 0]], { reduction: "none" })).toEqual([[0.125, 2.5]]);
    expect(huber(3, 0)).toBe(2.5);
    expect(huber.valueAndGrad(3, 0)).toEqual({ value: 2.5, grad: 1 });
    expect(() => huber([1, 2], [1, 2, 3])).toThrow(
      "huber: target must have shape [2] or be broadcastable with it, got [3].",
    );
  });
});

describe("an element loss of three arguments, two of them differentiated", () => {
  const gaussian = defineLoss<LossOptions, [target: FloatInput, variance: FloatInput]>({
    kind: "element",
    name: "gaussian",
    arguments: ["input", "target", "variance"],
    formula: () => ({
      loss: (x, t, v) => 0.5 * (Math.log(v) + (x - t) ** 2 / v),
      gradients: {
        input: (x, t, v) => (x - t) / v,
        variance: (x, t, v) => 0.5 * (1 / v - ((x - t) / v) ** 2),
      },
    }),
  });

  checkLoss(
    gaussian,
    [
      {
        label: "a vector",
        input: float64([1, 2, 4], [3]),
        rest: [
          [0, 0, 1],
          [1, 2, 3],
        ],
      },
    ],
    { kind: "element" },
  );

  it("returns all gradients by name, even if the first is written over an argument", () => {
    const variance = Float64Array.of(1, 2);
    const { grad, grads } = gaussian.valueAndGrad(Float64Array.of(3, 4), [0, 0], variance, {
      reduction: "sum",
      out: variance,
    });
    expect(grad).toBe(variance);
    expect(flat(grad)).toEqual([3, 2]);
    expect(grads).toEqual({ input: grad, variance: Float64Array.of(-4, -1.75) });
  });
});

it("an option that weights the mean is multiplied by sampleWeight", () => {
  interface WeightedOptions extends LossOptions {
    weight?: number[];
  }
  const weighted = defineLoss<WeightedOptions, [FloatInput], "weight">({
    kind: "element",
    name: "weighted",
    meanWeight: "weight",
    formula: () => ({ loss: (x, t) => x - t, gradients: { input: () => 1 } }),
  });
  const mean = (options: WeightedOptions) => weighted([5, 9], [0, 0], options);
  expect(mean({ weight: [1, 3] })).toBe(8);
  expect(mean({ sampleWeight: [3, 1] })).toBe(6);
  expect(mean({ weight: [1, 3], sampleWeight: [5, 1] })).toBe((25 + 27) / 8);
});

describe('reduction: "batchmean"', () => {
  const total = defineLoss<Omit<LossOptions, "reduction"> & { reduction?: string }, [FloatInput]>({
    kind: "element",
    name: "total",
    batchMean: true,
    formula: () => ({ loss: (x) => x, gradients: { input: () => 1 } }),
  });

  it("is one of four, and only where the loss has it", () => {
    expect(total([1, 3], [0, 0], { reduction: "mean" })).toBe(2);
    expect(total([1, 3], [0, 0], { reduction: "sum" })).toBe(4);
    expect(total([1, 3], [0, 0], { reduction: "none" })).toEqual([1, 3]);
    const other = defineLoss<{ reduction?: string }>({
      kind: "element",
      name: "other",
      formula: () => ({ loss: (x) => x, gradients: { input: () => 1 } }),
    });
    expect(() => other([1], [0], { reduction: "batchmean" })).toThrow(RangeError);
  });

  it("divides the sum by the size of the first axis", () => {
    const { value, grad } = total.valueAndGrad(
      [
        [1, 2],
        [3, 4],
      ],
      [
        [0, 0],
        [0, 0],
      ],
      { reduction: "batchmean" },
    );
    expect(value).toBe(5);
    expect(grad).toEqual([
      [0.5, 0.5],
      [0.5, 0.5],
    ]);
  });
});

describe("the blocks of a call", () => {
  const product = defineLoss<LossOptions, [FloatInput], never, "target">({
    kind: "element",
    name: "product",
    differentiable: ["input", "target"],
    neverThrows: true,
    formula: () => ({
      block({ count, losses, gradients }, x, t) {
        for (let i = 0; i < count; i++) {
          losses[i] = x[i] * t[i];
          if (gradients) gradients.input[i] = t[i];
          if (gradients?.target) gradients.target[i] = x[i];
        }
      },
    }),
  });

  it.each([Float32Array, Float64Array])("serve the next call, too: %o", (Type) => {
    const input = { data: new Type(4000), shape: [2, 2000] };
    const row = { data: new Type(2000), shape: [2000] };
    const out = { input, target: row };
    // A block has 4096 numbers, and the first gradient 4000.
    const bytes = allocatedBytes(() => product.valueAndGrad(input, row, { out }));
    expect(bytes).toBeLessThan(50 * 4000);
  });

  it("have up to 4096 numbers of the input's type", () => {
    const counts: number[] = [];
    const types: unknown[] = [];
    const sum = defineLoss({
      kind: "element",
      name: "sum",
      formula: () => ({
        block({ count, losses }, x, t) {
          counts.push(count);
          types.push(x.constructor, t.constructor, losses.constructor);
          for (let i = 0; i < count; i++) losses[i] = x[i] + t[i];
        },
      }),
    });
    for (const Type of [Float32Array, Float64Array]) {
      counts.length = types.length = 0;
      expect(sum(new Type(4096).fill(1), new Float64Array(4096), { reduction: "sum" })).toBe(4096);
      expect(counts).toEqual([4096]);
      expect(types).toEqual([Type, Type, Type]);
      expect(sum(new Type(4097).fill(1), new Type(4097), { reduction: "sum" })).toBe(4097);
      expect(counts).toEqual([4096, 4096, 1]);
    }
  });

  it("are read before the gradient is written to memory of the target", () => {
    const count = 9000;
    const memory = Float64Array.from({ length: count + 1 }, (_, i) => i % 7);
    const input = new Float64Array(count).fill(3);
    const expected = memory.slice(0, count);
    const out = memory.subarray(1);
    product.valueAndGrad(input, memory.subarray(0, count), {
      differentiate: ["input"],
      reduction: "sum",
      out,
    });
    expect(out).toEqual(expected);
  });

  it("leave out as it was, if the formula throws in a later one", () => {
    let calls = 0;
    const failing = defineLoss({
      kind: "element",
      name: "failing",
      formula: () => ({
        block({ count, losses }) {
          if (++calls === 2) throw new Error("no second block");
          losses.fill(0, 0, count);
        },
      }),
    });
    const out = new Float64Array(5000).fill(7);
    const call = () =>
      failing.valueAndGrad(new Float64Array(5000), new Float64Array(5000), { out });
    expect(call).toThrow("no second block");
    expect(out.every((value) => value === 7)).toBe(true);
  });

  it("keep the digits of the upstream gradients", () => {
    const gradOutput = Float64Array.of(0.1, 0.3);
    const { grad } = product.valueAndGrad(Float64Array.of(1, 2), Float64Array.of(1, 1), {
      reduction: "none",
      gradOutput,
    });
    expect(grad).toEqual(gradOutput);
  });

  it("serve the next call after a formula that throws", () => {
    const failing = defineLoss({
      kind: "element",
      name: "failing",
      formula: () => ({
        block() {
          throw new Error("no formula");
        },
      }),
    });
    const call = () => expect(() => failing([1, 2], [1, 2])).toThrow("no formula");
    expect(allocatedBytes(call)).toBeLessThan(50 * 4096);
  });
});

describe("a formula of single elements", () => {
  it("gets the arguments and nothing else, so that its own parameters may have defaults", () => {
    const loss = defineLoss({
      kind: "element",
      name: "withDefaults",
      formula: () => ({
        loss: (x, t, offset = 0.5) => (x - t) ** 2 + offset,
        gradients: { input: (x, t, factor = 2) => factor * (x - t) },
      }),
    });
    expect(loss([1, 2], [0, 0])).toBe(3);
    expect(loss.valueAndGrad([1, 2], [0, 0]).grad).toEqual([1, 2]);
    const norm = defineLoss({
      kind: "element",
      name: "norm",
      formula: () => ({ loss: Math.hypot, gradients: { input: () => 0 } }),
    });
    expect(norm([3], [4])).toBe(5);
  });

  it("may name its gradients in any order", () => {
    const product: AnyLoss = defineLoss({
      kind: "element",
      name: "product",
      formula: () => ({
        loss: (x, t) => x * t,
        gradients: { target: (x) => x, input: (_, t) => t },
      }),
    });
    const result = product.valueAndGrad([1, 2], [30, 40], { reduction: "sum" });
    expect(result.grad).toEqual([30, 40]);
    expect(product.valueAndGrad([1], [30], { differentiate: ["input"] }).grad).toEqual([30]);
    expect(() => product.valueAndGrad([1], [30], { differentiate: ["target"] })).toThrow(
      'differentiate must hold "input", the first argument, got ["target"].',
    );
  });
});

it("a formula of blocks may name the differentiable arguments in any order", () => {
  const product = defineLoss({
    kind: "element",
    name: "product",
    neverThrows: true,
    differentiable: ["target", "input"],
    formula: () => ({
      block({ count, losses, gradients }, x, t) {
        for (let i = 0; i < count; i++) {
          losses[i] = x[i] * t[i];
          if (gradients?.input) gradients.input[i] = t[i];
          if (gradients?.target) gradients.target[i] = x[i];
        }
      },
    }),
  });
  for (const options of [{}, { sampleWeight: [1, 1] }]) {
    const all = { reduction: "sum", ...options } as const;
    const result = product.valueAndGrad([1, 2], [30, 40], all);
    expect(result).toEqual({
      value: 110,
      grad: [30, 40],
      grads: { input: [30, 40], target: [1, 2] },
    });
  }
});

it.each([
  [undefined, "must return { loss, gradients } or { block }, but returned undefined."],
  [{ block: 1 }, "must return { loss, gradients } or { block }, but returned { block }."],
])("says what is wrong with the formula %o of a loss that never throws", (formula, message) => {
  const loss: AnyLoss = defineLoss({
    kind: "element",
    name: "wrong",
    neverThrows: true,
    formula: () => formula as never,
  });
  expect(() => loss([1], [2])).toThrow(`wrong: formula ${message}`);
});

it("multiplies weights whose product overflows or underflows", () => {
  for (const weight of [1e200, 1e-200]) {
    const weights = [weight, 3 * weight];
    expect(mseLoss([1, 2], [0, 0], { weight: weights, sampleWeight: weights })).toBeCloseTo(
      3.7,
      14,
    );
  }
});

describe("a check with a range", () => {
  const asked: number[] = [];
  const positive = defineLoss({
    kind: "element",
    name: "positive",
    check: {
      target: {
        valid(t) {
          asked.push(t);
          return !(t < 0);
        },
        expected: "a number of at least 0",
        range: [0, 10],
      },
    },
    formula: () => ({ loss: (x, t) => x * t, gradients: { input: (_, t) => t } }),
  });

  it("asks only about numbers outside", () => {
    for (const length of [4, 400]) {
      const target = new Float64Array(length).fill(10);
      target.set([0, 11, Number.NaN]);
      asked.length = 0;
      positive(new Float64Array(length), target);
      expect(asked).toEqual([11, Number.NaN]);
      target[1] = -1;
      expect(() => positive(new Float64Array(length), target)).toThrow(
        "positive: target[1] must be a number of at least 0, got -1.",
      );
    }
  });

  it("finds each number outside", () => {
    const length = 13;
    for (let i = 0; i < length; i++) {
      const target = new Float64Array(length).fill(i % 2 === 0 ? 0 : 10);
      asked.length = 0;
      positive(new Float64Array(length), target);
      expect(asked).toEqual([]);
      target[i] = -1;
      expect(() => positive(new Float64Array(length), target)).toThrow(`target[${i}] must be`);
      target[i] = 10.5;
      asked.length = 0;
      positive(new Float64Array(length), target);
      expect(asked).toEqual([10.5]);
    }
  });

  it("accepts elements of weight 0", () => {
    const options = { sampleWeight: [1, 0, 0, 1], reduction: "sum" as const };
    expect(positive([1, 1, 1, 1], [2, -1, -2, 3], options)).toBe(5);
    expect(() => positive([1, 1, 1, 1], [2, -1, -2, -3], options)).toThrow("target[3] must be");
  });
});
