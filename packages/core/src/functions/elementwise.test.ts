import * as fc from "fast-check";
import { expect, it } from "vitest";
import { logAddExp, logSigmoid, logSumExp, sigmoid, softplus } from "../index.ts";

const inf = Number.POSITIVE_INFINITY;

it("sigmoid, softplus, logSigmoid and logAddExp satisfy their identities", () => {
  fc.assert(
    fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => {
      expect(sigmoid(x) + sigmoid(-x)).toBeCloseTo(1, 15);
      expect(logSigmoid(x)).toBe(0 - softplus(-x));
      expect(softplus(x) - softplus(-x)).toBeCloseTo(x, 10);
      expect(logAddExp(0, x)).toBe(softplus(x));
    }),
    { seed: 4 },
  );
});

it("the elementwise functions are exact for infinite, large and NaN arguments", () => {
  expect(sigmoid([-inf, inf, -745])).toEqual([0, 1, 5e-324]);
  expect(logSigmoid([-inf, inf, -1000])).toEqual([-inf, 0, -1000]);
  expect(softplus([-inf, inf, 1000])).toEqual([0, inf, 1000]);
  expect(softplus(-40)).toBe(Math.exp(-40));
  for (const f of [sigmoid, logSigmoid, softplus]) expect(f(Number.NaN)).toBeNaN();
});

it("logAddExp equals logSumExp of two numbers, in either order", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (a, b) => {
      expect(logAddExp(a, b)).toBe(logAddExp(b, a));
      if (Number.isFinite(a - b)) expect(logAddExp(a, b)).toBeCloseTo(logSumExp([a, b]), 12);
    }),
    { seed: 6 },
  );
  expect([logAddExp(inf, inf), logAddExp(-inf, -inf), logAddExp(-inf, 3)]).toEqual([inf, -inf, 3]);
});

it("logAddExp broadcasts a number on either side", () => {
  expect(logAddExp(0, [0, 0])).toEqual([Math.LN2, Math.LN2]);
  const x = Float32Array.of(0, 1);
  const zero = { data: Float32Array.of(0), shape: [] };
  for (const result of [logAddExp(x, zero), logAddExp(zero, x)]) {
    expect(result).toEqual(logAddExp(x, 0));
    expect(result).toBeInstanceOf(Float32Array);
  }
  expect(logAddExp(zero, 0)).toBe(Math.fround(Math.LN2));
  expect(logAddExp(0, zero)).toBe(Math.fround(Math.LN2));
  expect(logAddExp(zero, zero)).toBe(Math.fround(Math.LN2));
  expect(logAddExp(x, 0)).toBeInstanceOf(Float32Array);
  expect(logAddExp(x, x, { out: x })).toBe(x);
  expect(() => logAddExp([1], [1, 2])).toThrow(
    new RangeError("logAddExp: b must have a's shape [1] or be a number, got [2]."),
  );
});
