import { describe, expect, it } from "vitest";
import type { AnyLoss } from "../../test/checkLoss.ts";
import { defineElementLoss } from "./defineLoss.ts";
import { isContainer } from "./gradients.ts";

const product: AnyLoss = defineElementLoss<object, [b: never, c: never]>({
  kind: "element",
  name: "product",
  arguments: ["a", "b", "c"],
  formula: () => ({
    loss: (a, b, c) => a * b + c,
    gradients: { a: (_, b) => b, b: (a) => a },
  }),
});
const name = "product.valueAndGrad";

const vector = (...elements: readonly number[]) => ({
  data: Float64Array.from(elements),
  shape: [elements.length],
});
const place = (memory: Float64Array, first: number) => ({
  data: memory.subarray(first, first + 3),
  shape: [3],
});

/** Returns the gradients of the sum of three products. */
const gradients = (options: object, b: unknown = vector(4, 5, 6)) =>
  product.valueAndGrad(vector(1, 2, 3), b, 0, { reduction: "sum", ...options });

describe("differentiate", () => {
  it("leaves out an argument", () => {
    const { grad, grads } = gradients({ differentiate: ["a"] });
    expect(grad).toEqual(vector(4, 5, 6));
    expect(Object.keys(grads)).toEqual(["a"]);
  });

  it.each([
    ["a", TypeError, 'must be an array of argument names, got "a".'],
    [["a", "x"], RangeError, 'holds "x", expected names from a, b.'],
    [["c", "a"], RangeError, 'holds "c", expected names from a, b.'],
    [["a", 1], TypeError, "holds 1, expected names from a, b."],
    [[undefined], TypeError, "holds undefined, expected names from a, b."],
    [["b"], RangeError, 'must hold "a", the first argument, got ["b"].'],
  ])("must not be %o", (differentiate, ErrorType, message) => {
    expect(() => gradients({ differentiate })).toThrow(
      new ErrorType(`${name}: differentiate ${message}`),
    );
  });

  it("must not hold an argument of integers, which has no gradient", () => {
    const integers = Int32Array.of(4, 5, 6);
    const error = new TypeError(
      `${name}: b is not given, or holds integers or class indices, which have no gradient. Pass floats, such as a Float32Array; instead of class indices, pass class probabilities.`,
    );
    expect(() => gradients({ differentiate: ["a", "b"] }, integers)).toThrow(error);
    expect(() => gradients({ out: { b: vector(0, 0, 0) } }, integers)).toThrow(error);
    expect(Object.keys(gradients({}, integers).grads)).toEqual(["a"]);
  });
});

describe("out by names", () => {
  it("receives each gradient", () => {
    const out = { a: vector(7, 7, 7), b: vector(7, 7, 7) };
    const { grads } = gradients({ out });
    expect(out).toEqual({ a: vector(4, 5, 6), b: vector(1, 2, 3) });
    expect(grads.a.data).toBe(out.a.data);
    expect(grads.b.data).toBe(out.b.data);
  });

  it("may leave out names, which must be those of arguments", () => {
    const b = vector(7, 7, 7);
    expect(gradients({ out: { b } }).grads).toEqual({ a: vector(4, 5, 6), b: vector(1, 2, 3) });
    expect(b).toEqual(vector(1, 2, 3));
    expect(() => gradients({ out: { a: b, x: b } })).toThrow(
      new TypeError(`${name}: out holds "x", expected names from a, b.`),
    );
  });

  it("holds no gradient that differentiate leaves out", () => {
    const out = { a: vector(0, 0, 0), b: vector(0, 0, 0) };
    expect(() => gradients({ out, differentiate: ["a"] })).toThrow(
      new RangeError(`${name}: out holds b, which differentiate leaves out.`),
    );
    const first = { a: vector(0, 0, 0), b: undefined };
    expect(gradients({ out: first, differentiate: ["a"] }).grad).toEqual(vector(4, 5, 6));
  });

  it.each([
    [{ b: vector(0, 0) }, RangeError, `${name}: out.b must have shape [3], got [2].`],
    [{ a: vector(0, 0) }, RangeError, `${name}: out.a must have shape [3], got [2].`],
    [vector(0, 0), RangeError, `${name}: out must have shape [3], got [2].`],
    [null, TypeError, `${name}: out must be`],
    [5, TypeError, `${name}: out must be`],
    [{ x: vector(0, 0, 0) }, TypeError, `${name}: out holds "x", expected names from a, b.`],
    [
      {},
      TypeError,
      `${name}: out must be a container, or an object with some of the keys a, b, got {}.`,
    ],
    [{ shape: [3] }, TypeError, `${name}: out.data must be`],
  ])("says which out is wrong: %o", (out, ErrorType, message) => {
    expect(() => gradients({ out })).toThrow(ErrorType);
    expect(() => gradients({ out })).toThrow(message);
  });

  const sameMemory = new RangeError(`${name}: out.a and out.b must not overlap in memory.`);

  it.each([
    [0, 3],
    [3, 0],
  ])("may be neighbours in memory, at %d and %d", (first, second) => {
    const memory = new Float64Array(6);
    gradients({ out: { a: place(memory, first), b: place(memory, second) } });
    expect(place(memory, first)).toEqual(vector(4, 5, 6));
    expect(place(memory, second)).toEqual(vector(1, 2, 3));
  });

  it.each([
    [0, 0],
    [0, 2],
    [2, 0],
  ])("must not overlap, at %d and %d", (first, second) => {
    const memory = new Float64Array(6);
    const out = { a: place(memory, first), b: place(memory, second) };
    expect(() => gradients({ out })).toThrow(sameMemory);
    expect(memory).toEqual(new Float64Array(6));
  });

  it("may alternate in memory, and must not overlap there", () => {
    const memory = new Float64Array(7);
    const apart = (offset: number) => ({ data: memory, shape: [3], strides: [2], offset });
    const call = (a: unknown, b: unknown) => () => gradients({ out: { a, b } });
    call(apart(0), apart(1))();
    expect(memory).toEqual(Float64Array.of(4, 1, 5, 2, 6, 3, 0));
    expect(call(apart(0), apart(0))).toThrow(sameMemory);
    expect(call(apart(0), apart(2))).toThrow(sameMemory);
    expect(call(apart(0), place(memory, 3))).toThrow(sameMemory);
    const backwards = { data: memory, shape: [3], strides: [-2], offset: 4 };
    expect(call(backwards, apart(0))).toThrow(sameMemory);
    expect(call(backwards, place(memory, 3))).toThrow(sameMemory);
    expect(memory).toEqual(Float64Array.of(4, 1, 5, 2, 6, 3, 0));
  });

  it("must not be the same where results are computed elsewhere first", () => {
    const input = Float64Array.of(1, 2, 3, 0);
    const call = (a: unknown, ...out: unknown[]) => {
      return () => product.valueAndGrad(a, [4, 5, 6], 0, { out: { a: out[0], b: out[1] } });
    };
    expect(call(place(input, 0), place(input, 1), [0, 0, 0])).not.toThrow();
    const rows = [new Float64Array(3)];
    const twoRows = () =>
      product.valueAndGrad([vector(1, 2, 3).data], [vector(4, 5, 6).data], 0, {
        out: { a: rows, b: [rows[0].subarray()] },
      });
    expect(twoRows).toThrow(sameMemory);
  });

  it("must not share a row of nested arrays", () => {
    const rows = (...elements: readonly number[]) => elements.map((element) => [element]);
    const call = (a: unknown, b: unknown) => () =>
      product.valueAndGrad(rows(1, 2), rows(4, 5), 0, { reduction: "sum", out: { a, b } });
    const [first, second] = [rows(0, 0), rows(0, 0)];
    expect(call(first, second)().grads).toEqual({ a: rows(4, 5), b: rows(1, 2) });
    expect(call(first, first)).toThrow(sameMemory);
    expect(call(first, [second[0], first[1]])).toThrow(sameMemory);
    const row = [0];
    expect(() => product.valueAndGrad([1], [4], 0, { out: { a: row, b: row } })).toThrow(
      sameMemory,
    );
  });
});

it("out may overlap the upstream gradient", () => {
  const memory = Float64Array.of(1, 2, 3, 0);
  const options = { gradOutput: place(memory, 0), out: place(memory, 1), reduction: "none" };
  expect(gradients(options).grad).toEqual(vector(4, 10, 18));
  expect(memory).toEqual(Float64Array.of(1, 4, 10, 18));
});

describe("isContainer", () => {
  it.each([[[]], [[1, 2]], [new Float64Array(2)], [vector(1, 2)]])(
    "finds one gradient in %o",
    (out) => {
      expect(isContainer(out)).toBe(true);
    },
  );

  it.each([
    [undefined],
    [null],
    ["data, shape"],
    [() => undefined],
    [{}],
    [{ a: vector(1), b: vector(2) }],
    [{ data: vector(1), b: vector(2) }],
    [{ a: vector(1), shape: vector(2) }],
    [{ data: vector(1), shape: vector(2), third: vector(3) }],
  ])("finds none in %o", (out) => {
    expect(isContainer(out)).toBe(false);
  });
});
