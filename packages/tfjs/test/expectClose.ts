import type { Tensor } from "@tensorflow/tfjs-core";
import { expect } from "vitest";

/** Expects numbers to agree to six digits after the point. */
export function expectClose(actual: Tensor | readonly number[], expected: readonly number[]): void {
  const values = Array.isArray(actual) ? actual : [...(actual as Tensor).dataSync()];
  expect(values.length).toBe(expected.length);
  values.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i], 6);
  });
}
