// Compiled, not run: what the declarations of other libraries accept, and what they refuse.

import { Tensor as TransformersTensor } from "@huggingface/transformers";
import type * as jax from "@jax-js/jax";
import { logSumExp, type Tensor as Result, softmax, tensor } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";
import * as tf from "@tensorflow/tfjs-core";
import type * as arrow from "apache-arrow";
import type * as math from "mathjs";
import { Matrix } from "ml-matrix";
import ndarray from "ndarray";
import * as npy from "npyjs";
import * as ort from "onnxruntime-node";
import * as ortWeb from "onnxruntime-web";

const same = <T>(_: T) => {};
const rows = [
  [1, 2, 3],
  [3, 2, 1],
];

export async function onnx(session: ort.InferenceSession, webSession: ortWeb.InferenceSession) {
  const { logits } = await session.run({});
  same<Result>(softmax(logits));
  same<number>(crossEntropy(logits, new ort.Tensor("int64", [0n, 1n], [2])));
  same<number>(
    crossEntropy(logits, [0, 1], {
      sampleWeight: new ort.Tensor("bool", [true], [1]),
      weight: logits,
    }),
  );
  const { value, grad } = crossEntropy.valueAndGrad(logits, [0, 1]);
  same<number>(value);
  same<Result>(grad);
  const input = new ort.Tensor("float32", Float32Array.of(1, 2, 3), [1, 3]);
  const result = softmax(input);
  same<Result<Float32Array>>(result);
  await session.run({ input: new ort.Tensor("float32", result.data, result.shape) });
  softmax(input, { out: input });
  const web = await webSession.run({});
  same<Result>(softmax(web.logits));
  same<number>(crossEntropy(web.logits, new ortWeb.Tensor("int64", [0n, 1n], [2])));
  const probabilities = softmax(new ortWeb.Tensor("float32", Float32Array.of(1), [1]));
  await webSession.run({
    input: new ortWeb.Tensor("float32", probabilities.data, probabilities.shape),
  });
  softmax({ data: await web.logits.getData(), dims: web.logits.dims, type: web.logits.type });
}

export function transformers(logits: TransformersTensor, output: { logits: TransformersTensor }) {
  softmax(logits);
  softmax(output.logits);
  const ids = new TransformersTensor("int64", [0n, 1n], [2]);
  same<number>(crossEntropy(logits, ids, { sampleWeight: ids }));
  const { data, shape } = softmax(logits, { axis: 1 });
  same<TransformersTensor>(new TransformersTensor("float32", data, [...shape]));
  softmax(logits, { out: logits });
}

export function ndarrays() {
  const x = ndarray(Float32Array.of(1, 2, 3, 3, 2, 1), [2, 3]);
  same<Result<Float32Array>>(softmax(x));
  same<Result<Float32Array>>(softmax(x.transpose(1, 0)));
  same<number>(crossEntropy(x, ndarray(Int32Array.of(0, 1), [2])));
  softmax(x, { out: x });
  const { data, shape } = softmax(x);
  ndarray(data, [...shape]);
  // @ts-expect-error: its elements are in a plain array.
  softmax(ndarray([1, 2, 3], [3]));
}

export function arrowColumns(
  table: arrow.Table<{ x: arrow.Float32; label: arrow.Int32; id: arrow.Int64 }>,
) {
  const column = table.getChild("x") as arrow.Vector<arrow.Float32>;
  same<Float32Array>(softmax(column.toArray()));
  const labels = table.getChild("label") as arrow.Vector<arrow.Int32>;
  same<number>(crossEntropy(rows, labels.toArray()));
  // @ts-expect-error: a vector may have nulls.
  softmax(column);
  // @ts-expect-error: a vector may have nulls.
  crossEntropy(rows, labels);
}

export function npyArrays(file: ArrayBuffer) {
  const array = npy.parse(file);
  same<Result>(softmax(array));
  same<number>(crossEntropy(array, npy.parse(file), { sampleWeight: npy.parse(file) }));
  const { data, shape } = softmax(array);
  npy.dump(data as Float32Array, [...shape]);
}

export function matrices(matrix: Matrix) {
  same<number[][]>(softmax(matrix.to2DArray()));
  same<number>(crossEntropy(matrix.to2DArray(), matrix.to1DArray()));
  new Matrix(softmax(matrix.to2DArray()));
  // @ts-expect-error: its elements are in rows.
  softmax(matrix);
}

export function mathMatrices(matrix: math.Matrix<number>) {
  softmax(matrix.toArray());
  // @ts-expect-error: write toArray().
  softmax(matrix);
  // @ts-expect-error: write toArray().
  crossEntropy(rows, matrix);
}

export async function jaxArrays(x: jax.Array) {
  softmax({ data: x.ref.dataSync(), shape: x.shape });
  softmax({ data: await x.ref.data(), shape: x.shape });
  same<number | object>(logSumExp({ data: x.dataSync(), shape: x.shape }));
  // @ts-expect-error: data is a method.
  softmax(x);
}

export async function tensorFlow(x: tf.Tensor, labels: tf.Tensor1D) {
  softmax({ data: x.dataSync(), shape: x.shape });
  softmax({ data: await x.data(), shape: x.shape });
  softmax(tf.reshape<tf.Rank.R2>(x, [1, 3]).arraySync());
  crossEntropy(rows, labels.arraySync());
  // @ts-expect-error: data is a method.
  softmax(x);
  // @ts-expect-error: await it.
  softmax(x.data());
  tf.tensor(softmax(tensor(new Float32Array(6), [2, 3])).data, [2, 3]);
}

export function images(image: ImageData) {
  const pixels = tensor(Float32Array.from(image.data), [image.height, image.width, 4]);
  same<Result<Float32Array>>(softmax(pixels));
  // @ts-expect-error: an image has no shape, and bytes are no logits.
  softmax(image);
}
