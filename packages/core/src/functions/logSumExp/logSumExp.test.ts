import { exactWeightedLogSumExp, gridRows, random, ulpAt } from "@surprisal/testing";
import { describe, expect, expectTypeOf, it } from "vitest";
import { logSumExp, type Tensor } from "../../index.ts";

const inf = Number.POSITIVE_INFINITY;

it("neither overflows nor underflows", () => {
  expect(logSumExp([1e4, 1e4])).toBe(1e4 + Math.LN2);
  expect(logSumExp([-1e4, -1e4])).toBe(-1e4 + Math.LN2);
});

it("treats infinities, NaN and empty rows as PyTorch does", () => {
  expect(logSumExp([-inf, -inf])).toBe(-inf);
  expect(logSumExp([inf, 1])).toBe(inf);
  expect(logSumExp([inf, -inf])).toBe(inf);
  expect(logSumExp([inf, Number.NaN])).toBeNaN();
  expect(logSumExp([[], []])).toEqual([-inf, -inf]);
  expect(logSumExp(5)).toBe(5);
});

it("sums over several axes", () => {
  const x = [
    [
      [1, 2],
      [3, 4],
    ],
    [
      [5, 6],
      [7, 8],
    ],
  ];
  const total = logSumExp([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(logSumExp(x, { axis: [0, 1, 2] })).toBe(total);
  expect(logSumExp(x, { axis: [0, -1] })).toEqual([
    logSumExp([1, 2, 5, 6]),
    logSumExp([3, 4, 7, 8]),
  ]);
  expect(logSumExp(x, { axis: [2, 0], keepDims: true })).toEqual([
    [[logSumExp([1, 2, 5, 6])], [logSumExp([3, 4, 7, 8])]],
  ]);
});

it("refuses invalid axes and options", () => {
  expect(() => logSumExp([[1]], { axis: [0, -2] })).toThrow(
    "logSumExp: axis must not repeat an axis, got [0, -2] for shape [1, 1].",
  );
  expect(() => logSumExp([1], { axis: [] })).toThrow(RangeError);
  expect(() => logSumExp([1], { axis: 0.5 })).toThrow(RangeError);
  expect(() => logSumExp([1], { axis: ["0"] as never })).toThrow(TypeError);
  expect(() => logSumExp([1], { keepDims: 1 as never })).toThrow(
    "logSumExp: keepDims must be true or false, got 1.",
  );
});

it("has the type of what is left after the reduction", () => {
  expectTypeOf(logSumExp([1])).toEqualTypeOf<number>();
  expectTypeOf(logSumExp([[1]])).toEqualTypeOf<number[]>();
  expectTypeOf(logSumExp([[1]], { keepDims: true })).toEqualTypeOf<number[][]>();
  const x: Tensor<Float32Array> = { data: new Float32Array(1), shape: [1] };
  expectTypeOf(logSumExp(x)).toEqualTypeOf<number | Tensor<Float32Array>>();
});

describe("weights", () => {
  it("multiply the exponentials", () => {
    expect(logSumExp([0, Math.log(2)], { weights: [3, 2] })).toBeCloseTo(Math.log(7), 15);
    expect(logSumExp([0], { weights: [0.5] })).toBe(-Math.LN2);
    expect(logSumExp(3, { weights: 1 })).toBe(3);
    // Booleans are a mask.
    expect(logSumExp([1, 2], { weights: [true, false] })).toBe(1);
    expect(logSumExp([[1, 2]], { weights: [[false, true]] })).toEqual([2]);
    expect(logSumExp(3, { weights: true })).toBe(3);
  });

  it.each(["float32", "float64"] as const)("of 1 change nothing: %s", (element) => {
    for (const classes of [1, 2, 10, 1000]) {
      for (const { name, x } of gridRows(classes, element)) {
        const expected = logSumExp(x);
        const scale = Math.max(Math.abs(expected), ...x.map(finiteMagnitude));
        const error = Math.abs(logSumExp(x, { weights: 1 }) - expected) / ulpAt(scale, "float64");
        expect(error, `${name}, ${classes}`).toBeLessThanOrEqual(2);
      }
    }
  });

  it("that are whole numbers repeat their elements", () => {
    const r = random(3);
    for (let i = 0; i < 50; i++) {
      const x = Array.from({ length: 6 }, () => 5 * r.normal());
      const weights = x.map(() => r.below(4));
      const repeated = x.flatMap((value, j) => Array<number>(weights[j]).fill(value));
      const expected = logSumExp(repeated);
      if (repeated.length === 0) expect(logSumExp(x, { weights })).toBe(-inf);
      else expect(Math.abs(logSumExp(x, { weights }) - expected)).toBeLessThanOrEqual(4e-15);
    }
  });

  it("may be negative: the logarithm of a difference is exact, however near the numbers are", () => {
    const weights = [1, -1];
    for (const distance of [50, 3, 0.5, 0.1, 1e-3, 1e-9, 2 ** -50]) {
      for (const a of [0, 1, -3]) {
        const x = [a, a - distance];
        const expected = exactWeightedLogSumExp(x, weights);
        const error = Math.abs(logSumExp(x, { weights }) - expected);
        const scale = Math.max(Math.abs(a), Math.abs(expected));
        expect(error / ulpAt(scale, "float64"), `${x}`).toBeLessThanOrEqual(2);
      }
    }
  });

  it("of either sign give the logarithm of their exact sum, to the rounding of an exponential", () => {
    const r = random(5);
    for (let i = 0; i < 200; i++) {
      const x = Array.from({ length: 1 + r.below(12) }, () => 3 * r.normal());
      const weights = x.map(() => (r.uniform() < 0.2 ? 0 : r.normal()));
      const expected = exactWeightedLogSumExp(x, weights);
      const actual = logSumExp(x, { weights });
      if (Number.isNaN(expected)) expect(actual).toBeNaN();
      else if (expected === -inf) expect(actual).toBe(-inf);
      else {
        const sizes = x.map((value, j) => Math.abs(weights[j]) * Math.exp(value));
        const condition = sizes.reduce((sum, size) => sum + size) / Math.exp(expected);
        const scale = 1 + Math.abs(expected) + Math.max(...x.map(Math.abs));
        expect(Math.abs(actual - expected)).toBeLessThanOrEqual(4e-16 * (condition + scale));
      }
    }
  });

  it.each([
    [
      [0, 0],
      [1e308, 1e308],
    ],
    [
      [700, 709],
      [1e308, 1e308],
    ],
    [
      [1400, 0],
      [1e-300, 1e300],
    ],
    [
      [0, -1],
      [5e-324, 1e-310],
    ],
    [
      [-745, 0],
      [1e308, 5e-324],
    ],
    [
      [3, 3, 3],
      [1e300, -9e299, 1],
    ],
    [
      [1e4, -1e4],
      [1e-200, 1e200],
    ],
    [
      [1e308, -1e308],
      [1e-300, 1e300],
    ],
    [
      [0, 0],
      [2 ** 256, -(2 ** 256 + 2 ** 204)],
    ],
  ])("of any size neither overflow nor underflow: %j, %j", (x, weights) => {
    const far = x.some((value) => Math.abs(value) > 1e300);
    const expected = far ? 1e308 : exactWeightedLogSumExp(x, weights);
    const actual = logSumExp(x, { weights });
    if (Number.isNaN(expected)) expect(actual).toBeNaN();
    else {
      const scale = Math.max(Math.abs(expected), ...x.map(Math.abs));
      expect(Math.abs(actual - expected) / scale).toBeLessThanOrEqual(4e-16);
    }
  });

  it("count beside elements that are much larger than their logarithms", () => {
    const extremes = [1e300, 1e-80, 1e-300, 1];
    for (const first of extremes) {
      for (const second of extremes) {
        for (const x of [1e20, -1e20, 1e300]) {
          expect(logSumExp([x, x], { weights: [first, second] })).toBe(x);
        }
      }
    }
  });

  it("of 0 contribute nothing, whatever stands there", () => {
    for (const x of [inf, -inf, Number.NaN, 1e308]) {
      expect(logSumExp([x, 1], { weights: [0, 1] })).toBe(1);
      expect(logSumExp([x, 1], { weights: [-0, 1] })).toBe(1);
      expect(logSumExp([x, x], { weights: [0, 0] })).toBe(-inf);
    }
  });

  it("give −∞ for a total of 0 and NaN for a negative one", () => {
    expect(logSumExp([1, 1], { weights: [1, -1] })).toBe(-inf);
    expect(logSumExp([5, 5, 5], { weights: [3, -1, -2] })).toBe(-inf);
    expect(logSumExp([-20, -20, 0, 0], { weights: [1, -1, 2, -2] })).toBe(-inf);
    expect(logSumExp([1, 2], { weights: [1, -1] })).toBeNaN();
    expect(logSumExp([1], { weights: [-1] })).toBeNaN();
  });

  it("follow the sign where elements or weights are infinite", () => {
    expect(logSumExp([inf, 1], { weights: [2, -1] })).toBe(inf);
    expect(logSumExp([inf, 1], { weights: [-2, 1] })).toBeNaN();
    expect(logSumExp([inf, inf], { weights: [1, -1] })).toBeNaN();
    expect(logSumExp([-inf, 1], { weights: [-7, 1] })).toBe(1);
    expect(logSumExp([-inf, -inf], { weights: [1, 2] })).toBe(-inf);
    expect(logSumExp([-800, 1], { weights: [inf, 1] })).toBe(inf);
    expect(logSumExp([-inf, 1], { weights: [inf, 1] })).toBeNaN();
    expect(logSumExp([0, 1], { weights: [Number.NaN, 1] })).toBeNaN();
    expect(logSumExp([Number.NaN, 1], { weights: [1, 1] })).toBeNaN();
    expect(logSumExp([[], []], { weights: 1 })).toEqual([-inf, -inf]);
  });

  const x = [
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    [
      [7, 8, 9],
      [1, 3, 5],
    ],
  ];

  it("broadcast to the input's shape, along every list of axes", () => {
    const shapes = [[], [1], [3], [2, 1], [2, 3], [1, 3], [2, 1, 1], [2, 1, 3], [2, 2, 3]];
    const flat = x.flat(2);
    for (const shape of shapes) {
      const size = shape.reduce((product, n) => product * n, 1);
      const data = Float64Array.from({ length: size }, (_, i) => 1 + i / 4);
      const full = flat.map((_, i) => {
        const place = [Math.floor(i / 6), Math.floor(i / 3) % 2, i % 3].slice(3 - shape.length);
        return data[place.reduce((sum, at, k) => sum * shape[k] + (shape[k] === 1 ? 0 : at), 0)];
      });
      const shifted = {
        data: Float64Array.from(flat, (v, i) => v + Math.log(full[i])),
        shape: [2, 2, 3],
      };
      const tensor = { data: Float64Array.from(flat), shape: [2, 2, 3] };
      for (const axis of [0, 1, 2, [0, 1], [0, 2], [2, 1], [0, 1, 2]]) {
        for (const keepDims of [false, true]) {
          const expected = logSumExp(shifted, { axis, keepDims });
          const actual = logSumExp(tensor, { axis, keepDims, weights: { data, shape } });
          if (typeof expected === "number") expect(actual).toBeCloseTo(expected, 13);
          else {
            expect((actual as Tensor).shape).toEqual(expected.shape);
            const difference = expected.data.map((v, i) => v - (actual as Tensor).data[i]);
            expect(Math.max(...difference.map(Math.abs))).toBeLessThan(1e-14);
          }
        }
      }
    }
  });

  it("come in any container of numbers", () => {
    const expected = logSumExp([1, 2], { weights: [3, 1] });
    const shape = [2];
    for (const weights of [
      Float32Array.of(3, 1),
      Int8Array.of(3, 1),
      BigInt64Array.of(3n, 1n),
      [3n, 1n],
      { data: Uint16Array.of(3, 1), shape },
      { data: Float64Array.of(3, 0, 1), dims: shape, strides: [2] },
    ]) {
      expect(logSumExp([1, 2], { weights })).toBe(expected);
    }
    const half = { data: Float32Array.of(1, 2), shape: [1, 2] };
    const result = logSumExp(half, { weights: Int32Array.of(3, 1) }) as Tensor;
    expect(result).toEqual({ data: Float32Array.of(expected), shape: [1] });
  });

  it("may be the memory of out", () => {
    const logits = { data: Float64Array.of(1, 2, 3, 4), shape: [2, 2] };
    const weights = Float64Array.of(3, 1);
    const expected = logSumExp(logits, { weights }) as Tensor;
    logSumExp(logits, { weights, out: weights });
    expect(weights).toEqual(expected.data);
  });

  it("are refused if they do not fit or are no numbers", () => {
    expect(() => logSumExp(x, { weights: [1, 2] })).toThrow(
      new RangeError(
        "logSumExp: weights must have x's shape [2, 2, 3] or one that broadcasts to it (x's last axes, of their size or 1), got [2].",
      ),
    );
    expect(() => logSumExp([1], { weights: [[1]] })).toThrow(RangeError);
    expect(() => logSumExp([1], { weights: ["1"] as never })).toThrow(
      'logSumExp: weights[0] must be a number or a boolean, got "1".',
    );
    expect(() =>
      logSumExp([1, 2], { weights: { data: [true, null], shape: [2] } as never }),
    ).toThrow("logSumExp: weights.data[1] must be a boolean like the first element, got null.");
    expect(() => logSumExp([1], { weights: null as never })).toThrow(TypeError);
    expect(logSumExp([1], { weights: undefined })).toBe(1);
  });
});

function finiteMagnitude(value: number): number {
  return Number.isFinite(value) ? Math.abs(value) : 0;
}
