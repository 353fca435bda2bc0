import { numeric } from "@surprisal/core/authoring";
import { describe, expect, it } from "vitest";
import { allocatedBytes } from "../../test/allocatedBytes.ts";
import { checkClassLoss } from "../../test/checkClassLoss.ts";
import { type ClassLossOptions, defineLoss } from "./defineLoss.ts";

describe("a class loss: the focal loss", () => {
  interface FocalOptions extends ClassLossOptions {
    gamma?: number;
  }

  const focal = defineLoss<FocalOptions>({
    kind: "class",
    name: "focal",
    options: { gamma: numeric(2, "a number above 0", (g) => g > 0) },
    formula:
      ({ gamma }) =>
      (x, coefficients, gradient) => {
        const max = Math.max(...x);
        const sumExp = x.reduce((sum, value) => sum + Math.exp(value - max), 0);
        const logP = x.map((value) => value - max - Math.log(sumExp));
        const p = logP.map(Math.exp);
        let loss = 0;
        gradient?.fill(0);
        p.forEach((pj, j) => {
          if (coefficients[j] === 0) return;
          loss -= coefficients[j] * (1 - pj) ** gamma * logP[j];
          if (gradient === undefined) return;
          // A masked class has p · log p = 0.
          const bend = pj === 0 ? 0 : gamma * (1 - pj) ** (gamma - 1) * pj * logP[j];
          const derivative = bend - (1 - pj) ** gamma;
          p.forEach((pk, k) => {
            gradient[k] += coefficients[j] * derivative * (+(k === j) - pk);
          });
        });
        return loss;
      },
  });

  checkClassLoss(focal, (r, classes) =>
    Array.from({ length: classes }, () => (classes === 1 ? 0 : r.normal())),
  );

  it("parses its own options", () => {
    expect(focal([0, 0], 0, { gamma: 1 })).toBeCloseTo(0.5 * Math.LN2, 15);
    expect(focal([0, 0], 0, { gamma: 2 })).toBeCloseTo(0.25 * Math.LN2, 15);
    expect(() => focal([0, 0], 0, { gamma: -1 })).toThrow(
      "focal: gamma must be a number above 0, got -1.",
    );
  });

  it('divides the mean by the number of rows with meanOver: "rows"', () => {
    const margin = defineLoss({
      kind: "class",
      name: "margin",
      meanOver: "rows",
      formula: () => (x, c) => x.reduce((sum, value, j) => sum + c[j] * value, 0),
    });
    expect(margin([[4], [2]], [0, 0], { weight: [3] })).toBe(9);
  });
});

describe("the rows of a call by the formula", () => {
  const picked = defineLoss({
    kind: "class",
    name: "picked",
    neverThrows: true,
    formula: () => (x, coefficients, gradient) => {
      gradient?.set(coefficients);
      return x.reduce((sum, value, j) => sum + coefficients[j] * value, 0);
    },
  });

  it("serve the next call, too", () => {
    const input = { data: new Float64Array(2000).fill(1), shape: [2, 1000] };
    // One row has 8000 bytes.
    const bytes = allocatedBytes(() => picked.valueAndGrad(input, [0, 5], { out: input }));
    expect(bytes).toBeLessThan(50 * 4000);
  });

  it("are computed one by one, along any axis", () => {
    const input = {
      data: Float64Array.from({ length: 24 }, (_, i) => i),
      shape: [2, 3, 4],
    };
    const target = { data: Int32Array.of(0, 1, 2, -100, 2, 1, 0, 1), shape: [2, 4] };
    const { value, grad } = picked.valueAndGrad(input, target, { axis: 1, reduction: "none" });
    expect(value).toEqual({ data: Float64Array.of(0, 5, 10, 0, 20, 17, 14, 19), shape: [2, 4] });
    const expected = new Float64Array(24);
    for (const i of [0, 5, 10, 20, 17, 14, 19]) expected[i] = 1;
    expect(grad.data).toEqual(expected);
  });
});
