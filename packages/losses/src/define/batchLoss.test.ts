import { describe, expect, it } from "vitest";
import type { AnyLoss } from "../../test/checkLoss.ts";
import { mseLoss } from "../mseLoss/mseLoss.ts";
import type { BatchEvaluation } from "./batchLoss.ts";
import { defineBatchLoss, defineLoss } from "./defineLoss.ts";

const define: AnyLoss = defineLoss;
const anything = { fallback: undefined, parse: (value: unknown) => value };

/** The loss a · bᵀ of each pair of rows, plus the sum of an optional array, of known gradients. */
const definition = {
  kind: "batch",
  name: "dots",
  arguments: ["a", "b"],
  arrayOptions: ["extra"],
  differentiable: ["a", "b", "extra"],
  options: { extra: anything },
  neverThrows: true,
  formula: () => ({
    lossShape: ({ arguments: { a } }: AnyLoss) => [a.shape[0]],
    prepare({ arguments: { a, b, extra }, sampleWeight }: AnyLoss): BatchEvaluation {
      const [rows, size] = a.shape;
      return {
        meanDivisors: [1, 2],
        evaluate({ losses, gradients, lossScale }) {
          gradients?.extra?.fill(0);
          for (let r = 0; r < rows; r++) {
            for (let j = r * size; j < (r + 1) * size; j++) {
              losses[r] += a.data[j] * b.data[j];
              const isIgnored = sampleWeight?.[r] === 0;
              if (gradients?.a) gradients.a[j] = isIgnored ? 0 : lossScale[r] * b.data[j];
              if (gradients?.b) gradients.b[j] = isIgnored ? 0 : lossScale[r] * a.data[j];
            }
            for (let j = 0; j < (extra?.data.length ?? 0); j++) {
              losses[r] += extra.data[j];
              if (gradients?.extra) gradients.extra[j] += lossScale[r];
            }
          }
        },
      };
    },
  }),
};
const dots = define(definition);
const a = [
  [1, 2],
  [3, 4],
];
const b = [
  [5, 6],
  [7, 8],
];

describe("a batch loss", () => {
  it("reduces its losses, whose mean may have divisors", () => {
    expect(dots(a, b, { reduction: "none" })).toEqual([17, 53]);
    expect(dots(a, b, { reduction: "sum" })).toBe(70);
    expect(dots(a, b)).toBe((17 + 53 / 2) / 2);
  });

  it("has gradients of its arguments and of the arrays that are given", () => {
    const { value, grad, grads } = dots.valueAndGrad(a, b);
    expect(value).toBe(21.75);
    expect(grads).toEqual({ a: grad, b: expect.anything() });
    expect(grad).toEqual([
      [2.5, 3],
      [1.75, 2],
    ]);
    const extra = Float32Array.of(10, 20);
    const more = dots.valueAndGrad(a, b, { extra, reduction: "none", gradOutput: [2, 3] });
    expect(more.value).toEqual([47, 83]);
    expect(more.grads.extra).toEqual(Float32Array.of(5, 5));
    expect(more.grads.b).toEqual([
      [2, 4],
      [9, 12],
    ]);
  });

  it("ignores losses of weight 0", () => {
    const rows = [[Number.NaN, 2], a[1]];
    const { value, grad } = dots.valueAndGrad(rows, b, { sampleWeight: [0, 2] });
    expect(value).toBe(53 / 2);
    expect(grad).toEqual([
      [0, 0],
      [3.5, 4],
    ]);
    expect(dots(a, b, { sampleWeight: [0, 0] })).toBeNaN();
  });

  it("writes to an output that is an argument, once it has read all", () => {
    const x = { data: Float64Array.of(1, 2, 3, 4), shape: [2, 2] };
    const { grads } = dots.valueAndGrad(x, x, { reduction: "sum", out: x });
    expect(Array.from(x.data)).toEqual([1, 2, 3, 4]);
    expect(Array.from(grads.b.data)).toEqual([1, 2, 3, 4]);
    const y = { data: Float64Array.of(1, 2, 3, 4), shape: [2, 2] };
    dots.valueAndGrad(y, b, { reduction: "sum", out: y });
    expect(Array.from(y.data)).toEqual([5, 6, 7, 8]);
  });

  it("writes to typed outputs that are arguments, once it has read all", () => {
    const tensorOf = (rows: number[][]) => ({ data: new Float64Array(rows.flat()), shape: [2, 2] });
    const expected = dots.valueAndGrad(a, b, { reduction: "sum" });
    for (const isSwapped of [false, true]) {
      const [x, y] = [tensorOf(a), tensorOf(b)];
      const out = isSwapped ? { a: y, b: x } : { a: x, b: y };
      const { value, grads } = dots.valueAndGrad(x, y, { reduction: "sum", out });
      expect(value).toBe(expected.value);
      expect([...grads.a.data]).toEqual(expected.grads.a.flat());
      expect([...grads.b.data]).toEqual(expected.grads.b.flat());
      expect(grads.a.data).toBe(out.a.data);
    }
  });

  it("has no gradient of integers, except of the first argument, which must be floats", () => {
    const integers = { data: Int32Array.of(5, 6, 7, 8), shape: [2, 2] };
    const { grad, grads } = dots.valueAndGrad(a, integers);
    expect(grad).toEqual(dots.valueAndGrad(a, b).grad);
    expect(Object.keys(grads)).toEqual(["a"]);
    expect(() => dots(integers, b)).toThrow("dots: a");
  });

  it("leaves the outputs as they are if its formula throws and has not said that it never does", () => {
    const throwing = define({
      ...definition,
      neverThrows: undefined,
      formula: () => ({
        ...definition.formula(),
        prepare: () => ({
          evaluate({ gradients }: AnyLoss) {
            gradients.a.fill(9);
            throw new Error("no result");
          },
        }),
      }),
    });
    const out = Float64Array.of(1, 2, 3, 4);
    const x = { data: new Float64Array(4), shape: [2, 2] };
    expect(() => throwing.valueAndGrad(x, b, { out })).toThrow("no result");
    expect([...out]).toEqual([1, 2, 3, 4]);
  });

  it("names the function and the argument in errors", () => {
    expect(() => dots(a)).toThrow("dots: b must be");
    expect(() => dots.valueAndGrad("x", b)).toThrow("dots.valueAndGrad: a must be");
    expect(() => dots(a, b, { extra: "x" })).toThrow("dots: extra must be");
  });

  it("is made by defineBatchLoss too", () => {
    expect((defineBatchLoss as AnyLoss)(definition)(a, b)).toBe(21.75);
  });
});

it.each<[object, string]>([
  [{ arguments: undefined }, "arguments must be an array of names, got undefined."],
  [{ arguments: [] }, "arguments must have at least one name."],
  [{ arguments: ["a", "a"] }, "arguments must be an array of different names."],
  [{ arrayOptions: ["other"] }, 'arrayOptions holds "other", expected a name of options.'],
  [{ differentiable: ["c"] }, 'differentiable holds "c", expected names from a, b, extra.'],
  [{ differentiable: ["b"] }, "differentiable must hold a, the first argument."],
  [{ meanOver: "rows" }, 'unknown key "meanOver"'],
])("refuses the definition %j", (change, message) => {
  expect(() => define({ ...definition, ...change })).toThrow(`defineLoss: dots: ${message}`);
});

it.each<[string, object, string]>([
  ["lossShape", { lossShape: () => 2 }, "lossShape must return an array of sizes, but returned 2."],
  ["a size", { lossShape: () => [2.5] }, "lossShape must return an array of sizes"],
  ["a negative size", { lossShape: () => [-1] }, "lossShape must return an array of sizes"],
  ["no shape", { lossShape: () => undefined }, "but returned undefined."],
  ["prepare", { prepare: () => undefined }, "prepare must return { evaluate }, but returned undef"],
  ["no evaluate", { prepare: () => ({}) }, "prepare must return { evaluate }"],
  [
    "meanDivisors",
    { prepare: () => ({ evaluate() {}, meanDivisors: [1] }) },
    "prepare must return 2 meanDivisors, one per loss",
  ],
  [
    "meanDivisor",
    { prepare: () => ({ evaluate() {}, meanDivisor: "3" }) },
    'prepare must return a number as meanDivisor, but returned "3".',
  ],
  [
    "weights of another type",
    { readSampleWeight: () => new Float32Array(2) },
    "readSampleWeight must return a Float64Array of 2 weights, one per loss",
  ],
  [
    "too few weights",
    { readSampleWeight: () => new Float64Array(1) },
    "readSampleWeight must return a Float64Array of 2 weights, one per loss",
  ],
])("refuses what a formula returns: %s", (_, change, message) => {
  const loss = define({
    ...definition,
    formula: () => ({ ...definition.formula(), ...change }),
  });
  expect(() => loss(a, b)).toThrow(message);
});

it("leaves weights that a formula has read to it", () => {
  const weights = new Float64Array(5000).fill(0.5);
  const loss = define({
    ...definition,
    formula: () => ({
      lossShape: () => [5000],
      readSampleWeight: () => weights,
      prepare: () => ({ evaluate: ({ losses }: AnyLoss) => losses.fill(1) }),
    }),
  });
  expect(loss(a, b)).toBe(1);
  mseLoss(new Float64Array(5000), 1, { sampleWeight: new Float64Array(5000).fill(7) });
  expect(weights.every((weight) => weight === 0.5)).toBe(true);
});

it("refuses an array option with the name of an argument", () => {
  const change = { arguments: ["a", "extra"], differentiable: ["a"] };
  expect(() => define({ ...definition, ...change })).toThrow(
    'arrayOptions holds "extra", which is the name of an argument.',
  );
  expect(() => define({ ...definition, arguments: ["a", "data"] })).toThrow(
    'arguments holds "data", the name of a field of tensors.',
  );
});

it("refuses a formula that returns something else", () => {
  const loss = define({ ...definition, formula: () => () => 0 });
  expect(() => loss(a, b)).toThrow("dots: formula must return { lossShape, prepare }");
});
