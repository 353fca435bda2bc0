import { expect, it } from "vitest";
import { holds } from "./examples.ts";
import { gridRows } from "./grid.ts";
import { exactReference, float64Reference } from "./reference.ts";
import { maxUlp, ulpAt } from "./ulp.ts";

it("distances are measured in ulps", () => {
  expect(ulpAt(1, "float32")).toBe(2 ** -23);
  expect(ulpAt(0.999, "float32")).toBe(2 ** -24);
  expect(ulpAt(1, "float64")).toBe(Number.EPSILON);
  expect(ulpAt(-(1 - 2 ** -53), "float64")).toBe(2 ** -53);
  expect(ulpAt(0, "float32")).toBe(2 ** -149);
  expect(ulpAt(2 ** -1060, "float64")).toBe(2 ** -1074);
  expect(ulpAt(Number.MAX_VALUE, "float64")).toBe(2 ** 971);
  expect(maxUlp([1 + 2 ** -22], [1], "float32")).toBe(2);
  expect(maxUlp([0], [3e-9], "float32")).toBeGreaterThan(1e6);
  expect(maxUlp([Number.NaN], [1], "float32")).toBe(Number.POSITIVE_INFINITY);
  expect(maxUlp([1e-30], [0], "float32")).toBe(Number.POSITIVE_INFINITY);
});

it("the float64 reference agrees with the exact one for moderate logits", () => {
  for (const { name, x } of gridRows(10, "float32")) {
    const exact = exactReference(x);
    const fast = float64Reference(x);
    for (const quantity of ["softmax", "logSoftmax"] as const) {
      expect(
        maxUlp(fast[quantity], exact[quantity], "float32"),
        `${quantity} ${name}`,
      ).toBeLessThan(1e-6);
    }
    expect(maxUlp(fast.gradient(0), exact.gradient(0), "float32"), name).toBeLessThan(1e-6);
  }
});

it("claims are compared digit by digit", () => {
  const claim = (value: unknown, claimed: string) => holds({ expression: "", value, claimed });
  expect(claim([0.4076, -1], "[0.407…, -1]")).toBe(true);
  expect(claim([0.4076, -1], "[0.408…, -1]")).toBe(false);
  expect(claim([0.4076, -1], "[0.407…]")).toBe(false);
  expect(claim(3.7200759e-44, "3.72e-44")).toBe(true);
  expect(claim(3.7300759e-44, "3.72e-44")).toBe(false);
});
