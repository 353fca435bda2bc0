// Values at the edges of float32 and float64, at every kernel and along every kind of axis.
import { maxUlp, random, ulpAt } from "@surprisal/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Layout, rowOffset } from "../src/arrays/layout.ts";
import {
  allocate,
  kernels,
  logSoftmax,
  logSoftmaxBackward,
  softmax,
  useKernels,
} from "../src/index.ts";
import {
  crossEntropyKernel,
  logSoftmaxBackwardKernel,
  logSoftmaxKernel,
  logSumExpKernel,
  softCrossEntropyKernel,
  softmaxKernel,
} from "../src/kernels/dispatch.ts";
import type { RowData } from "../src/kernels/rowData.ts";

const inf = Number.POSITIVE_INFINITY;

/** Shapes with the axis of their rows: short and long rows, columns, rows that are packed, a row in pieces. */
const shapes = [
  { name: "short rows", shape: [37, 5], axis: 1 },
  { name: "long rows", shape: [3, 301], axis: 1 },
  { name: "columns", shape: [5, 68], axis: 0 },
  { name: "packed columns", shape: [300, 3], axis: 0 },
  { name: "a row in pieces", shape: [2, 131077], axis: 1 },
];

type FloatArray = Float32Array<ArrayBufferLike> | Float64Array<ArrayBufferLike>;

/** Fills the rows of a shape with a row that is cut, or continued with its last element. */
function fillRows(
  Type: typeof Float32Array | typeof Float64Array,
  shape: readonly number[],
  axis: number,
  row: readonly number[],
): { data: FloatArray; shape: readonly number[] } {
  const data = new Type(shape[0] * shape[1]);
  const inner = axis === 0 ? shape[1] : 1;
  const size = shape[axis];
  for (let i = 0; i < data.length; i++) {
    data[i] = row[Math.min(Math.floor(i / inner) % size, row.length - 1)];
  }
  return { data, shape };
}

describe.each(kernels().available)("kernels %s", (name) => {
  beforeAll(() => void useKernels(name));
  afterAll(() => void useKernels("auto"));

  describe.each(shapes)("$name", ({ shape, axis }) => {
    it("divides differences by the temperature that overflow before", () => {
      for (const [Type, huge, temperatures] of [
        [Float32Array, 3e38, [1.5, 16, 1e30, 1e38]],
        [Float64Array, 1.7e308, [1.5, 16, 1e30, 1e308]],
      ] as const) {
        for (const temperature of temperatures) {
          const x = fillRows(Type, shape, axis, [huge, -huge, huge / 2, -huge]);
          const size = shape[axis];
          const difference = (value: number) => value / temperature - huge / temperature;
          const row = Array.from({ length: size }, (_, j) => [huge, -huge, huge / 2][j] ?? -huge);
          const sum = row.reduce((total, value) => total + Math.exp(difference(value)), -1);
          const expectedRow = row.map((value) => difference(value) - Math.log1p(sum));
          const expected = fillRows(Type, shape, axis, expectedRow).data;
          const actual = logSoftmax(x, { axis, temperature }).data;
          // The sum above is plain: many ulp of float64, none of float32.
          const isFloat32 = Type === Float32Array;
          const ulps = maxUlp(actual, expected, isFloat32 ? "float32" : "float64");
          expect(ulps).toBeLessThanOrEqual(isFloat32 ? 5 : 5000);
          const p = softmax(x, { axis, temperature }).data;
          expect(p[0]).toBeCloseTo(1 / (1 + sum), 6);
          expect(p.some(Number.isNaN)).toBe(false);
        }
      }
    });

    const layout: Layout = {
      outer: axis === 0 ? 1 : shape[0],
      size: shape[axis],
      inner: axis === 0 ? shape[1] : 1,
    };
    const rows = layout.outer * layout.inner;
    const length = shape[0] * shape[1];

    /** Computes losses and gradients of rows with these targets and upstream gradients, in two kinds of memory. */
    const softTargets = {
      probabilities: undefined,
      weight: undefined,
      labelSmoothing: 0.1,
      softcap: Number.POSITIVE_INFINITY,
      skipMasked: false,
      zLoss: 0,
    };

    function crossEntropy(
      x: FloatArray,
      targets: ArrayLike<number>,
      scales: ArrayLike<number>,
      memory: "ordinary" | "in place" | "allocated",
      isSoft = false,
    ) {
      const values = new Float64Array(rows);
      let input = x.slice() as FloatArray;
      let gradient = x.slice().fill(7) as FloatArray;
      const rowData: RowData = {
        load(first, count, blockTargets, gradScale) {
          for (let i = 0; i < count; i++) {
            blockTargets[i] = targets[first + i];
            gradScale[i] = scales[first + i];
          }
        },
        store: (first, count, block) => values.set(block.subarray(0, count), first),
      };
      if (memory !== "ordinary") {
        [input, gradient] = [allocate([length]).data, allocate([length]).data];
        input.set(x);
        if (memory === "in place") gradient = input;
      }
      if (!isSoft) crossEntropyKernel(input, layout, rowData, gradient);
      else if (!softCrossEntropyKernel(input, layout, softTargets, rowData, gradient)) {
        // Only SIMD kernels compute soft targets.
        expect(kernels().active).toBe("js");
      }
      if (memory !== "in place") expect(input).toEqual(x);
      return { values, gradient: gradient.slice() };
    }

    const r = random(length);
    const x = Float32Array.from({ length }, () => 30 * r.normal());
    const targets = Int32Array.from({ length: rows }, () => r.below(layout.size));
    const ones = new Float64Array(rows).fill(1);
    const memories =
      name === "js" ? (["ordinary"] as const) : (["ordinary", "in place", "allocated"] as const);

    it("logSoftmaxBackward of rows that logSoftmax filled with zeros is 0", () => {
      const masked = x.slice();
      for (let i = 0; i < rows; i += 3) {
        for (let j = 0; j < layout.size; j++)
          masked[rowOffset(i, layout) + j * layout.inner] = -inf;
      }
      for (const input of [masked, Float64Array.from(masked)]) {
        const y = logSoftmax({ data: input, shape }, { axis, whenEmpty: "zero" });
        const g = { data: input.map((_, i) => Math.sin(i)), shape };
        const { data } = logSoftmaxBackward(g, y, { axis });
        for (let i = 0; i < rows; i++) {
          const row = Array.from(
            { length: layout.size },
            (_, j) => data[rowOffset(i, layout) + j * layout.inner],
          );
          expect(row.every((value) => value === 0)).toBe(i % 3 === 0);
        }
      }
    });

    it.each([1, 1e-30, 1e-38, 1e9, 1e35])(
      "logSoftmaxBackward of upstream gradients of %d",
      (scale) => {
        const y = new Float32Array(length);
        logSoftmaxKernel(x, y, layout, 1, 0);
        // One entry per row is not 0, so that nothing hides small probabilities.
        const g = new Float32Array(length);
        for (let i = 0; i < rows; i++) g[rowOffset(i, layout)] = scale;
        const actual = new Float32Array(length);
        logSoftmaxBackwardKernel(g, y, actual, layout);
        const exact = new Float64Array(length);
        logSoftmaxBackwardKernel(Float64Array.from(g), Float64Array.from(y), exact, layout);
        exact.forEach((value, k) => {
          const larger = Math.max(Math.abs(g[k]), Math.abs(value));
          const ulp = Math.abs(actual[k] - value) / ulpAt(larger, "float32");
          if (!(ulp <= 5)) expect.fail(`${actual[k]} for ${value} at ${k}`);
        });
      },
    );

    it.each(memories)("gradients of small and large upstream gradients, memory %s", (memory) => {
      const scales = [1, 1e-28, 1e-35, 2 ** -74, 0.1, 1e35, 3e9, -1e-40, -1e37, 0, 1e-300, 1e300];
      const mixed = Float64Array.from({ length: rows }, (_, i) => scales[i % scales.length]);
      const exact = crossEntropy(Float64Array.from(x), targets, mixed, "ordinary");
      const actual = crossEntropy(x, targets, mixed, memory);
      expect(worstUlp(actual.gradient, Float32Array.from(exact.gradient))).toBeLessThanOrEqual(5);
      expect(actual.values).toEqual(crossEntropy(x, targets, ones, memory).values);
      const odd = mixed.map((scale, i) => (i % 5 === 1 ? [Number.NaN, inf, -inf][i % 3] : scale));
      const exactOdd = crossEntropy(Float64Array.from(x), targets, odd, "ordinary");
      const actualOdd = crossEntropy(x, targets, odd, memory);
      expect(
        worstUlp(actualOdd.gradient, Float32Array.from(exactOdd.gradient)),
      ).toBeLessThanOrEqual(5);
    });

    const changingTargets = memories.flatMap((memory) => [
      { memory, isSoft: false },
      { memory, isSoft: true },
    ]);
    it.each(changingTargets)(
      "targets that change after they are checked: %o",
      ({ memory, isSoft }) => {
        if (isSoft && kernels().active === "js") return;
        const { size } = layout;
        const outside = [2 ** 31 - 1, size, -5, size + 1, -(2 ** 31), 2 ** 30];
        const changed = targets.map((target, i) =>
          i % 3 === 1 ? outside[i % outside.length] : target,
        );
        const expectRow = (value: number, expectedValue: number) => {
          // The slow path of soft targets adds the terms of four neighbouring rows in another order.
          if (isSoft) expect(maxUlp([value], [expectedValue], "float32")).toBeLessThanOrEqual(4);
          else expect(value).toBe(expectedValue);
        };
        const bystander = memory === "ordinary" ? undefined : allocate([4096]).data.fill(3);
        const actual = crossEntropy(x, changed, ones, memory, isSoft);
        const expected = crossEntropy(x, targets, ones, memory, isSoft);
        for (let i = 0; i < rows; i++) {
          const isChanged = i % 3 === 1;
          const value = changed[i] < 0 ? 0 : Number.NaN;
          expectRow(actual.values[i], isChanged ? value : expected.values[i]);
          const start = rowOffset(i, layout);
          for (let j = 0; j < size; j += 1 + (size >> 5)) {
            const k = start + j * layout.inner;
            expectRow(actual.gradient[k], isChanged ? value : expected.gradient[k]);
          }
        }
        expect(bystander?.every((value) => value === 3)).not.toBe(false);
      },
    );

    it("the bits of a row do not depend on its neighbours", () => {
      const spoiled = x.slice();
      const ignored = targets.map((target, i) => (i % 4 === 1 ? -1 : target));
      for (let i = 2; i < rows; i += 4) {
        const spoil = [-inf, inf, Number.NaN][i % 3];
        for (let j = 0; j < layout.size; j++)
          spoiled[rowOffset(i, layout) + j * layout.inner] = spoil;
      }
      const compute = (input: Float32Array, targets: Int32Array) => {
        const lse = new Float32Array(rows);
        logSumExpKernel(input, lse, layout);
        const { values, gradient } = crossEntropy(input, targets, ones, "ordinary");
        const [p, logP] = [new Float32Array(length), new Float32Array(length)];
        softmaxKernel(input, p, layout, 1, 0);
        logSoftmaxKernel(input, logP, layout, 1, 0);
        return { perRow: [lse, values], perElement: [gradient, p, logP] };
      };
      const [clean, dirty] = [compute(x, targets), compute(spoiled, ignored)];
      for (let i = 0; i < rows; i++) {
        if (i % 4 === 1 || i % 4 === 2) continue;
        clean.perRow.forEach((array, k) => void expect(dirty.perRow[k][i]).toBe(array[i]));
        for (let j = 0; j < layout.size; j += 1 + (layout.size >> 5)) {
          const at = rowOffset(i, layout) + j * layout.inner;
          clean.perElement.forEach(
            (array, k) => void expect(dirty.perElement[k][at]).toBe(array[at]),
          );
        }
      }
    });
  });
});

// The kernels look for the maximum four floats at a time, from an element of the last, incomplete vector on.
describe.each(kernels().available)("kernels %s, rows that end with the staging buffer", (name) => {
  beforeAll(() => void useKernels(name));
  afterAll(() => void useKernels("auto"));
  const buffer = 1 << 17;

  it.each([-3, -2, -1, 0, 1].flatMap((more) => [buffer + more, 2 * buffer + more]))(
    "the maximum is one of the last three of %d elements",
    (size) => {
      const layout = { outer: 1, size, inner: 1 };
      for (const place of [size - 3, size - 2, size - 1]) {
        const x = new Float32Array(size).fill(-200);
        x[place] = 5;
        expect(softmax(x)[place]).toBe(1);
        expect(logSoftmax(x)[place]).toBeCloseTo(0, 12);
        const results = { lse: new Float32Array(1), losses: new Float64Array(1) };
        logSumExpKernel(x, results.lse, layout);
        expect(results.lse[0]).toBe(5);
        const rowData: RowData = {
          load(_first, _count, targets, gradScale) {
            targets[0] = place;
            gradScale[0] = 1;
          },
          store: (_first, _count, values) => results.losses.set(values.subarray(0, 1)),
        };
        const gradient = new Float32Array(size).fill(7);
        crossEntropyKernel(x, layout, rowData, gradient);
        expect(results.losses[0]).toBeCloseTo(0, 12);
        expect(gradient[place]).toBeCloseTo(0, 12);
        const soft = {
          probabilities: undefined,
          weight: undefined,
          labelSmoothing: 0.5,
          zLoss: 0,
          softcap: Number.POSITIVE_INFINITY,
          skipMasked: false,
        };
        const isComputed = softCrossEntropyKernel(x, layout, soft, rowData, gradient);
        expect(isComputed).toBe(name !== "js");
        if (isComputed) expect(results.losses[0]).toBeCloseTo((102.5 * (size - 1)) / size, 3);
      }
    },
  );
});

/** The largest error in ulp, where subnormal floats have the ulp of the smallest normal one. */
function worstUlp(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Object.is(actual[i], expected[i]) || actual[i] === expected[i]) continue;
    const ulp = Math.abs(actual[i] - expected[i]) / ulpAt(expected[i], "float32");
    if (!(ulp <= worst)) worst = Number.isNaN(ulp) ? inf : ulp;
  }
  return worst;
}
