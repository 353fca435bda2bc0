import { random } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import { kernels, useKernels } from "./backend.ts";
import { expOfNegativeKernel } from "./exponentials64.ts";

/** The error of a double in units of 2⁻⁵³ of the expected one. */
const errorOf = (actual: number, expected: number) =>
  Math.abs(actual - expected) / (expected * 2 ** -53);

describe.each(kernels().available)("exp(−q · x) and 1 − exp(−q · x), kernels %s", (name) => {
  const compute = (x: Float64Array, q: number) => {
    const [exp, complement] = [new Float64Array(x.length), new Float64Array(x.length)];
    useKernels(name);
    expOfNegativeKernel(x, q, exp, complement, x.length, 4096);
    useKernels("auto");
    return { exp, complement };
  };

  it.each([1, 2, 7, 4096, 9001])("are within 3 units of 2⁻⁵³ for %i numbers", (count) => {
    const { uniform } = random(count);
    for (const q of [1, 0.7]) {
      const x = Float64Array.from({ length: count }, () => Math.exp(20 * uniform() - 14));
      const { exp, complement } = compute(x, q);
      for (let i = 0; i < count; i++) {
        // Below this, exp is 0.
        if (q * x[i] > 708) continue;
        expect(errorOf(exp[i], Math.exp(-q * x[i]))).toBeLessThanOrEqual(3);
        expect(errorOf(complement[i], -Math.expm1(-q * x[i]))).toBeLessThanOrEqual(3);
      }
    }
  });

  it("hold at the limits", () => {
    const { exp, complement } = compute(Float64Array.of(0, 5e-324, 1e-300, 1e4, Infinity, NaN), 1);
    expect([...exp]).toEqual([1, 1, 1, 0, 0, Number.NaN]);
    expect(complement.map(Math.abs)).toEqual(Float64Array.of(0, 5e-324, 1e-300, 1, 1, NaN));
  });

  it("do not depend on the blocks that a call is cut into", () => {
    const { uniform } = random(3);
    const x = Float64Array.from({ length: 100 }, () => 8 * uniform());
    const whole = compute(x, 1);
    for (const end of [1, 31, 32, 64]) {
      const first = compute(x.subarray(0, end), 1);
      expect(first.exp).toEqual(whole.exp.subarray(0, end));
      expect(first.complement).toEqual(whole.complement.subarray(0, end));
    }
  });

  it("may be written over the numbers", () => {
    const x = Float64Array.of(0.25, 3, 0.5);
    const expected = compute(x, 2);
    const [exp, complement] = [x.slice(), x.slice()];
    const other = new Float64Array(3);
    useKernels(name);
    expOfNegativeKernel(exp, 2, exp, other, 3);
    expOfNegativeKernel(complement, 2, other, complement, 3);
    useKernels("auto");
    expect([exp, complement]).toEqual([expected.exp, expected.complement]);
  });
});
