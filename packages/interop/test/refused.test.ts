import { Tensor as TransformersTensor } from "@huggingface/transformers";
import * as jax from "@jax-js/jax";
import { softmax } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import * as arrow from "apache-arrow";
import * as math from "mathjs";
import { Matrix, MatrixTransposeView } from "ml-matrix";
import ndarray from "ndarray";
import * as ort from "onnxruntime-node";
import { beforeAll, describe, expect, it } from "vitest";

const rows = [
  [2, 1, 0],
  [0, 3, 1],
];
const { Bool, Field, FixedSizeList, Float16, Float32, Int32 } = arrow;

beforeAll(async () => {
  await Promise.all([tf.setBackend("cpu"), jax.init("wasm")]);
  jax.defaultDevice("wasm");
});

/** What is refused, made anew for each test, and what the message says. */
const cases: readonly (readonly [name: string, make: () => unknown, message: string])[] = [
  [
    "a TensorFlow.js tensor",
    () => tf.tensor(rows),
    "got Tensor (pass { data: t.dataSync(), shape: t.shape }).",
  ],
  [
    "a TensorFlow.js variable",
    () => tf.variable(tf.tensor(rows)),
    "got Variable (pass { data: t.dataSync()",
  ],
  ["its data, not awaited", () => tf.tensor(rows).data(), "got Promise (await it first)."],
  [
    "a TensorFlow.js buffer",
    () => tf.buffer([2, 3]),
    "got TensorBuffer (pass { data: b.values, shape: b.shape }).",
  ],
  [
    "a jax-js array",
    () => jax.numpy.array(rows),
    "got Array (pass { data: t.dataSync(), shape: t.shape }).",
  ],
  ["an ml-matrix matrix", () => new Matrix(rows), "got Matrix (pass its to2DArray())."],
  [
    "a view of it",
    () => new MatrixTransposeView(new Matrix(rows)),
    "got MatrixTransposeView (pass its to2DArray()).",
  ],
  [
    "a column of ml-matrix",
    () => Matrix.columnVector([0, 1]),
    "got Matrix (pass its to1DArray()).",
  ],
  ["a mathjs matrix", () => math.matrix(rows), "got DenseMatrix (pass its toArray())."],
  [
    "a sparse mathjs matrix",
    () => math.matrix(rows, "sparse"),
    "got SparseMatrix (pass its toArray()).",
  ],
  ["a mathjs number", () => math.bignumber(1), "got Decimal (pass its toNumber())."],
  [
    "an Arrow vector",
    () => arrow.vectorFromArray([2, 1], new Float32()),
    "got FloatVector<Float>(2) (pass its toArray()).",
  ],
  [
    "an Arrow vector with nulls",
    () => arrow.vectorFromArray([2, null], new Float32()),
    "(it has 1 nulls: replace them, then pass its toArray()).",
  ],
  [
    "Arrow data with nulls",
    () => arrow.vectorFromArray([2, null], new Int32()).data[0],
    "(it has 1 nulls: replace them",
  ],
  [
    "an Arrow column of chunks with nulls",
    () =>
      arrow
        .vectorFromArray([2, 1], new Float32())
        .concat(arrow.vectorFromArray([null, null], new Float32())),
    "(it has 2 nulls: replace them",
  ],
  [
    "an Arrow vector of lists",
    () => arrow.vectorFromArray(rows, new FixedSizeList(3, new Field("x", new Float32()))),
    "(pass [...v].map((row) => row.toArray())).",
  ],
  [
    "an Arrow vector of lists with nulls",
    () =>
      arrow.vectorFromArray([[1, null, 2]], new FixedSizeList(3, new Field("x", new Float32()))),
    "(it has 1 nulls: replace them",
  ],
  [
    "an Arrow table",
    () => arrow.tableFromArrays({ x: Float32Array.of(1) }),
    "got Table (pass the toArray() of a column: getChild(name)).",
  ],
  [
    "an ndarray of a plain array",
    () => ndarray([1, 2], [2]),
    "data must be a typed array of numbers, got Array(2) (write Float32Array.from(data)).",
  ],
  [
    "strings of ONNX Runtime",
    () => new ort.Tensor("string", ["a"], [1]),
    "data must be a typed array of numbers, got Array(1) of strings.",
  ],
  [
    "strings of transformers.js",
    () => new TransformersTensor("string", ["a"], [1]),
    "data must be a typed array of numbers, got Array(1) of strings.",
  ],
  [
    "a tensor that was disposed of",
    () => {
      const tensor = new ort.Tensor("float32", [1], [1]);
      tensor.dispose();
      return tensor;
    },
    "cannot be read, because one of its getters threw: The tensor is disposed.",
  ],
  [
    "a tensor on the GPU",
    () => ort.Tensor.fromGpuBuffer({} as never, { dataType: "float32", dims: [1] }),
    "cannot be read, because one of its getters threw: The data is not on CPU. Use `getData()`",
  ],
];

describe.each(cases)("%s is refused, with what to write instead", (_, make, message) => {
  it("as input", () => {
    expect(() => softmax(make() as never)).toThrow(TypeError);
    expect(() => softmax(make() as never)).toThrow(message);
    expect(() => crossEntropy.valueAndGrad(make() as never, [0])).toThrow(message);
  });
  it("as target", () => {
    expect(() => crossEntropy(rows, make() as never)).toThrow(message);
  });
  it("as weights", () => {
    expect(() => crossEntropy(rows, [0, 1], { weight: make() as never })).toThrow(message);
    expect(() => crossEntropy(rows, [0, 1], { sampleWeight: make() as never })).toThrow(message);
  });
  it("as out", () => {
    expect(() => softmax(Float32Array.of(1, 2), { out: make() as never })).toThrow(TypeError);
  });
});

it("an array inside jit or grad of jax-js has no values yet", () => {
  const message = "(it has no values inside jit or grad: call the function outside).";
  const loss = (x: jax.Array) => crossEntropy(x as never, [0, 1]) as never;
  expect(() => jax.grad(loss)(jax.numpy.array(rows))).toThrow(message);
  expect(() => jax.jit(loss)(jax.numpy.array(rows))).toThrow(message);
});

it("the masks of Arrow are weights once they are arrays", () => {
  const mask = arrow.vectorFromArray([true, false], new Bool());
  expect(crossEntropy(rows, [0, 1], { sampleWeight: mask.toArray() })).toBeCloseTo(0.40760596, 7);
});

it("float16 columns of Arrow are bits", () => {
  const data = arrow.vectorFromArray([2, 1, 0], new Float16()).toArray();
  const [first] = softmax({ data, shape: [3], type: "float16" }).data;
  expect(first).toBeCloseTo(0.66524095, 7);
  expect(() => softmax(data as never)).toThrow('a Uint16Array with type "float16"');
});
