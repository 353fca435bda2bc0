import { kernels, useKernels } from "@surprisal/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CrossEntropyOptions, crossEntropy } from "./crossEntropy.ts";

/** 10²⁰⁰ · exp(−800) and 10³⁰⁰ · exp(−760), to 15 digits. */
const expected = [
  { gap: 800, gradOutput: 1e200, gradient: 3.667874584177687e-148 },
  { gap: 760, gradOutput: 1e300, gradient: 8.63363637721389e-31 },
];

describe.each(kernels().available)("with %s kernels", (name) => {
  beforeAll(() => void useKernels(name));
  afterAll(() => void useKernels("auto"));

  it.each([
    ["a class index", 0, {}],
    ["class weights", 0, { weight: new Float64Array(100).fill(1) }],
    ["class probabilities", Float64Array.of(1, ...new Float64Array(99)), {}],
    ["skipMasked", Float64Array.of(1, ...new Float64Array(99)), { skipMasked: true }],
  ] as [string, number, CrossEntropyOptions][])(
    "a probability that underflows has a gradient, if gradOutput is large: %s",
    (_, target, options) => {
      for (const { gap, gradOutput, gradient } of expected) {
        for (const Type of [Float32Array, Float64Array]) {
          // float32 cannot hold the first gradient.
          if (Type === Float32Array && gradient < 1e-37) continue;
          for (const sign of [1, -1]) {
            const x = new Type(100).fill(-Infinity);
            x[0] = gap;
            x[50] = 0;
            const { grad } = crossEntropy.valueAndGrad(x, target, {
              ...options,
              gradOutput: sign * gradOutput,
            });
            const tolerance = Type === Float32Array ? 1e-6 : 1e-12;
            expect(Math.abs(grad[50] / (sign * gradient) - 1)).toBeLessThan(tolerance);
            expect(Math.abs(grad[0] / (-sign * gradient) - 1)).toBeLessThan(tolerance);
          }
        }
      }
    },
  );

  it.each([
    ["without a softcap", {}],
    // No kernel computes class probabilities with a softcap: the formula does.
    ["with a softcap", { softcap: 1e300 }],
  ] as [string, CrossEntropyOptions][])(
    "a target whose probability underflows has all of a large gradOutput: %s",
    (_, options) => {
      const target = Float64Array.of(0, 1);
      const { grad } = crossEntropy.valueAndGrad([800, 0], target, {
        ...options,
        gradOutput: 1e200,
      });
      expect(grad).toEqual([1e200, -1e200]);
    },
  );

  it("a large probability of another class is not disturbed", () => {
    const target = Float64Array.of(0.25, 0.75, 0) as never;
    const { value, grad } = crossEntropy.valueAndGrad([900, 900, 0], target, { gradOutput: 1e300 });
    expect(value).toBeCloseTo(Math.LN2, 14);
    expect(grad[0] / 2.5e299).toBeCloseTo(1, 12);
    expect(grad[1] / -2.5e299).toBeCloseTo(1, 12);
    // 10³⁰⁰ · exp(−900) / 2.
    expect(grad[2] / 6.822386e-92).toBeCloseTo(1, 6);
  });
});
