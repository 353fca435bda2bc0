import type { FloatInput, Tensor } from "@surprisal/core";
import { numeric } from "@surprisal/core/authoring";
import { describe, expect, expectTypeOf, it } from "vitest";
import { checkClassLoss } from "../../test/checkClassLoss.ts";
import { checkLoss, flat, float64 } from "../../test/checkLoss.ts";
import { type ClassLossOptions, defineLoss, type LossOptions } from "./defineLoss.ts";

const positive = (value: number) => value > 0;

describe("a class loss: the focal loss", () => {
  interface FocalOptions extends ClassLossOptions {
    gamma?: number;
  }

  const focal = defineLoss<FocalOptions>({
    kind: "class",
    name: "focal",
    options: { gamma: numeric(2, "a number above 0", positive) },
    formula:
      ({ gamma }) =>
      (x, coefficients, gradient) => {
        const max = Math.max(...x);
        const total = x.reduce((sum, value) => sum + Math.exp(value - max), 0);
        const p = x.map((value) => Math.exp(value - max) / total);
        let loss = 0;
        gradient?.fill(0);
        p.forEach((pj, j) => {
          if (coefficients[j] === 0) return;
          loss -= coefficients[j] * (1 - pj) ** gamma * Math.log(pj);
          if (gradient === undefined) return;
          const slope = gamma * (1 - pj) ** (gamma - 1) * pj * Math.log(pj) - (1 - pj) ** gamma;
          p.forEach((pk, k) => {
            gradient[k] += coefficients[j] * slope * (+(k === j) - pk);
          });
        });
        return loss;
      },
  });

  checkClassLoss(focal, (r, classes) =>
    Array.from({ length: classes }, () => (classes === 1 ? 0 : r.normal())),
  );

  it("reads its own options", () => {
    expect(focal([0, 0], 0, { gamma: 1 })).toBeCloseTo(0.5 * Math.LN2, 15);
    expect(focal([0, 0], 0, { gamma: 2 })).toBeCloseTo(0.25 * Math.LN2, 15);
    expect(() => focal([0, 0], 0, { gamma: -1 })).toThrow(
      "focal: gamma must be a number above 0, got -1.",
    );
  });

  it("averages over rows instead of weights if the definition says so", () => {
    const margin = defineLoss({
      kind: "class",
      name: "margin",
      meanOver: "rows",
      formula: () => (x, c) => x.reduce((sum, value, j) => sum + c[j] * value, 0),
    });
    expect(margin([[4], [2]], [0, 0], { weight: [3] })).toBe(9);
  });
});

describe("an element loss: Huber's", () => {
  interface HuberOptions extends LossOptions {
    delta?: number;
  }

  const huber = defineLoss<HuberOptions>({
    kind: "element",
    name: "huber",
    options: { delta: numeric(1, "a number above 0", positive) },
    formula: ({ delta }) => ({
      loss(x, t) {
        const d = Math.abs(x - t);
        return d < delta ? 0.5 * d * d : delta * (d - 0.5 * delta);
      },
      gradients: { input: (x, t) => Math.max(-delta, Math.min(delta, x - t)) },
    }),
  });

  checkLoss(huber, [
    { label: "one row", input: float64([0.2, 3, -4], [3]), rest: [[0, 0.5, 0.1]] },
    {
      label: "a matrix and its own option",
      input: float64([1, 2, 3, 4], [2, 2]),
      rest: [
        [
          [0, 0],
          [9, 9],
        ],
      ],
      options: { delta: 0.5 },
    },
    { label: "a target that repeats", input: float64([1, 2, 3, 4], [2, 2]), rest: [[0.1, 5.5]] },
  ]);

  it("has one loss per element, and takes single numbers", () => {
    expect(huber([[0, 3]], [[0.5, 0]], { reduction: "none" })).toEqual([[0.125, 2.5]]);
    expect(huber(3, 0)).toBe(2.5);
    expect(huber.valueAndGrad(3, 0)).toEqual({ value: 2.5, grad: 1 });
    expect(() => huber([1, 2], [1, 2, 3])).toThrow(
      "huber: target must have shape [2] or be broadcastable to it, got [3].",
    );
  });
});

describe("an element loss of three arguments, two differentiated", () => {
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

  checkLoss(gaussian, [
    {
      label: "a vector",
      input: float64([1, 2, 4], [3]),
      rest: [
        [0, 0, 1],
        [1, 2, 3],
      ],
    },
  ]);

  it("returns all gradients by name, also when the first is written over an argument", () => {
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

describe("a row loss: the triplet's", () => {
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

  checkLoss(triplet, [
    { label: "vectors along the last axis", input: anchor, rest },
    { label: "vectors along the first axis", input: anchor, rest, options: { axis: 0, margin: 5 } },
    {
      label: "one vector each",
      input: float64([1, 2], [2]),
      rest: [
        [0, 0],
        [1, 0],
      ],
    },
  ]);

  it("gives the gradient of every argument", () => {
    const { grads } = triplet.valueAndGrad([1, 0], [0, 0], [1, 1]);
    expect(grads).toEqual({ anchor: [1, 1], positive: [-1, 0], negative: [0, -1] });
    expect(() => triplet([1, 0], [1], [1, 1])).toThrow(
      "triplet: positive must have shape [2], got [1].",
    );
  });
});

describe("a row loss with one value per row", () => {
  const cosine = defineLoss<LossOptions, [input2: FloatInput, target: FloatInput]>({
    kind: "row",
    name: "cosine",
    arguments: { input1: "vector", input2: "vector", target: "value" },
    differentiable: ["input1", "input2"],
    formula:
      () =>
      ([a, b, target], gradients) => {
        const dot = a.reduce((sum, value, j) => sum + value * b[j], 0);
        const cos = dot / (Math.hypot(...a) * Math.hypot(...b));
        gradients?.forEach((slope, k) => {
          const [own, other] = k === 0 ? [a, b] : [b, a];
          const square = own.reduce((sum, value) => sum + value * value, 0);
          const product = Math.hypot(...a) * Math.hypot(...b);
          slope.set(
            own.map((value, j) => target[0] * ((cos * value) / square - other[j] / product)),
          );
        });
        return 1 - target[0] * cos;
      },
  });

  checkLoss(cosine, [
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
  ]);
});

describe("what batchmean divides by", () => {
  const total = defineLoss<Omit<LossOptions, "reduction"> & { reduction?: string }, [FloatInput]>({
    kind: "element",
    name: "total",
    batchMean: true,
    formula: () => ({ loss: (x) => x, gradients: { input: () => 1 } }),
  });

  it("is the size of the first axis", () => {
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

it("types what comes back as what went in", () => {
  const loss = defineLoss({ kind: "class", name: "none", formula: () => () => 0 });
  const logits: Tensor<Float32Array> = { data: new Float32Array(2), shape: [1, 2] };
  expectTypeOf(loss([1, 2], 0)).toEqualTypeOf<number>();
  expectTypeOf(loss(logits, [0])).toEqualTypeOf<number>();
  expectTypeOf(loss(logits, [0], { reduction: "sum" })).toEqualTypeOf<number>();
  expectTypeOf(loss.valueAndGrad(logits, [0]).value).toEqualTypeOf<number>();
  expectTypeOf(loss([[1, 2]], [0], { reduction: "none" })).toEqualTypeOf<number[]>();
  expectTypeOf(loss(logits, [0], { reduction: "none" })).toEqualTypeOf<
    number | Tensor<Float32Array>
  >();
  expectTypeOf(loss.valueAndGrad([[1, 2]], [0]).grad).toEqualTypeOf<number[][]>();
  expectTypeOf(loss.valueAndGrad(logits, [0]).grad).toEqualTypeOf<Tensor<Float32Array>>();
  expectTypeOf(loss.valueAndGrad(new Float64Array(2), 0).grad).toEqualTypeOf<Float64Array>();
  // @ts-expect-error a misspelt option
  expect(() => loss([1, 2], 0, { reducton: "sum" })).toThrow(TypeError);
  // @ts-expect-error the upstream gradient is for valueAndGrad
  expect(() => loss([1, 2], 0, { gradOutput: 1 })).toThrow(TypeError);
});
