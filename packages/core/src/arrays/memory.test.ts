import { describe, expect, it, vi } from "vitest";
import { allocate, logAddExp, softmax, softmaxBackward, tensor } from "../index.ts";
import { overlapsItself } from "./layout.ts";
import { readFloats, readNumbers } from "./readArray.ts";
import { newArray } from "./typedArray.ts";

const read = (value: unknown) => readFloats("f: x", value);
const transfer = (array: Float32Array) =>
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });

/** The part of ES2024 that is used here. */
type ResizableBuffer = ArrayBuffer & { resize(bytes: number): void };

const resizable = (floats: number) =>
  Reflect.construct(ArrayBuffer, [4 * floats, { maxByteLength: 4096 }]) as ResizableBuffer;

describe("a buffer that is gone or shrunk", () => {
  it.each([4, 400])("before the call is an error (%i floats)", (size) => {
    const buffer = resizable(size);
    const fixed = new Float32Array(buffer, 8, size - 2);
    buffer.resize(8);
    expect(() => read(fixed)).toThrow(/^f: x is detached: its buffer was transferred or shrunk/);
    expect(() => read({ data: fixed, shape: [0] })).toThrow(/^f: x\.data is detached/);
    expect(() => read([fixed])).toThrow(/^f: x\[0\] is detached/);
    expect(() => tensor(fixed)).toThrow(/^tensor: values is detached/);
    const out = new Float32Array(2);
    transfer(out);
    expect(() => softmax(new Float32Array(2), { out })).toThrow("softmax: out is detached");
    expect(() => softmax(new Float32Array(0), { out })).toThrow("softmax: out is detached");
  });

  it.each([4, 400])("in a getter of out is an error (%i floats)", (size) => {
    const moved = new Float32Array(size);
    const shrunk = new Float32Array(resizable(size));
    for (const [x, remove] of [
      [moved, () => transfer(moved)],
      [shrunk, () => (shrunk.buffer as ResizableBuffer).resize(8)],
    ] as const) {
      const out = {
        data: new Float32Array(size),
        get shape() {
          remove();
          return [size];
        },
      };
      expect(() => softmax(x, { out: out as never })).toThrow(TypeError);
      expect(out.data.every((value) => value === 0)).toBe(true);
    }
  });

  it("in a getter of a later argument is an error", () => {
    const g = new Float32Array(resizable(4));
    const y = {
      data: new Float32Array(4),
      get shape() {
        (g.buffer as ResizableBuffer).resize(8);
        return [4];
      },
    };
    expect(() => softmaxBackward(g, y)).toThrow(TypeError);
    const a = new Float32Array(2);
    const b = {
      get data() {
        transfer(a);
        return new Float32Array(2);
      },
      shape: [2],
    };
    expect(() => logAddExp(a, b)).toThrow(/detached/);
  });

  it("is no error while the elements are there", () => {
    const buffer = resizable(4);
    const x = new Float32Array(buffer);
    buffer.resize(8);
    expect(softmax(x)).toEqual(Float32Array.of(0.5, 0.5));
    expect(softmax(new Float32Array(buffer, 8, 0))).toEqual(new Float32Array(0));
  });
});

describe("sizes beyond memory", () => {
  const data = Float32Array.of(1);

  it("are refused at once, with the argument's name", () => {
    for (const shape of [[2 ** 40], [2 ** 31], [2 ** 53 - 1, 2 ** 53 - 1, 0], [0, 2 ** 40]]) {
      for (const strides of [shape.map(() => 0), undefined]) {
        expect(() => read({ data, shape, strides })).toThrow(RangeError);
        expect(() => read({ data, shape, strides })).toThrow(/^f: x\.shape .* too many elements/);
      }
      expect(() => readNumbers("f: t", { data, dims: shape })).toThrow(/^f: t\.dims .* too many/);
      expect(() => tensor(data, shape)).toThrow(/^tensor: shape .* too many elements/);
      expect(() => allocate(shape)).toThrow(/^allocate: shape .* too many elements/);
    }
    expect(() => read({ data, shape: { length: 2 ** 50 } })).toThrow(TypeError);
    expect(() => read({ data, shape: new Array(1e6).fill(1) })).toThrow(
      "f: x.shape must have at most 64 numbers, got 1000000.",
    );
  });

  it("are refused where an array is nested in itself, or many times", () => {
    const circular: unknown[] = [];
    circular[0] = circular;
    expect(() => read(circular)).toThrow("f: x must be nested at most 64 deep");
    expect(() => read([[circular]])).toThrow(RangeError);
    expect(() => readNumbers("f: t", circular)).toThrow(RangeError);
    expect(() => tensor(circular as number[])).toThrow(RangeError);
    expect(() => softmax([1], { out: circular })).toThrow(RangeError);
    let wide: unknown[] = [];
    for (let i = 0; i < 60; i++) wide = [wide, wide];
    expect(() => read(wide)).toThrow("holds too many elements");
  });

  it("that cannot be allocated are a RangeError with the argument's name", () => {
    expect(() => newArray("f: x", Float64Array, 2 ** 50)).toThrow(
      new RangeError(`f: x: ${2 ** 50} elements do not fit into memory.`),
    );
    const failing = vi.spyOn(globalThis, "Float32Array").mockImplementation(() => {
      throw new RangeError("Array buffer allocation failed");
    });
    const x = { data: Uint16Array.of(0), dims: [1], type: "bfloat16" };
    expect(() => read(x)).toThrow("f: x: 1 elements do not fit into memory.");
    failing.mockRestore();
  });

  it("may be 64 axes", () => {
    expect(read({ data, shape: new Array(64).fill(1) }).shape.length).toBe(64);
  });
});

describe("out that overlaps itself", () => {
  const x = tensor(new Float32Array(4), [2, 2]);

  it.each([[[1, 1]], [[0, 1]], [[1, 0]], [[-1, 1]], [[2, 2]]])(
    "is refused: strides %o",
    (strides) => {
      const out = { data: new Float32Array(9).fill(7), shape: [2, 2], strides, offset: 4 };
      expect(() => softmax(x, { out })).toThrow(RangeError);
      expect(() => softmax(x, { out })).toThrow(
        "softmax: out must not overlap itself, got strides",
      );
      expect(out.data.every((value) => value === 7)).toBe(true);
    },
  );

  it("is found exactly", () => {
    expect(overlapsItself([3, 2], [2, 3])).toBe(false); // 0 3 2 5 4 7
    expect(overlapsItself([4, 2], [2, 3])).toBe(false);
    expect(overlapsItself([4, 3], [2, 3])).toBe(true); // 6 twice
    expect(overlapsItself([2, 2, 2], [4, -2, 1])).toBe(false);
    expect(overlapsItself([0, 2], [0, 0])).toBe(false);
    expect(overlapsItself([1, 2], [0, 1])).toBe(false);
    expect(overlapsItself([], [])).toBe(false);
  });

  it("is no error if it is empty", () => {
    const empty = tensor(new Float32Array(0), [0, 2]);
    const out = { data: new Float32Array(4), shape: [0, 2], strides: [0, 1] };
    expect(softmax(empty, { out })).toBe(out);
  });

  it("is refused if a row comes twice", () => {
    const row = [7, 7];
    expect(() =>
      softmax(
        [
          [0, 0],
          [0, 0],
        ],
        { out: [row, row] },
      ),
    ).toThrow(RangeError);
    expect(row).toEqual([7, 7]);
    const floats = new Float32Array(3).fill(7);
    const rows = [new Float32Array(2), new Float32Array(2)];
    const overlapping = [floats.subarray(1), floats.subarray(0, 2)];
    expect(() => softmax(rows, { out: overlapping })).toThrow("softmax: out must have rows");
    expect(() => softmax(rows, { out: [rows[0], rows[0]] })).toThrow(RangeError);
    expect(Array.from(floats)).toEqual([7, 7, 7]);
    const adjacent = new Float32Array(4);
    softmax(rows, { out: [adjacent.subarray(2), adjacent.subarray(0, 2)] });
    expect(adjacent).toEqual(new Float32Array(4).fill(0.5));
  });
});

it("a row of out that cannot be written to is an error before anything is written", () => {
  for (const last of [
    Object.freeze([7, 7]),
    Object.defineProperty([7, 7], 1, { value: 7, writable: false }),
    Object.preventExtensions(new Array(2)),
  ]) {
    const out = [[7, 7], last as number[]];
    expect(() =>
      softmax(
        [
          [0, 0],
          [0, 0],
        ],
        { out },
      ),
    ).toThrow(/^softmax: out/);
    expect(out[0]).toEqual([7, 7]);
  }
  const refusing = new Proxy([7, 7], { set: () => false });
  expect(() => softmax([[0, 0]], { out: [refusing] })).toThrow(
    "softmax: out must be writable, got an array that is frozen or read-only.",
  );
});

it("two buffers of the same shared memory do not spoil a result", () => {
  const memory = new SharedArrayBuffer(4 * 300);
  const same = structuredClone(memory);
  const x = new Float32Array(memory);
  x.forEach((_, i) => {
    x[i] = i % 7;
  });
  const expected = softmax(Float32Array.from(x).subarray(0, 280));
  softmax(x.subarray(0, 280), { out: new Float32Array(same, 80, 280) });
  expect(x.subarray(20)).toEqual(expected);
});

it.runIf(typeof Float16Array !== "undefined")("−0 keeps its sign in half precision", () => {
  const zero = Float16Array.of(-0);
  expect(softmaxBackward(zero, Float16Array.of(1))[0]).toBe(-0);
  expect(read({ data: Uint16Array.of(0x8000), shape: [1], type: "float16" }).data[0]).toBe(-0);
  expect(read(zero).data[0]).toBe(-0);
  const out = Float16Array.of(1);
  softmaxBackward(Float16Array.of(-0), Float16Array.of(1), { out });
  expect(out[0]).toBe(-0);
});
