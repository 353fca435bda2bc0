import { Tensor as TransformersTensor } from "@huggingface/transformers";
import { softmax } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";
import * as arrow from "apache-arrow";
import { GPU } from "gpu.js";
import { parquetRead } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import * as math from "mathjs";
import { Matrix, MatrixTransposeView } from "ml-matrix";
import ndarray from "ndarray";
import * as npy from "npyjs";
import * as ort from "onnxruntime-node";
import * as ortWeb from "onnxruntime-web";
import { describe, expect, it } from "vitest";

const rows = [
  [2, 1, 0],
  [0, 3, 1],
];
const labels = [0, 2];
const mask = [1, 0];
const flat = Float32Array.from(rows.flat());
const half = Float16Array.from(rows.flat());
const bits = new Uint16Array(half.buffer);
const columns = Float32Array.of(2, 0, 1, 3, 0, 1);
const parse = (array: Parameters<typeof npy.dump>[0], shape: number[]) =>
  npy.parse(npy.dump(array, shape));

/** Containers of the same logits, of type float32 or less precise, in each library. */
const inputs: readonly (readonly [name: string, input: unknown])[] = [
  ["onnxruntime-node", new ort.Tensor("float32", flat, [2, 3])],
  ["onnxruntime-node, float16", new ort.Tensor("float16", bits, [2, 3])],
  ["onnxruntime-web", new ortWeb.Tensor("float32", flat, [2, 3])],
  ["onnxruntime-web, float16", new ortWeb.Tensor("float16", bits, [2, 3])],
  ["transformers.js", new TransformersTensor("float32", flat, [2, 3])],
  ["transformers.js, float16", new TransformersTensor("float16", bits, [2, 3])],
  ["ndarray", ndarray(flat, [2, 3])],
  ["ndarray, transposed", ndarray(columns, [3, 2]).transpose(1, 0)],
  ["ndarray, reversed", ndarray(Float32Array.of(0, 1, 2, 1, 3, 0), [2, 3]).step(1, -1)],
  ["ndarray, a part", ndarray(Float32Array.of(9, 2, 1, 0, 9, 0, 3, 1), [2, 4]).lo(0, 1)],
  ["Arrow", { data: arrow.vectorFromArray(flat).toArray(), shape: [2, 3] }],
  ["npyjs", parse(flat, [2, 3])],
  ["npyjs, Fortran order", { ...parse(columns, [2, 3]), fortranOrder: true }],
  ["ml-matrix", new Matrix(rows).to2DArray()],
  ["ml-matrix, a view", new MatrixTransposeView(new Matrix(rows).transpose()).to2DArray()],
  ["ml-matrix, its rows", (new Matrix(rows) as unknown as { data: Float64Array[] }).data],
  ["mathjs", math.matrix(rows).toArray()],
  ["mathjs, sparse", math.matrix(rows, "sparse").toArray()],
  ["mathjs, BigNumbers", math.number(math.bignumber(math.matrix(rows)) as never)],
];

/** Containers of the class indices 0 and 2. */
const targets: readonly (readonly [name: string, target: unknown])[] = [
  ["onnxruntime-node", new ort.Tensor("int64", [0n, 2n], [2])],
  ["onnxruntime-node, int32", new ort.Tensor("int32", labels, [2])],
  ["transformers.js", new TransformersTensor("int64", [0n, 2n], [2])],
  ["ndarray", ndarray(Int32Array.from(labels), [2])],
  ["ndarray, every second", ndarray(Uint8Array.of(0, 9, 2), [3]).step(2)],
  ["Arrow, int32", arrow.vectorFromArray(labels, new arrow.Int32()).toArray()],
  ["Arrow, int64", arrow.vectorFromArray([0n, 2n], new arrow.Int64()).toArray()],
  ["npyjs, int64", parse(BigInt64Array.of(0n, 2n), [2])],
  ["ml-matrix", Matrix.columnVector(labels).to1DArray()],
  ["mathjs", math.matrix(labels).toArray()],
];

/** Containers of the weights 1 and 0. */
const weights: readonly (readonly [name: string, weight: unknown])[] = [
  ["onnxruntime-node, bool", new ort.Tensor("bool", [true, false], [2])],
  ["transformers.js, int64", new TransformersTensor("int64", [1n, 0n], [2])],
  ["ndarray", ndarray(Uint8Array.from(mask), [2])],
  ["Arrow, bool", arrow.vectorFromArray([true, false], new arrow.Bool()).toArray()],
  ["npyjs, bool", { data: [true, false], shape: [2], dtype: "b1", fortranOrder: false }],
  ["ml-matrix", Matrix.columnVector(mask).to1DArray()],
];

const numbersOf = (value: unknown): number[] =>
  typeof value === "number" ? [value] : Object.values(value as object).flatMap(numbersOf);
const elements = (result: unknown) => numbersOf((result as { data?: unknown }).data ?? result);

describe.each(inputs)("an input of %s", (_, input) => {
  const expectClose = (actual: number[], expected: number[]) => {
    expect(actual).toHaveLength(expected.length);
    actual.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 3);
    });
  };

  it("has the same probabilities", () => {
    const result = softmax((math.isMatrix(input) ? input.toArray() : input) as never);
    expectClose(elements(result), numbersOf(softmax(rows)));
  });

  it("has the same loss and gradient", () => {
    const x = math.isMatrix(input) ? input.toArray() : input;
    const { value, grad } = crossEntropy.valueAndGrad(x as never, labels);
    const expected = crossEntropy.valueAndGrad(rows, labels);
    expect(value).toBeCloseTo(expected.value, 3);
    expectClose(elements(grad), numbersOf(expected.grad));
  });
});

it.each(targets)("a target of %s", (_, target) => {
  expect(crossEntropy(rows, target as never)).toBe(crossEntropy(rows, labels));
});

it.each(weights)("weights of %s", (_, sampleWeight) => {
  const expected = crossEntropy(rows, labels, { sampleWeight: mask });
  expect(crossEntropy(rows, labels, { sampleWeight: sampleWeight as never })).toBe(expected);
});

describe("out", () => {
  const expected = softmax({ data: flat, shape: [2, 3] });
  const x = { data: flat, shape: [2, 3] };

  it("may be a tensor of ONNX Runtime or transformers.js", () => {
    for (const out of [
      new ort.Tensor("float32", new Float32Array(6), [2, 3]),
      new TransformersTensor("float32", new Float32Array(6), [2, 3]),
    ]) {
      expect(softmax(x, { out })).toBe(out);
      expect(out.data).toEqual(expected.data);
    }
  });

  it("may be an ndarray, whatever its strides", () => {
    const out = ndarray(new Float32Array(6), [3, 2]).transpose(1, 0);
    softmax(x, { out });
    expect(out.get(1, 2)).toBe(expected.data[5]);
    expect(out.get(0, 1)).toBe(expected.data[1]);
    const same = ndarray(new Float32Array(6), [2, 3], [0, 1]);
    expect(() => softmax(x, { out: same })).toThrow("softmax: out must not overlap itself");
  });
});

it("outputs of gpu.js, vectors and rows", () => {
  const gpu = new GPU({ mode: "cpu" });
  const vector = gpu.createKernel("function () { return this.thread.x; }").setOutput([3]);
  const matrix = gpu.createKernel("function () { return this.thread.y; }").setOutput([3, 2]);
  const [, , last] = softmax(vector() as Float32Array);
  expect(last).toBeCloseTo(0.66524096, 6);
  expect(elements(softmax(matrix() as Float32Array[]))[5]).toBeCloseTo(1 / 3, 6);
  expect(crossEntropy(matrix() as Float32Array[], labels)).toBeCloseTo(Math.log(3), 6);
});

it("columns of hyparquet, of every type, and none with nulls", async () => {
  const file = parquetWriteBuffer({
    columnData: [
      { name: "float", data: flat.subarray(0, 3), type: "FLOAT" },
      { name: "double", data: rows[0], type: "DOUBLE" },
      { name: "half", data: rows[0], type: "FLOAT16" },
      { name: "nulls", data: [2, null, 0], type: "DOUBLE" },
    ],
  });
  const columns: Record<string, never> = {};
  await parquetRead({
    file,
    onChunk: ({ columnName, columnData }) => {
      columns[columnName] = columnData as never;
    },
  });
  for (const name of ["float", "double", "half"]) {
    expect(numbersOf(softmax(columns[name]))[0]).toBeCloseTo(0.66524096, 6);
  }
  expect(() => softmax(columns.nulls)).toThrow("softmax: x[1] must be a number, got null.");
});
