import { random } from "@surprisal/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kernels, softmax, softmaxBackward, useKernels } from "../../index.ts";

it("is the gradient of softmax (central differences)", () => {
  const r = random(2);
  const x = Array.from({ length: 3 }, () => Array.from({ length: 4 }, r.normal));
  const g = x.map((row) => row.map(r.normal));
  for (const axis of [0, 1]) {
    const loss = (logits: number[][]) =>
      softmax(logits, { axis })
        .flat()
        .reduce((sum, y, i) => sum + y * g.flat()[i], 0);
    const gradient = softmaxBackward(g, softmax(x, { axis }), { axis });
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
  const y = softmax(Float32Array.of(1, 2, 3));
  const expected = softmaxBackward(g, y);
  expect(softmaxBackward(g, y, { out: g })).toBe(g);
  expect(g).toEqual(expected);
});

it("refuses different shapes and unknown options", () => {
  expect(() => softmaxBackward([1, 2], [1, 2, 3])).toThrow(
    new RangeError("softmaxBackward: gradOutput must have output's shape [3], got [2]."),
  );
  expect(() => softmaxBackward([1], [1], { temperature: 2 } as never)).toThrow(TypeError);
});

describe.each(kernels().available)("with %s kernels", (name) => {
  beforeAll(() => useKernels(name));
  afterAll(() => useKernels("auto"));

  it.each([
    ["float32", Float32Array, 3.4e38, 1e-6],
    ["float64", Float64Array, 1.7e308, 1e-14],
  ] as const)(
    "is finite where gradOutput minus its mean is not, in %s",
    (_, Type, large, tolerance) => {
      for (const [size, inner] of [
        [2, 1],
        [200, 1],
        [70_001, 1],
        [20, 64],
      ]) {
        const layout = { shape: [size, inner] };
        const y = new Type(size * inner).fill(0.9 / (size - 1)).fill(0.1, 0, inner);
        const g = new Type(size * inner).fill(large).fill(-large, 0, inner);
        const gradOutput = { data: g, ...layout };
        const { data } = softmaxBackward(gradOutput, { data: y, ...layout }, { axis: 0 });
        // Σ gradOutput · y is 0.8 times the large number.
        const [expected] = Type.of(-0.18 * large);
        for (const gradient of data.subarray(0, inner)) {
          expect(Math.abs(gradient / expected - 1)).toBeLessThan(tolerance * size);
        }
        expect(data.every(Number.isFinite)).toBe(true);
      }
    },
  );

  it("is infinite beside an infinite gradient, and NaN at its own element", () => {
    for (const [size, inner] of [
      [65, 1],
      [300, 1],
      [65, 8],
    ]) {
      const y = new Float32Array(size * inner).fill(1 / size);
      const g = new Float32Array(size * inner).fill(1).fill(-Infinity, 3 * inner, 3 * inner + 1);
      const shape = [size, inner];
      const { data } = softmaxBackward({ data: g, shape }, { data: y, shape }, { axis: 0 });
      const column = Array.from({ length: size }, (_, j) => data[j * inner]);
      expect(column).toEqual(Array.from(column, (_, j) => (j === 3 ? Number.NaN : Infinity)));
      if (inner > 1) expect(data[1]).toBeCloseTo(0, 6);
    }
  });
});
