import { random } from "@surprisal/testing";
import { expect, it } from "vitest";
import { sparsemax, sparsemaxBackward } from "../../index.ts";

it("is the gradient of sparsemax (central differences)", () => {
  const r = random(3);
  const x = Array.from({ length: 3 }, () => Array.from({ length: 4 }, () => 0.6 * r.normal()));
  const g = x.map((row) => row.map(r.normal));
  for (const axis of [0, 1]) {
    const loss = (scores: number[][]) =>
      sparsemax(scores, { axis })
        .flat()
        .reduce((sum, y, i) => sum + y * g.flat()[i], 0);
    const gradient = sparsemaxBackward(g, sparsemax(x, { axis }), { axis });
    const step = 1e-6;
    x.forEach((row, i) => {
      row.forEach((_, j) => {
        const shifted = (change: number) =>
          x.map((other, k) => other.map((v, l) => (k === i && l === j ? v + change : v)));
        const derivative = (loss(shifted(step)) - loss(shifted(-step))) / (2 * step);
        expect(gradient[i][j]).toBeCloseTo(derivative, 8);
      });
    });
  }
});

it("is 0 where the probability is, and NaN where it is NaN", () => {
  expect(sparsemaxBackward([1, 0, 4], [0.75, 0.25, 0])).toEqual([0.5, -0.5, 0]);
  expect(sparsemaxBackward([3, 1], [1, 0])).toEqual([0, 0]);
  expect(sparsemaxBackward([3, 1], [Number.NaN, Number.NaN])).toEqual([Number.NaN, Number.NaN]);
  expect(sparsemaxBackward([3, 1], [0, 0])).toEqual([0, 0]);
});

it("neither overflows where the mean is finite, nor loses digits", () => {
  expect(sparsemaxBackward([1.7e308, 1.7e308], [0.5, 0.5])).toEqual([0, 0]);
  expect(sparsemaxBackward([1.5e308, 0.5e308, 1e308, 1e308], [0.3, 0.3, 0.2, 0.2])).toEqual([
    0.5e308, -0.5e308, 0, 0,
  ]);
});

it("writes to out, which may be gradOutput itself", () => {
  const g = Float32Array.of(1, 0, 2);
  const y = sparsemax(Float32Array.of(0.1, 0.2, 0.3));
  const expected = sparsemaxBackward(g, y);
  expect(sparsemaxBackward(g, y, { out: g })).toBe(g);
  expect(g).toEqual(expected);
});

it("refuses different shapes", () => {
  expect(() => sparsemaxBackward([1, 2], [1, 2, 3])).toThrow(
    new RangeError("sparsemaxBackward: gradOutput must have output's shape [3], got [2]."),
  );
});
