import { random } from "@surprisal/testing";
import { afterEach, describe, expect, it } from "vitest";
import { softmax } from "../index.ts";
import { readFloats, readNumbers } from "./readArray.ts";

const read = (value: unknown) => readFloats("f: x", value);
const hasFloat16 = typeof Float16Array !== "undefined";

describe("reads", () => {
  it("a number", () => {
    expect(read(2)).toMatchObject({ shape: [], kind: "number", elementType: "float64" });
  });

  it("nested arrays, to any depth", () => {
    expect(
      read([
        [[1], [2]],
        [[3], [4]],
      ]),
    ).toEqual({
      data: Float64Array.of(1, 2, 3, 4),
      shape: [2, 2, 1],
      kind: "nested",
      elementType: "float64",
    });
    expect(read([]).shape).toEqual([0]);
    expect(read([[], []]).shape).toEqual([2, 0]);
  });

  it("float arrays without a copy", () => {
    for (const data of [Float32Array.of(1, 2), Float64Array.of(1, 2)]) {
      const view = read(data);
      expect(view.data).toBe(data);
      expect(view).toMatchObject({ shape: [2], kind: "vector" });
    }
  });

  it.runIf(hasFloat16)("Float16Array as float32", () => {
    expect(read(Float16Array.of(1, 65504))).toEqual({
      data: Float32Array.of(1, 65504),
      shape: [2],
      kind: "vector",
      elementType: "float16",
    });
  });

  it("{ data, shape } and { data, dims }, without a copy", () => {
    const data = new Float32Array(6);
    expect(read({ data, shape: [2, 3] }).data).toBe(data);
    expect(read({ data, dims: [3, 2] })).toMatchObject({ shape: [3, 2], kind: "tensor" });
    expect(read({ data, shape: Int32Array.of(6) }).shape).toEqual([6]);
  });

  it("tensors whose fields are getters, like ONNX Runtime's", () => {
    class OrtTensor {
      readonly dims = [1, 2];
      readonly type = "float32";
      get data() {
        return Float32Array.of(3, 4);
      }
    }
    expect(read(new OrtTensor())).toMatchObject({ data: Float32Array.of(3, 4), shape: [1, 2] });
  });

  it("an offset in a larger array, without a copy", () => {
    const data = Float64Array.of(9, 1, 2, 9);
    const view = read({ data, shape: [2], offset: 1 });
    expect(view.data).toEqual(Float64Array.of(1, 2));
    expect(view.data.buffer).toBe(data.buffer);
  });

  it("strides (or stride) that transpose, repeat, reverse or leave gaps", () => {
    const data = Float64Array.of(1, 2, 3, 4, 5, 6);
    const elements = (fields: object) => Array.from(read({ data, ...fields }).data);
    expect(elements({ shape: [3, 2], strides: [1, 3] })).toEqual([1, 4, 2, 5, 3, 6]);
    expect(elements({ shape: [2, 2], strides: [0, 1] })).toEqual([1, 2, 1, 2]);
    expect(elements({ shape: [3], stride: [-2], offset: 5 })).toEqual([6, 4, 2]);
    expect(elements({ shape: [2, 2], stride: [3, 2], offset: 0 })).toEqual([1, 3, 4, 6]);
    expect(elements({ shape: [0, 2], strides: [5, 5] })).toEqual([]);
  });

  it("the bits of float16 and bfloat16", () => {
    const bits = [0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0xfc00, 0x8000];
    const values = [1, -2, 2 ** -24, 65504, Infinity, -Infinity, -0];
    const data = Uint16Array.from(bits);
    expect(Array.from(read({ data, shape: [7], type: "float16" }).data)).toEqual(values);
    expect(read({ data: Uint16Array.of(0x7e00), shape: [1], type: "float16" }).data[0]).toBeNaN();
    const bfloat16 = { data: Uint16Array.of(0x3f80, 0xc000, 0x7f80), shape: [3], type: "bfloat16" };
    expect(read(bfloat16)).toMatchObject({
      data: Float32Array.of(1, -2, Infinity),
      elementType: "float32",
    });
  });

  it.runIf(hasFloat16)("every float16 as the runtime converts it", () => {
    const data = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const converted = read({ data, shape: [65536], type: "float16" }).data;
    expect(converted).toEqual(new Float32Array(new Float16Array(data.buffer)));
  });

  it("integers and bigints, where the numbers are not differentiated", () => {
    const numbers = (value: unknown) => Array.from(readNumbers("f: t", value).data);
    expect(numbers(3n)).toEqual([3]);
    expect(numbers([[1n], [2]])).toEqual([1, 2]);
    expect(numbers(BigInt64Array.of(-100n, 5n))).toEqual([-100, 5]);
    expect(numbers(Uint8Array.of(7))).toEqual([7]);
    expect(numbers({ data: BigUint64Array.of(4n, 5n), dims: [2] })).toEqual([4, 5]);
  });

  it("the elements at the offsets that random strides give", () => {
    const r = random(1);
    for (let trial = 0; trial < 200; trial++) {
      const shape = Array.from({ length: 1 + r.below(4) }, () => 1 + r.below(4));
      const strides = shape.map(() => r.below(7) - 3);
      const offset = 40 + r.below(5);
      const data = Float64Array.from({ length: 100 }, (_, i) => i);
      const expected: number[] = [];
      const visit = (axis: number, elementOffset: number) => {
        if (axis === shape.length) expected.push(elementOffset);
        else
          for (let i = 0; i < shape[axis]; i++) visit(axis + 1, elementOffset + i * strides[axis]);
      };
      visit(0, offset);
      expect(Array.from(read({ data, shape, strides, offset }).data)).toEqual(expected);
    }
  });
});

describe("an error names what was expected and what was given", () => {
  const data = new Float32Array(6);
  it.each<[string, unknown, typeof TypeError, string]>([
    [
      "a string",
      "x",
      TypeError,
      'f: x must be a number, nested arrays of numbers, a typed array or { data, shape }, got "x".',
    ],
    ["undefined", undefined, TypeError, "got undefined."],
    [
      "a DataView",
      new DataView(new ArrayBuffer(8)),
      TypeError,
      "got DataView (pass new Float32Array(v.buffer, v.byteOffset",
    ],
    [
      "integers",
      Int32Array.of(1),
      TypeError,
      'f: x must hold floats (Float32Array, Float64Array, Float16Array, or a Uint16Array with type "float16" or "bfloat16"), got Int32Array(1).',
    ],
    [
      "bits without a type",
      { data: new Uint16Array(2), shape: [2] },
      TypeError,
      "got Uint16Array(2).",
    ],
    [
      "ragged rows",
      [[1, 2], [3]],
      RangeError,
      "f: x[1] has 1 elements, expected 2: nested arrays must be rectangular.",
    ],
    ["uneven depth", [[1], 2], TypeError, "f: x[1] must be an array, got 2."],
    ["uneven depth inside", [1, [2]], TypeError, "f: x[1] must be a number, got Array(1)."],
    ["a string inside", [[1, "2"]], TypeError, 'f: x[0][1] must be a number, got "2".'],
    ["a hole", [1, undefined, 3], TypeError, "f: x[1] must be a number, got undefined."],
    ["a bigint", [1n], TypeError, "f: x[0] must be a number, got 1n."],
    [
      "no data",
      { shape: [2] },
      TypeError,
      "f: x.data must be a typed array of numbers, got undefined (expected { data, shape } or { data, dims }).",
    ],
    [
      "a method for data",
      { data: () => data, shape: [6] },
      TypeError,
      "got Object (pass { data: await",
    ],
    [
      "no shape",
      { data },
      TypeError,
      "f: x.shape must be an array of whole numbers, got undefined.",
    ],
    [
      "a shape with fewer elements than data",
      { data, shape: [2, 2] },
      RangeError,
      "f: x: shape [2, 2] needs 4 elements, data has 6.",
    ],
    [
      "a shape with more elements than data",
      { data, shape: [2, 4] },
      RangeError,
      "needs 8 elements, data has 6.",
    ],
    [
      "a NaN size",
      { data, shape: [Number.NaN] },
      RangeError,
      "f: x.shape[0] must be a whole number from 0, got NaN.",
    ],
    ["a fractional size", { data, shape: [1.5, 4] }, RangeError, "got 1.5."],
    [
      "a size in a string",
      { data, shape: ["6"] },
      TypeError,
      'x.shape[0] must be a whole number from 0, got "6".',
    ],
    [
      "a bigint for a size",
      { data, dims: [6n] },
      TypeError,
      "f: x.dims[0] must be a whole number from 0, got 6n.",
    ],
    ["a stride in a string", { data, shape: [2], strides: ["1"] }, TypeError, 'got "1".'],
    ["an offset in a string", { data, shape: [2], offset: "1" }, TypeError, 'from 0, got "1".'],
    ["a negative size", { data, shape: [-1, -6] }, RangeError, "got -1."],
    [
      "a size beyond the safe integers",
      { data, shape: [2 ** 30, 2 ** 30] },
      RangeError,
      "f: x.shape [1073741824, 1073741824] holds too many elements, expected at most 2147483647.",
    ],
    [
      "strides that end after the data",
      { data, shape: [2, 3], strides: [4, 1] },
      RangeError,
      "f: x: shape [2, 3] needs elements 0 to 6, data has 6.",
    ],
    [
      "strides that start before the data",
      { data, shape: [3], strides: [-1] },
      RangeError,
      "needs elements -2 to 0",
    ],
    [
      "too few strides",
      { data, shape: [2, 3], strides: [3] },
      RangeError,
      "f: x.strides must hold 2 whole numbers for shape [2, 3], got [3].",
    ],
    [
      "a fractional stride",
      { data, shape: [2], strides: [0.5] },
      RangeError,
      "f: x.strides[0] must be a whole number, got 0.5.",
    ],
    [
      "an offset after the last element",
      { data, shape: [6], offset: 1 },
      RangeError,
      "needs elements 1 to 6",
    ],
    ["a null offset", { data, shape: [6], offset: null }, TypeError, "from 0, got null."],
    [
      "a negative offset",
      { data, shape: [1], offset: -1 },
      RangeError,
      "f: x.offset must be a whole number from 0, got -1.",
    ],
  ])("%s", (_, value, kind, message) => {
    expect(() => read(value)).toThrow(kind);
    expect(() => read(value)).toThrow(message);
  });

  it("a detached buffer", () => {
    const moved = new Float32Array(4);
    structuredClone(moved.buffer, { transfer: [moved.buffer] });
    expect(() => read(moved)).toThrow(
      new TypeError("f: x is detached: its buffer was transferred or shrunk, or its memory grew."),
    );
    expect(() => read({ data: moved, shape: [0] })).toThrow(/^f: x\.data is detached/);
  });
});

describe("properties of Object.prototype", () => {
  const polluted = Object.prototype as Record<string, unknown>;
  afterEach(() => {
    for (const name of ["axis", "shape", "strides", "offset", "type", "whenEmpty"])
      delete polluted[name];
  });

  it("are read neither as options nor as fields", () => {
    Object.assign(polluted, {
      axis: 0,
      shape: [1],
      strides: [9],
      offset: 9,
      type: "float16",
      whenEmpty: "zero",
    });
    const x = { data: Float64Array.of(0, 0, 0, 0), dims: [2, 2] };
    expect(Array.from(read(x).data)).toEqual([0, 0, 0, 0]);
    expect(read(x).shape).toEqual([2, 2]);
    expect(
      softmax(
        [
          [-Infinity, -Infinity],
          [0, 0],
        ],
        {},
      ),
    ).toEqual([
      [NaN, NaN],
      [0.5, 0.5],
    ]);
  });
});
