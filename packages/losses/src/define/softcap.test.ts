import { allocate, kernels, type Tensor, useKernels } from "@surprisal/core";
import type { Layout, RowData } from "@surprisal/core/authoring";
import { random } from "@surprisal/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allocatedBytes } from "../../test/allocatedBytes.ts";
import { crossEntropy } from "../crossEntropy/crossEntropy.ts";
import { needsFloat64, softcapRow, withSoftcap } from "./softcap.ts";

const inf = Number.POSITIVE_INFINITY;

describe.each(kernels().available)("softcap of float32, kernels %s", (instructionSet) => {
  beforeAll(() => void useKernels(instructionSet));
  afterAll(() => void useKernels("auto"));

  // Blocks of many rows, of one row, and of one slab of columns.
  it.each([
    [[1001, 10], 1],
    [[3, 5000], 1],
    [[2, 7, 64], 1],
    [[3, 9, 5], 1],
    [[70], 0],
  ])("equals float64 but for the rounding of the capped logits, shape %j", (shape, axis) => {
    const r = random(shape.length);
    const size = shape.reduce((a, b) => a * b, 1);
    const rowShape = shape.toSpliced(axis, 1);
    const data = Float32Array.from({ length: size }, () => 20 * r.normal());
    const targets = Int32Array.from({ length: size / shape[axis] }, () =>
      r.uniform() < 0.1 ? -100 : r.below(shape[axis]),
    );
    const target = { data: targets, shape: rowShape };
    const weight = Array.from({ length: shape[axis] }, () => r.below(3));
    for (const more of [{}, { weight }, { skipMasked: true }, { reduction: "none" } as const]) {
      const x = data.slice();
      if ("skipMasked" in more) for (let i = 0; i < size; i += 7) x[i] = -inf;
      const options = { axis, softcap: 8, ...more };
      const exact = crossEntropy.valueAndGrad(
        { data: Float64Array.from(x), shape },
        target,
        options,
      );
      const out = x.slice();
      const actual = crossEntropy.valueAndGrad({ data: out, shape }, target, { ...options, out });
      // Four roundings of logits of at most 8.
      const error = 4 * 8 * 2 ** -24;
      expectClose(numbersOf(actual.value), numbersOf(exact.value), 2 * error, error);
      expectClose(out, numbersOf(exact.grad), 2 * error, 1e-30);
      const own = allocate(shape) as Tensor<Float32Array>;
      own.data.set(x);
      const inPlace = crossEntropy.valueAndGrad(own, target, { ...options, out: own });
      expect(inPlace.value).toEqual(actual.value);
      expect(own.data).toEqual(out);
    }
  });

  it("large logits have slope 4·exp(−2|x|/s), until it is no normal float", () => {
    const x = new Float32Array(80);
    x.set([10, -20, 40, -43, 50, inf, -inf]);
    const { grad } = crossEntropy.valueAndGrad(x, 79, { softcap: 1 });
    const gradient = Array.from(grad as Float32Array);
    // Capped to ±1: four logits are 1, three are −1, and the others are 0.
    const sum = 73 + 4 * Math.E + 3 / Math.E;
    for (const [j, v] of [10, -20, 40, -43].entries()) {
      const expected = (4 * Math.exp(-2 * Math.abs(v)) * Math.exp(Math.sign(v))) / sum;
      expect(gradient[j] / expected).toBeCloseTo(1, 4);
    }
    expect(gradient[4]).toBeLessThan(1e-37);
    expect(gradient.slice(5, 7)).toEqual([0, 0]);
  });

  it.each([1e30, 1e45, 1e-30])("keeps what float32 holds, upstream gradient %d", (gradOutput) => {
    const data = new Float32Array(100).map((_, k) => (k % 10) * 6);
    const call = (array: Float32Array | Float64Array) =>
      crossEntropy.valueAndGrad({ data: array, shape: [10, 10] }, new Int32Array(10), {
        softcap: 1,
        gradOutput,
      }).grad.data;
    const expected = Float32Array.from(call(Float64Array.from(data)));
    expectClose(call(data), expected, 1e-6, 1e-44);
  });

  it.each([0, 1])("leaves no NaN of an ignored row in the gradient, axis %d", (axis) => {
    const data = new Float32Array(100).fill(1);
    // Row 3 of ten, along either axis.
    for (let j = 0; j < 10; j++) data[axis === 1 ? 30 + j : 10 * j + 3] = Number.NaN;
    const target = Array.from({ length: 10 }, (_, r) => (r === 3 ? -100 : 0));
    const { value, grad } = crossEntropy.valueAndGrad({ data, shape: [10, 10] }, target, {
      axis,
      softcap: 5,
    });
    expect(value).toBeCloseTo(Math.log(10), 6);
    expect(Array.from(numbersOf(grad)).some(Number.isNaN)).toBe(false);
  });
});

describe("the blocks of a kernel of capped logits", () => {
  /** Returns the layouts of the blocks, the rows that are loaded and stored, and the gradient. */
  function evaluate(x: Float32Array, layout: Layout, hasGradient = true) {
    const layouts: Layout[] = [];
    const loaded: [first: number, count: number][] = [];
    const stored: [first: number, count: number][] = [];
    const rows: RowData = {
      load(first, count, targets) {
        loaded.push([first, count]);
        targets.fill(0, 0, count);
      },
      store: (first, count) => void stored.push([first, count]),
    };
    const kernel = withSoftcap(
      (block, blockLayout, blockRows, gradient) => {
        const rowCount = blockLayout.outer * blockLayout.inner;
        const targets = new Int32Array(rowCount);
        layouts.push(blockLayout);
        blockRows.load(0, rowCount, targets, new Float64Array(rowCount));
        blockRows.store(0, rowCount, new Float64Array(rowCount));
        expect(block.length).toBe(rowCount * blockLayout.size);
        expect(gradient !== undefined).toBe(hasGradient);
        gradient?.fill(2);
      },
      1,
      false,
    );
    const gradient = hasGradient ? new Float32Array(x.length) : undefined;
    kernel(x, layout, rows, gradient);
    return { outers: layouts.map(({ outer }) => outer), loaded, stored, gradient };
  }

  it.each([
    ["whole slabs of up to 4096 logits", { outer: 9, size: 4, inner: 256 }, [4, 4, 1]],
    ["one slab that is longer", { outer: 2, size: 5, inner: 1000 }, [1, 1]],
    ["all slabs, where they are few", { outer: 3, size: 5, inner: 2 }, [3]],
    ["nothing, where there are none", { outer: 0, size: 5, inner: 2 }, []],
  ])("are %s", (_, layout, expected) => {
    const { outer, size, inner } = layout;
    const x = Float32Array.from({ length: outer * size * inner }, (_, i) => (i % 5) - 2);
    const { outers, loaded, stored, gradient } = evaluate(x, layout);
    expect(outers).toEqual(expected);
    let first = 0;
    const rows = expected.map((slabs) => {
      first += slabs * inner;
      return [first - slabs * inner, slabs * inner];
    });
    expect([loaded, stored]).toEqual([rows, rows]);
    expectClose(
      gradient as Float32Array,
      Array.from(x, (v) => 2 / Math.cosh(v) ** 2),
      1e-6,
      0,
    );
    expect(evaluate(x, layout, false)).toMatchObject({ loaded: rows, stored: rows });
  });

  it("serve the next call, too", () => {
    const input = { data: new Float32Array(1000).fill(1), shape: [100, 10] };
    const options = { softcap: 5, out: input };
    const target = new Int32Array(100);
    // A block has 4000 bytes.
    const bytes = allocatedBytes(() => crossEntropy.valueAndGrad(input, target, options));
    expect(bytes).toBeLessThan(50 * 2000);
  });
});

describe("the float64 cap of a row", () => {
  it("is s·tanh(x/s), with the slope sech²(x/s)", () => {
    const x = [0, 1, -6, 40, inf, -inf, Number.NaN];
    const row = Float64Array.from(x);
    const slopes = new Float64Array(x.length);
    softcapRow(row, 2, false, slopes);
    expectClose(
      row,
      x.map((v) => 2 * Math.tanh(v / 2)),
      1e-15,
      0,
    );
    expectClose(
      slopes.subarray(0, 3),
      x.slice(0, 3).map((v) => Math.cosh(v / 2) ** -2),
      1e-14,
      0,
    );
    expect(slopes[3] / (4 * Math.exp(-40))).toBeCloseTo(1, 14);
    expect(Array.from(slopes.subarray(4))).toEqual([0, 0, Number.NaN]);
  });

  it("keeps −∞, and nothing else, where masked classes are skipped", () => {
    const row = Float64Array.of(-inf, inf, -40, 0);
    softcapRow(row, 2, true, new Float64Array(4));
    expect(Array.from(row)).toEqual([-inf, 2, -2, 0]);
  });
});

describe("float64 is needed", () => {
  const softcap = 8;
  /** Asks for one row of these logits, and one ignored row. */
  const needs = (ratios: number[], gradScale = 1, scaleOfIgnored = 0) => {
    const input = Float32Array.from(ratios, (ratio) => ratio * softcap);
    const rows = {
      load(_: number, __: number, targets: Int32Array, gradScales: Float64Array) {
        targets.set([0, -1]);
        gradScales.set([gradScale, scaleOfIgnored]);
      },
      store() {
        throw new Error("The losses are not known yet.");
      },
    };
    return needsFloat64(input, softcap, rows, 2);
  };

  it("where a slope leaves float32's range", () => {
    expect(needs([0, 42, -42])).toBe(false);
    expect(needs([0, 42.125])).toBe(true);
    expect(needs([-42.125, 0])).toBe(true);
    expect(needs([inf, -inf])).toBe(false);
  });

  it("where an upstream gradient above 1 would bring a smaller slope back", () => {
    for (const gradScale of [1.5, -1.5, 2 ** 100]) {
      expect(needs([0, 34], gradScale)).toBe(false);
      expect(needs([0, 34.125], gradScale)).toBe(true);
    }
    expect(needs([0, 34.125], -1)).toBe(false);
  });

  it("for an upstream gradient that is large or NaN, unless its row is ignored", () => {
    for (const gradScale of [2 ** 101, -(2 ** 101), Number.NaN]) {
      expect(needs([0], gradScale)).toBe(true);
      expect(needs([0], 1, gradScale)).toBe(false);
    }
  });
});

function numbersOf(value: unknown): ArrayLike<number> {
  if (typeof value === "number") return [value];
  return ArrayBuffer.isView(value) ? (value as Float32Array) : (value as Tensor<Float32Array>).data;
}

function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  relative: number,
  absolute: number,
) {
  expect(actual.length).toBe(expected.length);
  // One assertion for all elements: one for each takes most of the test's time.
  const wrong = Array.from(expected).findIndex((value, i) => {
    const error = Math.abs(actual[i] - value);
    return !Object.is(actual[i], value) && !(error <= relative * Math.abs(value) + absolute);
  });
  expect(wrong, `got ${actual[wrong]}, expected ${expected[wrong]}`).toBe(-1);
}
