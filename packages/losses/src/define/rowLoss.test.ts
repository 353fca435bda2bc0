import type { FloatInput } from "@surprisal/core";
import { numeric } from "@surprisal/core/authoring";
import { describe, expect, it } from "vitest";
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
