import { random } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import { useKernels } from "../kernels/backend.ts";
import { checkProbabilities } from "./classProbabilities.ts";

const { below, uniform } = random(3);
const smallest = 2 ** -149;
const largest = (2 - 2 ** -23) * 2 ** 127;
// Fewer numbers than a call into WebAssembly is worth, one that fills no vector, and more than one block of a copy.
const lengths = [2, 3, 65, 70, 40_001];

const check = (data: ArrayLike<number>, shape: readonly number[]) =>
  checkProbabilities(data, false, {
    functionName: "f",
    shape,
    axis: -1 + shape.length,
    ignoreIndex: -100,
  });

describe.each(["auto", "simd", "js"] as const)(
  "class probabilities, checked by %s kernels",
  (kernels) => {
    const run = (data: ArrayLike<number>, shape: readonly number[]) => {
      useKernels(kernels);
      try {
        check(data, shape);
      } finally {
        useKernels("auto");
      }
    };

    it.each([0, -0, smallest, 0.5, 1, 1.999, 2, 2.5, largest])("may be %d", (value) => {
      for (const length of lengths) {
        const numbers = new Float32Array(length).map(uniform);
        numbers[below(length)] = value;
        run(numbers, [length]);
        run(Float64Array.from(numbers), [length]);
      }
    });

    it.each([
      -smallest,
      -1,
      -largest,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
    ])("may not be %d, at any place", (value) => {
      for (const length of lengths) {
        const places = length > 100 ? [0, 1, 32_767, 32_768, length - 1] : Array(length).keys();
        for (const place of places) {
          const memory = new Float32Array(length + 2).map(uniform);
          const numbers = memory.subarray(1, 1 + length);
          numbers[place] = value;
          const message = `f: target must hold class probabilities, finite and at least 0, got ${value} at row 0, class ${place}.`;
          expect(() => run(numbers, [length])).toThrow(message);
        }
      }
    });

    it("may not be any bit pattern of NaN", () => {
      const bits = new Uint32Array(70);
      const numbers = new Float32Array(bits.buffer);
      for (const pattern of [0x7f800001, 0x7fffffff, 0xff800001, 0xffffffff, 0xffc00000]) {
        bits[40] = pattern;
        expect(() => run(numbers, [70])).toThrow("got NaN at row 0, class 40");
      }
    });

    it("may be whole, but not counts", () => {
      for (const length of lengths) {
        const numbers = new Float32Array(length);
        numbers[length - 1] = 1;
        run(numbers, [length]);
        numbers[0] = 3;
        expect(() => run(numbers, [length])).toThrow("whole numbers such as 3");
        numbers[1] = 0.5;
        run(numbers, [length]);
      }
    });
  },
);
