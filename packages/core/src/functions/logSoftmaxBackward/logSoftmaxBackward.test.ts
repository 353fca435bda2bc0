import { random } from "@surprisal/testing";
import { expect, it } from "vitest";
import { logSoftmax, logSoftmaxBackward } from "../../index.ts";

it("is the gradient of logSoftmax (central differences)", () => {
  const r = random(2);
  const x = Array.from({ length: 3 }, () => Array.from({ length: 4 }, r.normal));
  const g = x.map((row) => row.map(r.normal));
  for (const axis of [0, 1]) {
    const value = (at: number[][]) =>
      logSoftmax(at, { axis })
        .flat()
        .reduce((sum, y, i) => sum + y * g.flat()[i], 0);
    const gradient = logSoftmaxBackward(g, logSoftmax(x, { axis }), { axis });
    const step = 1e-5;
    x.forEach((row, i) => {
      row.forEach((_, j) => {
        const moved = (by: number) =>
          x.map((one, k) => one.map((v, l) => (k === i && l === j ? v + by : v)));
        const slope = (value(moved(step)) - value(moved(-step))) / (2 * step);
        expect(gradient[i][j]).toBeCloseTo(slope, 9);
      });
    });
  }
});

it("writes to out, which may be the upstream gradient", () => {
  const g = Float32Array.of(1, 0, 2);
  const y = logSoftmax(Float32Array.of(1, 2, 3));
  const expected = logSoftmaxBackward(g, y);
  expect(logSoftmaxBackward(g, y, { out: g })).toBe(g);
  expect(g).toEqual(expected);
});

it("refuses shapes that differ", () => {
  expect(() => logSoftmaxBackward([1, 2], [1, 2, 3])).toThrow(
    new RangeError("logSoftmaxBackward: gradOutput must have output's shape [3], got [2]."),
  );
  expect(() => logSoftmaxBackward([1], [1], { temperature: 2 } as never)).toThrow(TypeError);
});
