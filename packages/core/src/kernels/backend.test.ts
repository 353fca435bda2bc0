import { afterEach, describe, expect, it, vi } from "vitest";
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

describe("a runtime that refuses WebAssembly", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    // The modules that other test files load must not be those that were refused.
    vi.resetModules();
  });

  /** Loads the package anew in a runtime whose Module or Instance is replaced, and counts the attempts. */
  async function load(refused: "Module" | "Instance", refuses: (bytes: number) => boolean) {
    let attempts = 0;
    let bytes = 0;
    const real = Reflect.get(globalThis, "WebAssembly");
    class Refusing {
      constructor(binary: Uint8Array<ArrayBuffer>) {
        if (refused === "Module") bytes = binary.length;
        attempts++;
        if (refuses(bytes)) throw new real.CompileError("refused");
        // biome-ignore lint/correctness/noConstructorReturn: stands for the real constructor
        return new real.Module(binary);
      }
    }
    const { Module, Instance, Memory } = real;
    const validate = (binary: Uint8Array<ArrayBuffer>) => real.validate(binary);
    vi.stubGlobal("WebAssembly", { validate, Module, Instance, Memory, [refused]: Refusing });
    vi.resetModules();
    return { ...(await import("../index.ts")), attempts: () => attempts };
  }

  const logits = Float32Array.from({ length: 100 }, (_, j) => j / 7);

  it.each(["Module", "Instance"] as const)(
    "computes in JavaScript after one refused %s",
    async (refused) => {
      const { kernels, softmax, logSoftmaxBackward, useKernels, attempts } = await load(
        refused,
        () => true,
      );
      useKernels("js");
      const expected = softmax(logits);
      useKernels("auto");
      for (let i = 0; i < 3; i++) expect(softmax(logits)).toEqual(expected);
      expect(logSoftmaxBackward(logits, logits)).toHaveLength(100);
      expect(kernels()).toEqual({ available: ["js"], active: "js" });
      expect(attempts()).toBe(1);
    },
  );

  it("computes in JavaScript where only small modules compile", async () => {
    const { kernels, softmax, softmaxBackward, logSumExp, allocate, useKernels, attempts } =
      await load("Module", (bytes) => bytes > 1024);
    expect(kernels().active).toBe("relaxed");
    useKernels("relaxed");
    const { data } = allocate([100]);
    data.set(logits);
    expect(logSumExp(data)).toBeCloseTo(16.1, 0);
    expect(kernels()).toEqual({ available: ["simd", "js"], active: "simd" });
    const p = softmax(logits);
    expect(kernels()).toEqual({ available: ["js"], active: "js" });
    softmaxBackward(logits, p);
    expect(() => useKernels("simd")).toThrow('useKernels: "simd" is not available here');
    expect(softmax(logits)).toEqual(p);
    expect(attempts()).toBe(3);
  });
});
