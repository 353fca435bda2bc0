import { execFileSync } from "node:child_process";
import { maxUlp, type Random, random } from "@surprisal/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Layout } from "../src/arrays/layout.ts";
import { allocate, kernels, release, useKernels } from "../src/index.ts";
import * as dispatch from "../src/kernels/dispatch.ts";
import type { Kernels } from "../src/kernels/interface.ts";
import {
  crossEntropy,
  logSoftmax,
  logSoftmaxBackward,
  logSumExp,
  softmax,
  softmaxBackward,
} from "../src/kernels/js/kernels.ts";
import type { RowData } from "../src/kernels/rowData.ts";

/** The kernels of the active instruction set, as the functions call them. */
const active: Kernels = {
  softmax: dispatch.softmaxKernel,
  logSoftmax: dispatch.logSoftmaxKernel,
  logSumExp: dispatch.logSumExpKernel,
  softmaxBackward: dispatch.softmaxBackwardKernel,
  logSoftmaxBackward: dispatch.logSoftmaxBackwardKernel,
  crossEntropy: dispatch.crossEntropyKernel,
};

const js: Kernels = {
  softmax,
  logSoftmax,
  logSumExp,
  softmaxBackward,
  logSoftmaxBackward,
  crossEntropy,
};

const inf = Number.POSITIVE_INFINITY;

/** Layouts on both sides of every limit: tiny inputs, short and long rows, chunks, columns, blocks of columns. */
const layouts: Layout[] = [
  ...[1, 2, 3, 4, 5, 47, 63, 64, 65, 129, 255, 256, 257].map((size) => ({
    outer: 37,
    size,
    inner: 1,
  })),
  { outer: 4099, size: 5, inner: 1 },
  { outer: 3, size: 32768, inner: 1 },
  { outer: 3, size: 32769, inner: 1 },
  { outer: 1, size: 131072, inner: 1 },
  { outer: 1, size: 131073, inner: 1 },
  { outer: 2, size: 200000, inner: 1 },
  ...[2, 3, 4, 5, 7, 64].map((inner) => ({ outer: 5, size: 11, inner })),
  { outer: 2, size: 3, inner: 9001 },
  { outer: 2, size: 3, inner: 4080 },
  { outer: 2, size: 3, inner: 4084 },
  { outer: 2, size: 3000, inner: 7 },
  { outer: 1, size: 1024, inner: 68 },
  { outer: 1, size: 1025, inner: 68 },
  { outer: 2, size: 21, inner: 4096 },
  { outer: 1, size: 65536, inner: 2 },
  { outer: 1, size: 65537, inner: 2 },
  { outer: 3000, size: 2, inner: 3 },
];

const fills: ((r: Random, x: Float32Array) => void)[] = [
  () => {},
  (r, x) => x.set(x.map((value) => (r.uniform() < 0.3 ? -inf : value))),
  (r, x) => x.fill(Number.NaN, r.below(x.length)),
  (r, x) => x.fill(inf, r.below(x.length)),
  (_, x) => x.fill(-inf),
  (_, x) => x.fill(1e30, 0, x.length / 2),
  (_, x) => x.fill(-3e38, x.length / 2),
];

function inputsOf({ outer, size, inner }: Layout): Float32Array[] {
  const r = random(size * inner + outer);
  // The longest rows have a way of their own; one layout of them goes through all fills.
  const isLarge = size !== 131073 && outer * size * inner > 2e4;
  const applied = isLarge ? fills.slice(0, 3) : fills;
  const normal = new Float32Array(outer * size * inner);
  for (let i = 0; i < normal.length; i++) normal[i] = 4 * r.normal();
  return applied.map((fill) => {
    const x = normal.slice();
    fill(r, x);
    return x;
  });
}

/** Each layout with its inputs, which no test changes. */
const cases = layouts.map((layout) => ({ ...layout, layout, inputs: inputsOf(layout) }));

const instructionSets = kernels().available.filter((name) => name !== "js");

it("this runtime supports both instruction sets", () => {
  expect(instructionSets).toEqual(["relaxed", "simd"]);
});

describe.each(instructionSets)("the results of %s equal those of JavaScript", (instructionSet) => {
  beforeAll(() => void useKernels(instructionSet));
  afterAll(() => void useKernels("auto"));

  describe.each(cases)("[$outer, $size, $inner]", ({ layout, inputs }) => {
    const rows = layout.outer * layout.inner;

    it.each(["softmax", "logSoftmax"] as const)("%s", (name) => {
      for (const x of inputs) {
        for (const empty of [Number.NaN, 0]) {
          const expected = new Float32Array(x.length);
          js[name](x, expected, layout, 1, empty);
          const actual = new Float32Array(x.length);
          active[name](x, actual, layout, 1, empty);
          expect(maxUlp(actual, expected, "float32")).toBeLessThanOrEqual(4);
          expect(actual.some((value) => value > 1)).toBe(false);
          const inPlace = x.slice();
          active[name](inPlace, inPlace, layout, 1, empty);
          expect(inPlace).toEqual(actual);
        }
      }
    });

    it.each([2 ** -8, 0.7, 3, 2 ** 8, 1e4])("softmax and logSoftmax at temperature %d", (t) => {
      for (const x of inputs.slice(0, 3)) {
        for (const name of ["softmax", "logSoftmax"] as const) {
          const expected = new Float32Array(x.length);
          js[name](x, expected, layout, t, 0);
          const actual = x.slice();
          active[name](actual, actual, layout, t, 0);
          expect(maxUlp(actual, expected, "float32")).toBeLessThanOrEqual(4);
        }
      }
    });

    it("logSumExp", () => {
      for (const x of inputs) {
        const expected = new Float32Array(rows);
        js.logSumExp(x, expected, layout);
        const actual = new Float32Array(rows);
        active.logSumExp(x, actual, layout);
        // max + log can cancel: the error is relative to these terms.
        expect(countErrors(actual, expected, 2e-7, 4)).toBe(0);
      }
    });

    it("crossEntropy, its gradient, and ignored rows", () => {
      const r = random(rows);
      const targets = Int32Array.from({ length: rows }, () =>
        r.uniform() < 0.15 ? -1 : r.below(layout.size),
      );
      const gradScale = Float64Array.from({ length: rows }, r.normal);
      for (const x of inputs) {
        const compute = (implementation: Kernels, input: Float32Array, gradient: Float32Array) => {
          const lossesOnly = new Float64Array(rows);
          implementation.crossEntropy(
            input,
            layout,
            rowData(targets, gradScale, lossesOnly),
            undefined,
          );
          const losses = new Float64Array(rows);
          implementation.crossEntropy(input, layout, rowData(targets, gradScale, losses), gradient);
          return { losses, lossesOnly };
        };
        const expectedGradient = new Float32Array(x.length);
        const expected = compute(js, x, expectedGradient);
        const gradient = new Float32Array(x.length);
        const actual = compute(active, x, gradient);
        expect(countErrors(actual.losses, expected.losses, 1e-6, 1e-12)).toBe(0);
        // Without the gradient, the kernel adds the terms of short rows in another order.
        expect(countErrors(actual.lossesOnly, actual.losses, 4e-7, 1e-12)).toBe(0);
        expect(maxUlp(gradient, expectedGradient, "float32")).toBeLessThanOrEqual(4);
        const inPlace = x.slice();
        const inPlaceLosses = compute(active, inPlace, inPlace).losses;
        expect(inPlace).toEqual(gradient);
        expect(inPlaceLosses).toEqual(actual.losses);

        const allocated = allocate([x.length]).data;
        allocated.set(x);
        const separate = allocate([x.length]).data.fill(7);
        const lossesInArena = compute(active, allocated, separate).losses;
        expect(maxUlp(separate, expectedGradient, "float32")).toBeLessThanOrEqual(4);
        expect(countErrors(lossesInArena, expected.losses, 1e-6, 1e-12)).toBe(0);
        expect(allocated).toEqual(x);
      }
      release();
    });

    it.each(["softmaxBackward", "logSoftmaxBackward"] as const)("%s", (name) => {
      const r = random(rows);
      const x = Float32Array.from({ length: rows * layout.size }, () => 4 * r.normal());
      const y = new Float32Array(x.length);
      js[name === "softmaxBackward" ? "softmax" : "logSoftmax"](x, y, layout, 1, 0);
      const g = Float32Array.from(y, () => (r.uniform() < 0.3 ? 0 : r.normal()));
      const expected = new Float32Array(x.length);
      js[name](g, y, expected, layout);
      const actual = new Float32Array(x.length);
      active[name](g, y, actual, layout);
      // The two terms of the gradient can cancel: the error is relative to them.
      expect(countErrors(actual, expected, 4e-7, 8)).toBe(0);
      const inPlace = g.slice();
      active[name](inPlace, y, inPlace, layout);
      expect(inPlace).toEqual(actual);

      const [g2, y2, out] = [g, y, actual].map(({ length }) => allocate([length]).data);
      g2.set(g);
      y2.set(y);
      active[name](g2, y2, out, layout);
      expect(countErrors(out, expected, 4e-7, 8)).toBe(0);
      expect([g2, y2]).toEqual([g, y]);
      release();
    });
  });
});

describe.each(instructionSets)("%s, where one class dominates", (instructionSet) => {
  beforeAll(() => void useKernels(instructionSet));
  afterAll(() => void useKernels("auto"));

  it.each([
    { size: 3, row: [0, -84, -88] },
    { size: 300, row: [0, -87.5, -87.5, -87.9] },
    { size: 40000, row: [-1, -76, -87] },
    { size: 3, row: [190, 108, 109] },
  ])("losses are within 3 ulp and gradients within 4: $row of $size", ({ size, row }) => {
    const layout = { outer: 40, size, inner: 1 };
    const x = Float32Array.from({ length: 40 * size }, (_, i) => row[i % size] ?? row[1]);
    const compute = (implementation: Kernels) => {
      const losses = new Float64Array(40);
      const gradient = new Float32Array(x.length);
      const rows = rowData(new Int32Array(40), new Float64Array(40).fill(1), losses);
      implementation.crossEntropy(x, layout, rows, gradient);
      return { losses: Float32Array.from(losses), gradient };
    };
    const [actual, expected] = [compute(active), compute(js)];
    expect(expected.losses[0]).toBeGreaterThan(2 ** -126);
    expect(maxUlp(actual.losses, expected.losses, "float32")).toBeLessThanOrEqual(3);
    expect(maxUlp(actual.gradient, expected.gradient, "float32")).toBeLessThanOrEqual(4);
  });

  it.each([0.5, 3, 200])(
    "the smallest normal probabilities are within 4 ulp at temperature %d",
    (t) => {
      const x = new Float32Array(100).fill(-1000 * t);
      x[0] = 0;
      x[1] = -123 * Math.LN2 * t;
      const [actual, expected] = [new Float32Array(100), new Float32Array(100)];
      active.softmax(x, actual, { outer: 1, size: 100, inner: 1 }, t, 0);
      js.softmax(x, expected, { outer: 1, size: 100, inner: 1 }, t, 0);
      expect(expected[1]).toBeGreaterThan(2 ** -126);
      expect(maxUlp(actual, expected, "float32")).toBeLessThanOrEqual(4);
    },
  );
});

/** Serves targets and scales from arrays, and stores the values in one. */
function rowData(targets: Int32Array, gradScale: Float64Array, values: Float64Array): RowData {
  return {
    load(first, count, blockTargets, blockGradScale) {
      blockTargets.set(targets.subarray(first, first + count));
      blockGradScale.set(gradScale.subarray(first, first + count));
    },
    store: (first, count, blockValues) => values.set(blockValues.subarray(0, count), first),
  };
}

/** Counts the values that differ by more than the tolerance, relative to the larger of the value and the floor, or in being NaN or infinite. */
function countErrors(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  floor: number,
): number {
  let count = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Object.is(actual[i], expected[i]) || actual[i] === expected[i]) continue;
    const distance = Math.abs(actual[i] - expected[i]);
    if (!(distance <= tolerance * Math.max(floor, Math.abs(expected[i])))) count++;
  }
  return count;
}

it.each([
  ["--jitless", '["js"]'],
  ["--disallow-code-generation-from-strings", '["relaxed","simd","js"]'],
])("node %s has the kernels %s", (flag, expected) => {
  const program = `import("@surprisal/core").then(({ kernels, softmax }) => {
    if (softmax(new Float32Array(100))[0] !== Math.fround(0.01)) throw new Error("wrong");
    console.log(JSON.stringify(kernels().available));
  })`;
  const options = { cwd: new URL("..", import.meta.url), encoding: "utf8" } as const;
  // This runs the built package, because Node's TypeScript loader itself needs WebAssembly.
  const args = [flag, "-e", program];
  expect(execFileSync(process.execPath, args, options).trim()).toBe(expected);
});
