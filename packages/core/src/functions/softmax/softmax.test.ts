import * as fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import {
  logAddExp,
  logSumExp,
  type SoftmaxOptions,
  sigmoid,
  softmax,
  softmaxBackward,
  type Tensor,
} from "../../index.ts";

const inf = Number.POSITIVE_INFINITY;
const rows = fc.array(fc.double({ min: -1000, max: 1000, noNaN: true }), {
  minLength: 1,
  maxLength: 20,
});

it("sums to 1, keeps the order of the logits, and does not change if all logits are shifted", () => {
  fc.assert(
    fc.property(rows, (row) => {
      const p = softmax(row);
      expect(Math.abs(p.reduce((sum, value) => sum + value, 0) - 1)).toBeLessThan(1e-14);
      row.forEach((x, i) => {
        row.forEach((y, j) => {
          if (x > y) expect(p[i]).toBeGreaterThanOrEqual(p[j]);
        });
      });
      const grid = row.map((x) => Math.round(x * 2 ** 30) / 2 ** 30);
      expect(softmax(grid.map((x) => x + 512))).toEqual(softmax(grid));
    }),
    { seed: 1 },
  );
});

it("gives along any axis the results for the transposed logits along the last", () => {
  const x = [
    [1, 5],
    [2, 3],
    [0, -1],
  ];
  const columns = [0, 1].map((j) => softmax(x.map((row) => row[j])));
  expect(softmax(x, { axis: 0 })).toEqual(x.map((_, i) => columns.map((column) => column[i])));
  expect(softmax(x, { axis: -2 })).toEqual(softmax(x, { axis: 0 }));
  expect(softmax([x, x], { axis: 1 })).toEqual([softmax(x, { axis: 0 }), softmax(x, { axis: 0 })]);
  expect(softmax([[[7]], [[9]]], { axis: 0 })[1][0][0]).toBeCloseTo(1 / (1 + Math.exp(-2)), 15);
});

it("divides by the temperature", () => {
  expect(softmax([4, 2, 0], { temperature: 2 })).toEqual(softmax([2, 1, 0]));
  expect(softmax([1e308, -1e308], { temperature: 1e308 })[1]).toBeCloseTo(softmax([1, -1])[1], 15);
});

it.each([0, -1, Number.NaN, inf])("refuses temperature %d", (temperature) => {
  expect(() => softmax([1], { temperature })).toThrow(
    `softmax: temperature must be a finite number above 0, got ${temperature}.`,
  );
});

describe("edge cases, as in PyTorch", () => {
  it("a logit of −∞ has probability exactly 0", () => {
    expect(softmax([-inf, 0, -inf, 0])).toEqual([0, 0.5, 0, 0.5]);
  });

  it("a row in which every logit is −∞ gives NaN, or zeros with whenEmpty", () => {
    expect(softmax([-inf, -inf])).toEqual([Number.NaN, Number.NaN]);
    expect(
      softmax(
        [
          [-inf, -inf],
          [0, 0],
        ],
        { whenEmpty: "zero" },
      ),
    ).toEqual([
      [0, 0],
      [0.5, 0.5],
    ]);
    expect(softmax([-inf, Number.NaN], { whenEmpty: "zero" })).toEqual([Number.NaN, Number.NaN]);
    expect(softmax([-inf])).toEqual([Number.NaN]);
  });

  it("+∞ and NaN make their row NaN", () => {
    expect(softmax([inf, 1])).toEqual([Number.NaN, Number.NaN]);
    expect(softmax([1, Number.NaN])).toEqual([Number.NaN, Number.NaN]);
    expect(softmax([inf])).toEqual([Number.NaN]);
  });

  it("a number is a row of one element", () => {
    expect(softmax(3)).toBe(1);
    expect(softmax(3, { axis: 0 })).toBe(1);
  });
});

it("refuses unknown options and options of the wrong kind", () => {
  expect(() => softmax([1], { axel: 1 } as SoftmaxOptions)).toThrow(
    new TypeError(
      'softmax: unknown option "axel", expected one of axis, temperature, whenEmpty, out.',
    ),
  );
  expect(() => softmax([1], { axis: 0.5 })).toThrow(
    "softmax: axis must be a whole number or an array of them, such as -1 or [0, 2], got 0.5.",
  );
  expect(() => softmax([1], { axis: "1" as never })).toThrow(TypeError);
  expect(() => softmax([1], 1 as never)).toThrow(
    "softmax: options must be a plain object such as { axis: … } or { out: … }, got 1.",
  );
  expect(() => softmax([1], null as never)).toThrow(TypeError);
  for (const call of [
    () => softmax("1, ".repeat(1000) as never),
    () => softmax([1], { ["a".repeat(1000)]: 1 } as object),
  ]) {
    expect(call).toThrow(/^.{1,300}$/);
  }
});

it("reads each option once", () => {
  let reads = 0;
  const options = {
    get axis() {
      reads++;
      return 0;
    },
  };
  softmax([[1, 2]], options);
  expect(reads).toBe(1);
});

it("has a result of the argument's type", () => {
  expectTypeOf(softmax([1])).toEqualTypeOf<number[]>();
  expectTypeOf(softmax([[1]])).toEqualTypeOf<number[][]>();
  expectTypeOf(softmax(new Float32Array(1))).toEqualTypeOf<Float32Array<ArrayBuffer>>();
  expectTypeOf(softmax({ data: new Float64Array(1), dims: [1] })).toEqualTypeOf<
    Tensor<Float64Array<ArrayBuffer>>
  >();
});

describe("out", () => {
  const floats = new Float32Array(2);
  const pair = { data: floats, dims: [2] };

  it("is the result if it is of the argument's kind, and so is its type", () => {
    const intoTensor = softmax({ data: Float32Array.of(1, 1), shape: [2] }, { out: pair });
    expectTypeOf(intoTensor).toEqualTypeOf<{ data: Float32Array<ArrayBuffer>; dims: number[] }>();
    expect(intoTensor).toBe(pair);
    expect(intoTensor.dims).toEqual([2]);
    const shared = new Float32Array(new SharedArrayBuffer(8));
    const intoShared = softmax(floats, { out: shared });
    expectTypeOf(intoShared).toEqualTypeOf<Float32Array<SharedArrayBuffer>>();
    expect(intoShared).toBe(shared);
    const rows = [[0, 0]];
    expectTypeOf(softmax([[1, 1]], { out: rows })).toEqualTypeOf<number[][]>();
    expectTypeOf(logSumExp([[1, 1]], { out: [0] })).toEqualTypeOf<number[]>();
    const reduced = { data: new Float32Array(1), dims: [1] };
    const ofTensor = logSumExp({ data: floats, shape: [1, 2] }, { out: reduced });
    expectTypeOf(ofTensor).toEqualTypeOf<number | typeof reduced>();
    expect(ofTensor).toBe(reduced);
    const kept = { data: new Float32Array(1), dims: [1, 1] };
    const keepDims = true;
    const ofKept = logSumExp({ data: floats, shape: [1, 2] }, { keepDims, out: kept });
    expectTypeOf(ofKept).toEqualTypeOf<typeof kept>();
    expect(ofKept).toBe(kept);
    expectTypeOf(logAddExp(1, pair, { out: pair })).toEqualTypeOf<typeof pair>();
    expectTypeOf(sigmoid(pair, { out: pair })).toEqualTypeOf<typeof pair>();
    expectTypeOf(softmaxBackward(pair, pair, { out: pair })).toEqualTypeOf<typeof pair>();
  });

  it("shares memory with the result if only one of the two is a tensor", () => {
    const ofVector = softmax(Float32Array.of(1, 1), { out: pair });
    expectTypeOf(ofVector).toEqualTypeOf<Float32Array<ArrayBuffer>>();
    expect(ofVector).toBe(floats);
    const ofTensor = softmax({ data: Float32Array.of(1, 1), dims: [2] }, { out: floats });
    expectTypeOf(ofTensor).toEqualTypeOf<Tensor<Float32Array<ArrayBuffer>>>();
    expect(ofTensor).toEqual({ data: floats, shape: [2] });
    expect(ofTensor.data).toBe(floats);
    expectTypeOf(softmax(1, { out: new Float64Array(1) })).toEqualTypeOf<number>();
  });

  it("may be undefined, or of a type that only the run time knows", () => {
    const x = { data: floats, shape: [2] };
    type New = Tensor<Float32Array<ArrayBuffer>>;
    const perhaps = (out?: typeof pair) => softmax(x, { out });
    expectTypeOf(perhaps).returns.toEqualTypeOf<New | typeof pair>();
    expect(perhaps(pair)).toBe(pair);
    expect(perhaps()).toEqual({ data: Float32Array.of(0.5, 0.5), shape: [2] });
    const options: SoftmaxOptions = {};
    expectTypeOf(softmax(x, options)).toEqualTypeOf<New>();
    expectTypeOf(softmax(x, { axis: 0 })).toEqualTypeOf<New>();
    expectTypeOf(softmax(x, { out: undefined })).toEqualTypeOf<New>();
    // @ts-expect-error a misspelt option
    expect(() => softmax(x, { axel: 0 })).toThrow(TypeError);
    // @ts-expect-error a number is no container
    expect(() => softmax(x, { out: 1 })).toThrow(TypeError);
  });
});
