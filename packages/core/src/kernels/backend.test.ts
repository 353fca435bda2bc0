import { expect, it } from "vitest";
import { kernels, useKernels } from "./backend.ts";

it("reports what is there and what computes", () => {
  const { available, active } = kernels();
  expect(available).toContain(active);
  expect(available.at(-1)).toBe("js");
});

it("chooses, or says what could be chosen and stays as it was", () => {
  const before = kernels();
  expect(useKernels("js").active).toBe("js");
  expect(useKernels("auto")).toEqual(before);
  expect(() => useKernels("gpu" as never)).toThrow(
    'useKernels: unknown kernels "gpu", expected one of auto, relaxed, simd, js.',
  );
  expect(() => useKernels(1 as never)).toThrow(TypeError);
  for (const name of ["relaxed", "simd"] as const) {
    if (before.available.includes(name)) expect(useKernels(name).active).toBe(name);
    else expect(() => useKernels(name)).toThrow(`useKernels: "${name}" is not available here`);
  }
  expect(useKernels("auto")).toEqual(before);
});
