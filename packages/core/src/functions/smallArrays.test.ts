import { runInNewContext } from "node:vm";
import { random } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import { readFloats } from "../arrays/readArray.ts";
import { logSoftmax, logSumExp, softmax, softmaxBackward } from "../index.ts";
import { openResult, readInput, readSmall, releaseInput, smallBuffers } from "./smallArrays.ts";

const pool = smallBuffers();

describe("a small container is read as readFloats reads it", () => {
  it.each([
    [[1, 2, 3]],
    [
      [
        [1, 2],
        [3, -0],
      ],
    ],
    [[[[1], [2]]]],
    [[[[[NaN, Infinity]]]]],
    [Float32Array.of(1, 2)],
    [Float64Array.of(1, 2)],
    [{ data: Float32Array.of(1, 2), shape: [1, 2] }],
    [{ shape: [2], data: Float64Array.of(1, 2) }],
    [{ data: Float64Array.of(7), shape: [] }],
  ])("%j", (value) => {
    const { owner, ...small } = readSmall(value, pool) ?? expect.fail("It was not read.");
    const { data, shape, kind, elementType } = readFloats("x", value);
    expect(small).toEqual({ data, shape, kind, elementType });
    expect(owner === pool).toBe(kind === "nested");
    // A result must not share its shape with an argument.
    expect(small.shape).not.toBe((value as { shape?: unknown }).shape);
  });
});

describe("the general way reads all other containers", () => {
  class Strided {
    data = Float32Array.of(1, 2);
    shape = [2];
    get strides() {
      return [-1];
    }
    get offset() {
      return 1;
    }
  }
  const cyclic: unknown[] = [];
  cyclic[0] = cyclic;

  it.each<[string, unknown]>([
    ["a number", 1],
    ["undefined", undefined],
    ["an empty array", []],
    ["an empty row", [[]]],
    ["ragged rows", [[1, 2], [3]]],
    ["a hole", new Array(3)],
    ["a string among numbers", [1, "2"]],
    ["a number among rows", [[1], 2]],
    ["rows that are typed arrays", [Float32Array.of(1)]],
    ["an array in itself", cyclic],
    ["65 numbers", new Array(65).fill(0)],
    ["65 floats", new Float32Array(65)],
    ["an empty typed array", new Float32Array(0)],
    ["integers", Int32Array.of(1)],
    ["dims", { data: Float32Array.of(1), dims: [1] }],
    ["a field more", { data: Float32Array.of(1), shape: [1], offset: 0 }],
    ["a shape that does not fit", { data: Float32Array.of(1), shape: [2] }],
    ["a shape of no whole numbers", { data: Float32Array.of(1), shape: ["1"] }],
    ["an instance of a class", new Strided()],
  ])("%s", (_, value) => {
    expect(readSmall(value, pool)).toBeUndefined();
  });

  it("with the same results and errors", () => {
    expect(softmax(new Strided())).toEqual({ data: softmax(Float32Array.of(2, 1)), shape: [2] });
    expect(() => softmax([[1, 2], [3]])).toThrow("softmax: x[1] has 1 elements, expected 2");
    expect(() => softmax([1, "2"] as never)).toThrow("softmax: x[1] must be a number");
    expect(() => softmaxBackward([1, 2], [1, null] as never)).toThrow("softmaxBackward: output[1]");
  });
});

it("results do not depend on the container or on its size", () => {
  const r = random(11);
  for (const size of [1, 2, 10, 63, 64, 65, 100]) {
    const x = Array.from({ length: size }, r.normal);
    const vector = Float64Array.from(x);
    expect(softmax(x)).toEqual([...softmax(vector)]);
    expect(softmax([x, x])[1]).toEqual(softmax(x));
    expect(softmax({ data: vector, shape: [size] }).data).toEqual(softmax(vector));
    expect(logSoftmax(x, { temperature: 3 })).toEqual([...logSoftmax(vector, { temperature: 3 })]);
    expect(logSumExp(x)).toBe(logSumExp(vector));
    const weights = x.map(() => r.uniform());
    const total = logSumExp(vector, { weights: Float64Array.from(weights) });
    expect(logSumExp(x, { weights })).toBe(total);
    const g = x.map(r.normal);
    const expected = softmaxBackward(Float64Array.from(g), softmax(vector));
    expect(softmaxBackward(g, softmax(x))).toEqual([...expected]);
  }
});

it("results stay as they are when the next is computed", () => {
  const first = softmax([1, 2]);
  const copy = [...first];
  softmax([5, 9]);
  expect(first).toEqual(copy);
});

it("a call within a call has buffers of its own", () => {
  const inner = softmax([3, 1]);
  const outer = softmax([1, 2]);
  let result: number[] | undefined;
  const x = [1, 2];
  Object.defineProperty(x, 1, {
    get() {
      result = softmax([3, 1]);
      return 2;
    },
  });
  expect(softmax(x)).toEqual(outer);
  expect(result).toEqual(inner);
});

describe("out", () => {
  it("receives the result, and may be the input", () => {
    const x = [1, 2, 3];
    const expected = softmax(x);
    const out = [0, 0, 0];
    expect(softmax(x, { out })).toBe(out);
    expect(out).toEqual(expected);
    expect(softmax(x, { out: x })).toBe(x);
    expect(x).toEqual(expected);
    const rows = [[1, 2, 3]];
    expect(softmax(rows, { out: rows })).toBe(rows);
    expect(rows).toEqual([softmax([1, 2, 3])]);
  });

  it("is not changed if an element cannot be written to", () => {
    const out = [7, 8];
    Object.defineProperty(out, 1, { writable: false });
    const before = [...out];
    const input = readInput("softmax", "x", [1, 2], pool);
    expect(() => openResult("softmax", out, input, [input.data])).toThrow(TypeError);
    releaseInput(input);
    expect(out).toEqual(before);
  });

  it("of another shape is refused", () => {
    expect(() => softmax([1, 2], { out: [0] })).toThrow(RangeError);
    expect(() => softmax([1, 2], { out: [0, "1"] })).toThrow(TypeError);
    expect(() => softmax([1, 2], { out: new Float64Array(2) })).toThrow(TypeError);
  });
});

it("invalid options are errors beside valid ones", () => {
  const call = (options: unknown) => () => softmax([1, 2], options as object);
  expect(call({ axis: 0, temperature: 0 })).toThrow("softmax: temperature must be");
  expect(call({ axis: 0, whenEmpty: "one" })).toThrow('"nan" or "zero"');
  expect(call({ axis: 0, Axis: undefined })).toThrow('unknown option "Axis"');
  expect(call([])).toThrow("options must be a plain object");
  // Options that are inherited would be ignored.
  class Settings {
    get axis() {
      return 0;
    }
  }
  for (const options of [new Settings(), Object.create({ axis: 0 }), new Map([["axis", 0]])]) {
    expect(call(options)).toThrow(
      "softmax: options must be a plain object such as { axis: … } or { out: … }, got",
    );
    expect(() => logSumExp([1, 2], options)).toThrow("options must be a plain object");
    expect(() => softmaxBackward([1], [1], options)).toThrow("options must be a plain object");
  }
  expect(call(new Settings())).toThrow("got Settings.");
  const base = Object.assign(Object.create(null), { axis: 0 });
  expect(call(Object.create(base))).toThrow("options must be a plain object");
  expect(call(Object.assign(Object.create(null), { axis: 0 }))).not.toThrow();
  expect(call(runInNewContext("({ axis: 0 })"))).not.toThrow();
});
