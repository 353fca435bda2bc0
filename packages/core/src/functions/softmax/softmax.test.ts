import * as fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { type SoftmaxOptions, softmax, type Tensor } from "../../index.ts";

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
  expect(() => softmax([1], 1 as never)).toThrow("softmax: options must be an object, got 1.");
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
