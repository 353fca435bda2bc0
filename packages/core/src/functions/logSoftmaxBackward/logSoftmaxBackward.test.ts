import { random } from "@surprisal/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kernels, logSoftmax, logSoftmaxBackward, useKernels } from "../../index.ts";

it("is the gradient of logSoftmax (central differences)", () => {
  const r = random(2);
  const x = Array.from({ length: 3 }, () => Array.from({ length: 4 }, r.normal));
  const g = x.map((row) => row.map(r.normal));
  for (const axis of [0, 1]) {
    const loss = (logits: number[][]) =>
      logSoftmax(logits, { axis })
        .flat()
        .reduce((sum, y, i) => sum + y * g.flat()[i], 0);
    const gradient = logSoftmaxBackward(g, logSoftmax(x, { axis }), { axis });
    const epsilon = 1e-5;
    x.forEach((row, i) => {
      row.forEach((_, j) => {
        const shifted = (delta: number) =>
          x.map((other, k) => other.map((v, l) => (k === i && l === j ? v + delta : v)));
        const derivative = (loss(shifted(epsilon)) - loss(shifted(-epsilon))) / (2 * epsilon);
        expect(gradient[i][j]).toBeCloseTo(derivative, 9);
      });
    });
  }
});

it("writes to out, which may be gradOutput itself", () => {
  const g = Float32Array.of(1, 0, 2);
  const y = logSoftmax(Float32Array.of(1, 2, 3));
  const expected = logSoftmaxBackward(g, y);
  expect(logSoftmaxBackward(g, y, { out: g })).toBe(g);
  expect(g).toEqual(expected);
});

it("refuses different shapes and unknown options", () => {
  expect(() => logSoftmaxBackward([1, 2], [1, 2, 3])).toThrow(
    new RangeError("logSoftmaxBackward: gradOutput must have output's shape [3], got [2]."),
  );
  expect(() => logSoftmaxBackward([1], [1], { temperature: 2 } as never)).toThrow(TypeError);
});

describe.each(kernels().available)("with %s kernels", (name) => {
  beforeAll(() => useKernels(name));
  afterAll(() => useKernels("auto"));

  it.each([
    ["float32", Float32Array, 3e38],
    ["float64", Float64Array, 1.7e308],
  ] as const)("is right where the sum of gradOutput overflows on the way, in %s", (_, Type, g) => {
    for (const size of [4, 400]) {
      const gradOutput = new Type(size).fill(g).fill(-g, size / 2);
      const gradient = logSoftmaxBackward(gradOutput, logSoftmax(new Type(size)));
      expect(gradient).toEqual(gradOutput);
    }
  });

  it("keeps products of a large sum with a probability that underflows", () => {
    for (const size of [2, 200]) {
      const y = new Float64Array(size).fill(-800, 1);
      const g = new Float64Array(size).fill(1e200, 0, 1);
      const gradient = logSoftmaxBackward(g, y);
      // −10²⁰⁰ · exp(−800), to 16 digits.
      expect(Math.abs(gradient[1] / -3.667874584177687e-148 - 1)).toBeLessThan(1e-14);
    }
  });
});
