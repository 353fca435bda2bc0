import { kernels, logSoftmax, type Tensor, useKernels } from "@surprisal/core";
import { random } from "@surprisal/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkClassLoss } from "../../test/checkClassLoss.ts";
import { crossEntropy } from "../crossEntropy/crossEntropy.ts";
import type { ClassLossDefinition } from "./classLoss.ts";
import { composeCrossEntropy } from "./composeCrossEntropy.ts";
import { defineLoss } from "./defineLoss.ts";

/** (1 − p)² c, as the focal loss weighs the cross-entropy c. */
const f = (c: number) => Math.expm1(-c) ** 2 * c;
const slope = (c: number) => Math.expm1(-c) ** 2 - 2 * Math.expm1(-c) * Math.exp(-c) * c;

const byFormula: ClassLossDefinition<object> = {
  kind: "class",
  name: "focal",
  formula: () => (x, coefficients, gradient) => {
    const logs = logSoftmax(x);
    gradient?.fill(0);
    let total = 0;
    for (let t = 0; t < x.length; t++) {
      if (coefficients[t] === 0) continue;
      total += coefficients[t] * f(-logs[t]);
      const per = coefficients[t] * slope(-logs[t]);
      gradient?.forEach((_, j) => {
        gradient[j] += per * (Math.exp(logs[j]) - +(j === t));
      });
    }
    return total;
  },
};

const slow = defineLoss(byFormula);
const fast = defineLoss({ ...byFormula, classIndexKernel: () => composeCrossEntropy(f, slope) });

describe("a loss by its formula and on the kernels", () => {
  checkClassLoss(fast, (r, classes) =>
    Array.from({ length: classes }, () => (classes === 1 ? 0 : r.normal())),
  );
});

describe.each(kernels().available)("gives the same with kernels %s", (level) => {
  beforeAll(() => void useKernels(level));
  afterAll(() => void useKernels("auto"));

  it.each([
    { shape: [37, 10], axis: 1 },
    { shape: [3, 400], axis: 1 },
    { shape: [2, 40000], axis: 1 },
    { shape: [2, 5, 8, 9], axis: 1 },
    { shape: [2, 5, 3], axis: 1 },
  ])("as by its formula, for $shape", ({ shape, axis }) => {
    const r = random(shape.length);
    const size = shape.reduce((a, b) => a * b, 1);
    const classes = shape[axis];
    const input = { data: Float32Array.from({ length: size }, () => 2 * r.normal()), shape };
    const target = {
      data: Int32Array.from({ length: size / classes }, () =>
        r.uniform() < 0.2 ? -100 : r.below(classes),
      ),
      shape: shape.toSpliced(axis, 1),
    };
    const weight = Array.from({ length: classes }, () => r.below(3));
    for (const options of [{ axis }, { axis, weight }, { axis, reduction: "none" } as const]) {
      const expected = slow.valueAndGrad(input, target, options);
      const out = new Float32Array(input.data);
      const actual = fast.valueAndGrad({ data: out, shape }, target, { ...options, out });
      expectClose(numbers(fast(input, target, options)), numbers(expected.value));
      expectClose(numbers(actual.value), numbers(expected.value));
      expectClose(out, (expected.grad as Tensor).data as Float32Array);
    }
  });
});

it("may compute other losses in between", () => {
  const input = { data: new Float32Array(200).map((_, i) => Math.sin(i)), shape: [20, 10] };
  const other = new Float32Array(100);
  const target = new Int32Array(20);
  const define = (between: () => unknown) =>
    defineLoss({
      ...byFormula,
      classIndexKernel: () =>
        composeCrossEntropy(
          (c) => {
            between();
            return c;
          },
          () => 1,
        ),
    });
  const alone = define(() => 0)(input, target, { reduction: "none" });
  const between = define(() => crossEntropy(other, 3))(input, target, { reduction: "none" });
  expect(between).toEqual(alone);
  expect(alone).toEqual(crossEntropy(input, target, { reduction: "none" }));
});

function numbers(value: unknown): ArrayLike<number> {
  return typeof value === "number" ? [value] : (value as Tensor<Float32Array>).data;
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>) {
  for (let i = 0; i < expected.length; i++) {
    const off = Math.abs(actual[i] - expected[i]);
    expect(off).toBeLessThanOrEqual(1e-6 * Math.abs(expected[i]) + 1e-9);
  }
}
