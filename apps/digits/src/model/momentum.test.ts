import { expect, test } from "vitest";
import { Momentum } from "./momentum.ts";

test("each step adds the gradient to the decayed velocity", () => {
  const parameter = { values: Float32Array.of(1, -2), grad: Float32Array.of(4, 8) };
  const optimizer = new Momentum([parameter], 0.125, 0.5);
  optimizer.step();
  expect([...parameter.values]).toEqual([0.5, -3]);
  parameter.grad.set([0, -4]);
  optimizer.step();
  // Velocities: 4 and 8, then 0.5 · 4 + 0 = 2 and 0.5 · 8 − 4 = 0.
  expect([...parameter.values]).toEqual([0.25, -3]);
});
