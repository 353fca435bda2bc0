import { random } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import { crossEntropy } from "../crossEntropy/crossEntropy.ts";

describe("the fast path for one short row", () => {
  const r = random(7);
  const rows = Array.from({ length: 200 }, (_, i) => {
    const x = Float32Array.from({ length: 1 + (i % 70) }, () => 30 * r.normal());
    return { x, t: r.below(x.length) };
  });

  it("returns the same bits without options as the regular path", () => {
    for (const { x, t } of rows) {
      const shape = [1, x.length];
      const regular = crossEntropy(x, t, { axis: 0 });
      expect(crossEntropy(x, t)).toBe(regular);
      if (x.length > 64) continue;
      expect(crossEntropy({ data: x, shape }, Int32Array.of(t))).toBe(regular);
      const labels = { data: Int32Array.of(t), dims: [1] };
      expect(crossEntropy({ data: x, dims: shape }, labels)).toBe(regular);
    }
  });

  it("returns the same bits for numbers, with the options of one row", () => {
    for (const { x, t } of rows) {
      // Float64 that is not float32.
      const numbers = Array.from(x, (value) => value / 3);
      const [regular] = crossEntropy([numbers, numbers], [t, t], { reduction: "none" }) as number[];
      expect(crossEntropy(numbers, t)).toBe(regular);
      for (const reduction of ["mean", "sum"] as const) {
        expect(crossEntropy(numbers, t, { axis: -1, reduction })).toBe(regular);
        expect(crossEntropy(x, t, { axis: -1, reduction })).toBe(crossEntropy(x, t, { axis: 0 }));
      }
    }
    const getter = {
      reads: 0,
      get labelSmoothing() {
        getter.reads++;
        return 0.5;
      },
    };
    const options = Object.create(null, {
      axis: { value: -1, enumerable: true },
      labelSmoothing: { get: () => getter.labelSmoothing, enumerable: true },
    });
    expect(crossEntropy([1, 1], 0, options)).toBe(crossEntropy([1, 1], 1, options));
    expect(getter.reads).toBe(2);
    expect(() => crossEntropy(["1", 2] as never, 0)).toThrow("input[0] must be a number");
    expect(() => crossEntropy([1, 2], 0, { axis: 1 })).toThrow("axis");
  });

  it("leaves invalid arguments, NaN and ignored rows to the regular path", () => {
    const x = Float32Array.of(1, 2, 3);
    expect(crossEntropy(x, -100)).toBeNaN();
    expect(crossEntropy(Float32Array.of(-Infinity, -Infinity), 0)).toBeNaN();
    expect(crossEntropy({ data: x, shape: [1, 2], offset: 1 }, [0])).toBe(
      crossEntropy(x.slice(1), 0),
    );
    expect(() => crossEntropy(x, 3)).toThrow("target 3 at row 0 is out of bounds for 3 classes");
    expect(() => crossEntropy(x, 0.5)).toThrow("target 0.5 at row 0 is not a whole number");
    expect(() => crossEntropy({ data: x, shape: [1, 2] }, Int32Array.of(0))).toThrow("data has 3");
    expect(() => crossEntropy({ data: x, shape: [1, 3] }, Int32Array.of(0, 1))).toThrow("[1]");
  });
});
