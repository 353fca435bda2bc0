import { tensor } from "@surprisal/core";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { describe, expect, test } from "vitest";
import { fused, viaLogSoftmax, viaSoftmax } from "./routes.ts";

const ROWS = 32;
const CLASSES = 10;

/** Returns the loss and the gradient by their definition, in float64. */
function definition(logits: ArrayLike<number>, labels: ArrayLike<number>) {
  const grad: number[] = [];
  let sum = 0;
  for (let r = 0; r < labels.length; r++) {
    const row = Array.from(logits).slice(r * CLASSES, (r + 1) * CLASSES);
    const exps = row.map(Math.exp);
    const total = exps.reduce((a, b) => a + b);
    sum += Math.log(total) - row[labels[r]];
    grad.push(...exps.map((e, j) => (e / total - (j === labels[r] ? 1 : 0)) / labels.length));
  }
  return { value: sum / labels.length, grad };
}

describe.each([viaSoftmax, viaLogSoftmax, fused])("$name", (route) => {
  test.each([1, 3, 10])("computes the loss and its gradient for logits up to ±%d", (spread) => {
    const random = xoroshiro128plus(spread);
    for (let batch = 0; batch < 100; batch++) {
      const logits = Float32Array.from(
        { length: ROWS * CLASSES },
        () => spread * (2 * uniformFloat64(random) - 1),
      );
      const labels = Uint8Array.from({ length: ROWS }, () => uniformInt(random, 0, CLASSES - 1));
      const expected = definition(logits, labels);

      const { value, grad } = route.lossAndGrad(tensor(logits, [ROWS, CLASSES]), labels);

      expect(grad.shape).toEqual([ROWS, CLASSES]);
      // The error is up to 4 ulp of float32 (2.4e-7) with SIMD kernels, and one more rounding.
      expect(Math.abs(value - expected.value)).toBeLessThan(3e-7 * expected.value);
      const off = Math.max(...expected.grad.map((g, k) => Math.abs(g - grad.data[k])));
      expect(off).toBeLessThan(3e-7 / ROWS);
    }
  });
});

test("for a confident model, only the textbook route loses the digits of the loss", () => {
  const logits = tensor(new Float32Array(CLASSES), [1, CLASSES]);
  const labels = Uint8Array.of(4);
  logits.data[4] = 20;
  const expected = Math.log1p((CLASSES - 1) * Math.exp(-20));
  expect(viaSoftmax.lossAndGrad(logits, labels).value).toBeCloseTo(0, 15);
  for (const { lossAndGrad } of [viaLogSoftmax, fused]) {
    expect(lossAndGrad(logits, labels).value / expected).toBeCloseTo(1, 6);
  }
});

test("if a probability underflows to 0, only the textbook route has no gradient", () => {
  const logits = tensor(Float32Array.of(0, 120), [1, 2]);
  const gradients = [viaSoftmax, viaLogSoftmax, fused].map(({ lossAndGrad }) => [
    ...lossAndGrad(logits, Uint8Array.of(0)).grad.data,
  ]);
  expect(gradients).toEqual([
    [Number.NaN, Number.NaN],
    [-1, 1],
    [-1, 1],
  ]);
});

test("none of the routes changes the logits", () => {
  for (const route of [viaSoftmax, viaLogSoftmax, fused]) {
    const logits = tensor(Float32Array.of(2, 1, 0), [1, 3]);
    route.lossAndGrad(logits, Uint8Array.of(0));
    expect([...logits.data]).toEqual([2, 1, 0]);
  }
});
