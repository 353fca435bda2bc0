import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { logSoftmax, logSumExp, softmax, tensor } from "../index.ts";
import { readFloats, readNumbers } from "./readArray.ts";

/** Evaluates an expression in another realm, whose constructors are not those of this one. */
const elsewhere = (expression: string) => runInNewContext(expression);

const read = (value: unknown) => readFloats("f: x", value);
const numbers = (value: unknown) => Array.from(readNumbers("f: t", value).data);

describe("arrays of another realm", () => {
  it.each(["Float32Array", "Float64Array"] as const)("are vectors: %s", (name) => {
    const x = elsewhere(`${name}.of(0, 0)`);
    expect(x instanceof globalThis[name]).toBe(false);
    const result = softmax(x as Float32Array);
    expect(result).toBeInstanceOf(globalThis[name]);
    expect(Array.from(result)).toEqual([0.5, 0.5]);
    expect(read(x).data.buffer).toBe(x.buffer);
  });

  it.runIf(typeof Float16Array !== "undefined")("are vectors: Float16Array", () => {
    const result = softmax(elsewhere("Float16Array.of(0, 0)") as Float16Array);
    expect(result).toEqual(Float16Array.of(0.5, 0.5));
  });

  it("are views with an offset in their buffer", () => {
    const x = elsewhere("new Float32Array(Float32Array.of(9, 1, 2, 9).buffer, 4, 2)");
    expect(read(x).data).toEqual(Float32Array.of(1, 2));
  });

  it("are targets of every integer type", () => {
    for (const name of ["Int8Array", "Uint8ClampedArray", "Uint16Array", "Int32Array"]) {
      expect(numbers(elsewhere(`${name}.of(1, 2)`))).toEqual([1, 2]);
    }
    expect(numbers(elsewhere("BigInt64Array.of(-100n, 2n)"))).toEqual([-100, 2]);
    expect(numbers(elsewhere("({ data: BigUint64Array.of(2n), dims: [1] })"))).toEqual([2]);
  });

  it("are the data, shape and strides of tensors", () => {
    const x = elsewhere(
      "({ data: Float64Array.of(1, 2, 3, 4), shape: Int32Array.of(2, 2), strides: [1, 2] })",
    );
    expect(Array.from(read(x).data)).toEqual([1, 3, 2, 4]);
    const halves = elsewhere('({ data: Uint16Array.of(0x3c00), dims: [1], type: "float16" })');
    expect(read(halves).data).toEqual(Float32Array.of(1));
  });

  it("are nested arrays and their rows", () => {
    expect(softmax(elsewhere("[[0, 0]]") as number[][])).toEqual([[0.5, 0.5]]);
    const rows = softmax(elsewhere("[Float32Array.of(0, 0)]") as Float32Array[]);
    expect(rows).toEqual([Float32Array.of(0.5, 0.5)]);
  });

  it("receive a result, and are returned as they are", () => {
    const out = elsewhere("new Float32Array(2)") as Float32Array<ArrayBuffer>;
    expect(softmax(Float32Array.of(0, 0), { out })).toBe(out);
    expect(Array.from(out)).toEqual([0.5, 0.5]);
    const nested = elsewhere("[[7, 7]]") as number[][];
    expect(softmax([[0, 0]], { out: nested })).toBe(nested);
    expect(Array.from(nested[0])).toEqual([0.5, 0.5]);
  });

  it("are computed in place", () => {
    const x = elsewhere("Float32Array.of(0, 0)") as Float32Array<ArrayBuffer>;
    expect(softmax(x, { out: x })).toBe(x);
    expect(Array.from(x)).toEqual([0.5, 0.5]);
  });

  it("are wrapped by tensor, and read from there", () => {
    const data = elsewhere("Float32Array.of(0, 0)") as Float32Array;
    expect(tensor(data, [1, 2]).data).toBe(data);
    expect(Array.from(softmax(tensor(data, [1, 2])).data)).toEqual([0.5, 0.5]);
  });

  it("are told from objects that only look like them", () => {
    expect(() => read(Object.create(Float32Array.prototype))).toThrow(TypeError);
    expect(() => read({ [Symbol.toStringTag]: "Float32Array", length: 2 })).toThrow(TypeError);
  });
});

it("a subclass of a typed array is read as its base class", () => {
  expect(numbers(Buffer.from([1, 2]))).toEqual([1, 2]);
  expect(numbers({ data: Buffer.from([1, 2, 3, 4]), shape: [2], strides: [2] })).toEqual([1, 3]);
  class Logits extends Float32Array {}
  expect(softmax(new Logits(2))).toEqual(Float32Array.of(0.5, 0.5));
});

describe("rows that are typed arrays", () => {
  it.each([Float32Array, Float64Array])("give rows of the same type: %o", (Rows) => {
    expect(softmax([Rows.of(0, 0), Rows.of(1, 1)])).toEqual([Rows.of(0.5, 0.5), Rows.of(0.5, 0.5)]);
    expect(softmax([[Rows.of(0, 0)], [Rows.of(1, 1)]])).toEqual([
      [Rows.of(0.5, 0.5)],
      [Rows.of(0.5, 0.5)],
    ]);
    expect(softmax([new Rows(0), new Rows(0)])).toEqual([new Rows(0), new Rows(0)]);
    expect(softmax([Rows.of(0, 1), Rows.of(0, 1)], { axis: 0 })[1]).toEqual(Rows.of(0.5, 0.5));
  });

  it.runIf(typeof Float16Array !== "undefined")("of half precision", () => {
    expect(softmax([Float16Array.of(0, 0)])).toEqual([Float16Array.of(0.5, 0.5)]);
  });

  it("are computed in their type", () => {
    const [row] = logSoftmax([Float32Array.of(0, 1, 5)]);
    expect(row).toEqual(logSoftmax(Float32Array.of(0, 1, 5)));
  });

  it("lose an axis like nested arrays", () => {
    expect(logSumExp([new Float32Array(1), new Float32Array(1)])).toEqual(new Float32Array(2));
    expect(logSumExp([[new Float64Array(1)], [new Float64Array(1)]])).toEqual([
      new Float64Array(1),
      new Float64Array(1),
    ]);
    expect(logSumExp([new Float32Array(1)], { axis: [0, 1] })).toBe(0);
    expect(logSumExp([new Float32Array(1)], { keepDims: true })).toEqual([new Float32Array(1)]);
  });

  it("are targets of any type", () => {
    expect(numbers([Int32Array.of(0, 1), Int32Array.of(2, 3)])).toEqual([0, 1, 2, 3]);
    expect(numbers([[BigInt64Array.of(1n)], [BigInt64Array.of(-1n)]])).toEqual([1, -1]);
  });

  it("make a tensor of their type", () => {
    expect(tensor([Int16Array.of(1, 2), Int16Array.of(3, 4)])).toEqual({
      data: Int16Array.of(1, 2, 3, 4),
      shape: [2, 2],
    });
  });

  it("receive a result", () => {
    const out = [new Float32Array(2), new Float32Array(2)];
    const rows = [...out];
    expect(softmax([Float32Array.of(0, 0), Float32Array.of(1, 1)], { out })).toBe(out);
    expect(out[0]).toBe(rows[0]);
    expect(out[1]).toBe(rows[1]);
    expect(out).toEqual([Float32Array.of(0.5, 0.5), Float32Array.of(0.5, 0.5)]);
    expect(softmax(out, { out })).toBe(out);
    expect(out[0]).toEqual(Float32Array.of(0.5, 0.5));
  });

  it.each<[string, unknown[], ErrorConstructor, string]>([
    [
      "another type",
      [Float32Array.of(1), Float64Array.of(1)],
      TypeError,
      "f: x[1] must be a Float32Array like the first row, got Float64Array(1).",
    ],
    ["a row of numbers", [Float32Array.of(1), [1]], TypeError, "f: x[1] must be a Float32Array"],
    ["a row of numbers first", [[1], Float32Array.of(1)], TypeError, "f: x[1] must be an array"],
    [
      "another length",
      [[Float32Array.of(1)], [new Float32Array(2)]],
      RangeError,
      "f: x[1][0] has 2",
    ],
    ["integers", [Int32Array.of(1)], TypeError, "f: x must hold floats"],
  ])("must be floats of one type and length: %s", (_, rows, kind, message) => {
    expect(() => read(rows)).toThrow(kind);
    expect(() => read(rows)).toThrow(message);
  });

  it.each<[string, unknown, string]>([
    [
      "a typed array",
      new Float32Array(2),
      "softmax: out must be nested arrays of Float32Array rows",
    ],
    ["rows of numbers", [[1, 2]], "of shape [1, 2], got number rows."],
    ["another type", [new Float64Array(2)], "of shape [1, 2], got Float64Array rows."],
    ["another shape", [new Float32Array(1)], "of shape [1, 2], got [1, 1]."],
  ])("refuse %s for out", (_, out, message) => {
    expect(() => softmax([new Float32Array(2)], { out: out as object })).toThrow(message);
  });
});

describe("fields of tensors of other libraries", () => {
  it("a stride method is ignored, as transformers.js has one", () => {
    class Tensor {
      readonly dims = [2, 2];
      readonly type = "float32";
      get data() {
        return Float32Array.of(0, 0, 0, 0);
      }
      stride() {
        return [2, 1];
      }
    }
    expect(softmax(new Tensor()).data).toEqual(new Float32Array(4).fill(0.5));
    expect(numbers({ data: Int32Array.of(1), shape: [1], strides: () => [] })).toEqual([1]);
  });

  it("fortranOrder is column-major order, as npyjs reads it from files", () => {
    const data = Float64Array.of(1, 2, 3, 4, 5, 6);
    const elements = (fields: object) => Array.from(read({ data, ...fields }).data);
    expect(elements({ shape: [2, 3], fortranOrder: true })).toEqual([1, 3, 5, 2, 4, 6]);
    expect(elements({ shape: [1, 3, 2], fortranOrder: true })).toEqual([1, 4, 2, 5, 3, 6]);
    expect(elements({ shape: [6], fortranOrder: true })).toEqual([1, 2, 3, 4, 5, 6]);
    expect(elements({ shape: [2, 3], fortranOrder: false })).toEqual([1, 2, 3, 4, 5, 6]);
    expect(() => elements({ shape: [2, 2], fortranOrder: true })).toThrow(
      "shape [2, 2] needs 4 elements, data has 6",
    );
    for (const order of [1, "yes"]) {
      expect(() => elements({ shape: [2, 3], fortranOrder: order })).toThrow(
        ".fortranOrder must be true or false, got",
      );
    }
    // The name in the file's header.
    expect(elements({ shape: [2, 3], fortran_order: true })).toEqual([1, 3, 5, 2, 4, 6]);
    expect(elements({ shape: [2, 3], fortran_order: false })).toEqual([1, 2, 3, 4, 5, 6]);
    const out = { data: new Float32Array(4), shape: [2, 2], fortranOrder: true };
    softmax(
      tensor([
        [0, 0],
        [9, -999],
      ]),
      { out },
    );
    expect(out.data).toEqual(Float32Array.of(0.5, 1, 0.5, 0));
  });

  it("offset 0 allows surplus elements, as every other offset does", () => {
    const data = Float64Array.of(1, 2, 3);
    expect(Array.from(read({ data, shape: [2], offset: 0 }).data)).toEqual([1, 2]);
    const out = { data: new Float32Array(3), shape: [2], offset: 0 };
    softmax(Float32Array.of(0, 0), { out } as never);
    expect(out.data).toEqual(Float32Array.of(0.5, 0.5, 0));
  });

  it("are read once each", () => {
    const reads: string[] = [];
    const fields: Record<string, unknown> = { data: Float64Array.of(1), shape: [1] };
    const x = new Proxy(fields, {
      get(target, name) {
        reads.push(String(name));
        return target[String(name)];
      },
    });
    read(x);
    expect(new Set(reads).size).toBe(reads.length);
  });
});

describe("an object that is no container is named, with what to pass instead", () => {
  class DenseMatrix {
    toArray() {}
  }
  const data = new Float32Array(2);
  it.each<[string, unknown, string]>([
    [
      "a Promise",
      Promise.resolve([1]),
      "f: x must be a number, nested arrays of numbers, a typed array or { data, shape }, got Promise (await it first).",
    ],
    [
      "data that is a Promise",
      { data: Promise.resolve(data), shape: [2] },
      "got Promise (await it first)",
    ],
    [
      "an ArrayBuffer",
      new ArrayBuffer(8),
      "got ArrayBuffer (pass a typed array, such as new Float32Array(buffer)).",
    ],
    [
      "a SharedArrayBuffer",
      new SharedArrayBuffer(8),
      "got SharedArrayBuffer (pass a typed array, such as new Float32Array(buffer)).",
    ],
    [
      "a foreign ArrayBuffer",
      elsewhere("new ArrayBuffer(8)"),
      "got ArrayBuffer (pass a typed array, such as new Float32Array",
    ],
    ["a Set", new Set([1]), "got Set (pass an array of its values())."],
    ["a Map", new Map([[1, 2]]), "got Map (pass an array of its values())."],
    ["an iterable", { *[Symbol.iterator]() {} }, "(pass an array of its elements)."],
    ["a Blob", new Blob([]), "got Blob (pass new Float32Array(await x.arrayBuffer()))."],
    [
      "a TensorFlow.js tensor",
      { shape: [2], strides: [], data: async () => data, dataSync: () => data },
      "(pass { data: t.dataSync(), shape: t.shape }).",
    ],
    [
      "a tensor with data()",
      { shape: [2], data: async () => data },
      "(pass { data: await t.data(), shape: t.shape }).",
    ],
    ["a mathjs matrix", new DenseMatrix(), "got DenseMatrix (pass its toArray())."],
    ["an ml-matrix matrix", { data: [data], to2DArray() {} }, "(pass its to2DArray())."],
    [
      "an Arrow vector",
      { length: 2, nullCount: 0, toArray() {} },
      "got Object(2) (pass its toArray()).",
    ],
    [
      "an Arrow vector with nulls",
      { length: 2, nullCount: 1, toArray() {} },
      "got Object(2) (it has 1 nulls: replace them, then pass its toArray()).",
    ],
    [
      "numbers as data",
      { data: [1, 2], shape: [2] },
      "f: x.data must be a typed array of numbers, got Array(2) (write Float32Array.from(data)).",
    ],
    [
      "a tensor of strings",
      { data: ["a"], dims: [1], tolist() {} },
      "f: x.data must be a typed array of numbers, got Array(1) of strings.",
    ],
    [
      "something else as data",
      { data: { length: 2 }, shape: [2] },
      "got Object(2) (pass an array of its elements) (expected { data, shape } or { data, dims }).",
    ],
    [
      "a column matrix of ml-matrix",
      { rows: 2, columns: 1, to2DArray() {}, to1DArray() {} },
      "(pass its to1DArray()).",
    ],
    ["a decimal number", { toNumber() {} }, "(pass its toNumber())."],
    [
      "an Arrow vector of lists",
      {
        length: 2,
        nullCount: 0,
        numChildren: 1,
        getChildAt: () => ({ nullCount: 0 }),
        toArray() {},
      },
      "(pass [...v].map((row) => row.toArray())).",
    ],
    [
      "an Arrow vector of lists with nulls",
      {
        length: 2,
        nullCount: 0,
        numChildren: 1,
        getChildAt: () => ({ nullCount: 3 }),
        toArray() {},
      },
      "(it has 3 nulls: replace them,",
    ],
    [
      "an Arrow table",
      { numCols: 1, numRows: 2, toArray() {} },
      "(pass the toArray() of a column: getChild(name)).",
    ],
    ["Arrow data", { length: 2, nullCount: 0, values: data }, "(pass its values)."],
    [
      "a TensorFlow.js buffer",
      { shape: [2], values: data },
      "(pass { data: b.values, shape: b.shape }).",
    ],
    [
      "a jax-js array inside jit",
      { shape: [2], aval: {} },
      "(it has no values inside jit or grad: call the function outside).",
    ],
    [
      "a class that a bundler renamed",
      new (class Tensor$1 {
        toArray() {}
      })(),
      "got Tensor (pass its toArray()).",
    ],
    [
      "data without a shape, and a getter that throws",
      {
        data,
        get nullCount() {
          throw new Error("no");
        },
      },
      "f: x.shape must be an array of whole numbers, got undefined.",
    ],
    ["true", true, "got true."],
    ["a function", () => 1, "got a function."],
    ["a symbol", Symbol("x"), "got Symbol(x)."],
    [
      "an object that throws",
      {
        get length() {
          throw new Error("no");
        },
      },
      "f: x must be a number, nested arrays of numbers, a typed array or { data, shape }, got an object.",
    ],
    ["a Date", new Date(), "a typed array or { data, shape }, got Date."],
    ["an array-like", { length: 3, 0: 1 }, "got Object(3) (pass an array of its elements)."],
    [
      "an image",
      { data: new Uint8ClampedArray(4), width: 1, height: 1 },
      "(pass a Float32Array of its data and shape [height, width, 4]).",
    ],
    [
      "a tensor that is gone",
      {
        get data() {
          throw new Error("Tensor is disposed.");
        },
        shape: [1],
      },
      "f: x cannot be read, because one of its getters threw: Tensor is disposed.",
    ],
  ])("%s", (_, value, message) => {
    expect(() => read(value)).toThrow(TypeError);
    expect(() => read(value)).toThrow(message);
    expect(() => readNumbers("f: x", value)).toThrow(message);
  });

  it("a getter that throws is an error of the function called", () => {
    const cause = new RangeError("gone");
    const fields = {
      shape: [1],
      get data(): Float32Array {
        throw cause;
      },
    };
    for (const call of [() => softmax(fields), () => logSumExp(fields)]) {
      expect(call).toThrow(TypeError);
      expect(call).toThrow("cannot be read, because one of its getters threw: gone");
      expect(call).toThrow(expect.objectContaining({ cause }));
    }
  });

  it("in nested arrays and in tensor", () => {
    expect(() => read([Promise.resolve(1)])).toThrow(
      "f: x[0] must be a number, got Promise (await",
    );
    expect(() => tensor(new Set([1]) as never)).toThrow("got Set (pass");
  });

  it("as out, without advice that is for reading", () => {
    for (const input of [[1], data]) {
      for (const out of [Promise.resolve(input), { dataSync() {}, shape: [1] }]) {
        const call = () => softmax(input as number[], { out: out as never });
        expect(call).toThrow(/^softmax: out must be .*, got (Promise|Object)\.$/);
      }
    }
  });
});
