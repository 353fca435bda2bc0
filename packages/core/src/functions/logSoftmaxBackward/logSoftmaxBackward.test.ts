import { random } from "@surprisal/testing";
import { expect, it } from "vitest";
import { logSoftmax, logSoftmaxBackward } from "../../index.ts";

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
