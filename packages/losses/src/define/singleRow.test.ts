import { random } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import { crossEntropy } from "../crossEntropy/crossEntropy.ts";
import { trySingleRow } from "./singleRow.ts";

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

describe("trySingleRow", () => {
  const x = Float32Array.of(5, 6, 7);
  const row = { data: x, shape: [1, 3] };
  const at = (data: ArrayLike<number>, t: number) => data[t] ?? 99;
  const long = new Float32Array(64).fill(5);

  it.each([
    ["a vector and a number", x, 2, 7],
    ["its first class", x, 0, 5],
    ["numbers and a number", [5, 6, 7], 1, 6],
    ["numbers and the first class", [5, 6, 7], 0, 5],
    ["a tensor and an Int32Array", row, Int32Array.of(1), 6],
    ["a tensor and a tensor", row, { data: Int32Array.of(2), shape: [1] }, 7],
    ["64 classes", long, 63, 5],
    ["64 numbers", [...long], 63, 5],
  ])("computes %s", (_, input, target, expected) => {
    expect(trySingleRow(at, input, target)).toBe(expected);
  });

  it.each<[string, unknown, unknown]>([
    ["65 classes", new Float32Array(65), 0],
    ["65 numbers", new Array(65).fill(0), 0],
    ["a class that is negative", x, -1],
    ["a class that is out of bounds", x, 3],
    ["a class that is not whole", x, 0.5],
    ["a class that is no number", x, "0"],
    ["a class of numbers that is out of bounds", [5, 6], 2],
    ["nested numbers", [[5, 6]], 0],
    ["strings", ["5", 6], 0],
    ["float64", Float64Array.of(5, 6), 0],
    ["a tensor of float64", { data: Float64Array.of(5, 6), shape: [1, 2] }, Int32Array.of(0)],
    ["a tensor and a number", row, 0],
    ["a tensor and numbers", row, [0]],
    ["two labels", row, Int32Array.of(0, 1)],
    ["a label of two axes", row, { data: Int32Array.of(0), shape: [1, 1] }],
    ["a label without a shape", row, { data: Int32Array.of(0) }],
    ["a label of float32", row, { data: Float32Array.of(0), shape: [1] }],
    ["three rows", { data: x, shape: [3, 1] }, Int32Array.of(0)],
    ["a shape of more rows than the data", { data: x, shape: [2, 3] }, Int32Array.of(0)],
    ["one axis", { data: x, shape: [3] }, Int32Array.of(0)],
    ["a shape that is not of the data", { data: x, shape: [1, 2] }, Int32Array.of(0)],
    ["a shape that is no array", { data: x, shape: Int32Array.of(1, 3) }, Int32Array.of(0)],
    ["strides", { ...row, strides: [3, 1] }, Int32Array.of(0)],
    ["a stride", { ...row, stride: [3, 1] }, Int32Array.of(0)],
    ["an offset", { ...row, offset: 0 }, Int32Array.of(0)],
    ["inherited data", Object.create(row), Int32Array.of(0)],
    ["inherited shapes", Object.assign(Object.create(row), { data: x }), Int32Array.of(0)],
    ["null", null, 0],
    ["a label that is null", row, null],
    ["a label that is undefined", row, undefined],
    ["no input", undefined, Int32Array.of(0)],
  ])("leaves %s to the regular path", (_, input, target) => {
    expect(trySingleRow(at, input, target)).toBeUndefined();
  });

  it("leaves a loss of NaN, and a getter that throws, to the regular path", () => {
    const nan = () => Number.NaN;
    expect(trySingleRow(nan, x, 0)).toBeUndefined();
    expect(trySingleRow(nan, [5, 6], 0)).toBeUndefined();
    const throwing = {
      shape: [1, 3],
      get data() {
        throw new Error("no data");
      },
    };
    expect(trySingleRow(at, throwing, Int32Array.of(0))).toBeUndefined();
  });
});
