import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
// Registers the gradients of the operations.
import "@tensorflow/tfjs-layers";
import * as losses from "@surprisal/losses";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as operations from "../src/index.ts";
import {
  binaryCrossEntropyWithLogits,
  crossEntropy,
  gaussianNllLoss,
  mseLoss,
  tripletMarginLoss,
} from "../src/index.ts";
import { expectClose } from "./expectClose.ts";

const rows = [2, 1, 0, 0, 1, 2.5];

it("every loss of the package has an operation of its name", () => {
  const names = Object.entries(losses)
    .filter(([, value]) => typeof value === "function" && "valueAndGrad" in value)
    .map(([name]) => name);
  expect(names.length).toBeGreaterThan(20);
  for (const name of names) expect(operations).toHaveProperty(name);
});

describe.each(["cpu", "wasm"])("on the backend %s", (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
  });
  afterAll(() => tf.disposeVariables());

  it("has the value and the gradient of the loss, with every option", () => {
    const labels = tf.tensor1d([0, 2], "int32");
    const logits = tf.tensor2d(rows, [2, 3]);
    for (const options of [
      {},
      { labelSmoothing: 0.2 },
      { weight: [1, 2, 3] },
      { reduction: "sum" },
    ] as const) {
      const expected = losses.crossEntropy.valueAndGrad(
        { data: Float32Array.from(rows), shape: [2, 3] },
        [0, 2],
        options,
      );
      const { value, grad } = tf.valueAndGrad(
        (x: tf.Tensor) => crossEntropy(x, labels, options) as tf.Scalar,
      )(logits);
      expectClose(value, [expected.value]);
      expectClose(grad, [...(expected.grad.data as Float32Array)]);
      expect(grad.shape).toEqual([2, 3]);
    }
  });

  it("multiplies by the upstream gradient, for all losses and for each", () => {
    const labels = tf.tensor1d([0, 2], "int32");
    const logits = tf.tensor2d(rows, [2, 3]);
    const scaled = tf.grad((x: tf.Tensor) => tf.mul(3, crossEntropy(x, labels)))(logits);
    const plain = tf.grad((x: tf.Tensor) => crossEntropy(x, labels))(logits);
    expectClose(scaled, [...tf.mul(3, plain).dataSync()]);
    const factors = tf.tensor1d([5, 7]);
    const each = tf.grad((x: tf.Tensor) =>
      tf.sum(tf.mul(factors, crossEntropy(x, labels, { reduction: "none" }))),
    )(logits);
    const expected = losses.crossEntropy.valueAndGrad(
      { data: Float32Array.from(rows), shape: [2, 3] },
      [0, 2],
      { reduction: "none", gradOutput: { data: Float64Array.of(5, 7), shape: [2] } },
    );
    expectClose(each, [...(expected.grad.data as Float32Array)]);
  });

  it("differentiates every argument", () => {
    const [a, b, c] = [tf.tensor1d([1, 2]), tf.tensor1d([0, 3]), tf.tensor1d([0.5, 2])];
    const grads = tf.grads((x: tf.Tensor, t: tf.Tensor, v: tf.Tensor) => gaussianNllLoss(x, t, v))([
      a,
      b,
      c,
    ]);
    const expected = losses.gaussianNllLoss.valueAndGrad([1, 2], [0, 3], [0.5, 2]).grads;
    expectClose(grads[0], expected.input as number[]);
    expectClose(grads[1], expected.target as number[]);
    expectClose(grads[2], expected.variance as number[]);
    const [, target] = tf.grads((x: tf.Tensor, t: tf.Tensor) => mseLoss(x, t))([a, b]);
    expectClose(target, [-1, 1]);
    const triple = tf.grads((x: tf.Tensor, p: tf.Tensor, n: tf.Tensor) =>
      tripletMarginLoss(x, p, n),
    )([a, b, c]);
    expect(triple.map(({ shape }) => shape)).toEqual([[2], [2], [2]]);
  });

  it("gives each gradient to its argument, also after an argument of integers", () => {
    const [a, v] = [tf.tensor1d([1, 2]), tf.tensor1d([0.5, 2])];
    const t = tf.tensor1d([0, 3], "int32");
    const expected = losses.gaussianNllLoss.valueAndGrad([1, 2], [0, 3], [0.5, 2]).grads;
    const variance = tf.grad((x: tf.Tensor) => gaussianNllLoss(a, t, x))(v);
    expectClose(variance, expected.variance as number[]);
    const many = (values: number[]) => tf.tile(tf.tensor1d(values), [64]);
    const long = tf.grad((x: tf.Tensor) =>
      tf.mul(64, gaussianNllLoss(many([1, 2]), tf.tile(t, [64]), x)),
    )(many([0.5, 2]));
    expectClose(tf.slice(long, [0], [2]), expected.variance as number[]);
    const triplet = losses.tripletMarginLoss.valueAndGrad([1, 2], [0, 3], [0.5, 2]).grads;
    const negative = tf.grad((x: tf.Tensor) => tripletMarginLoss(a, t, x))(v);
    expectClose(negative, triplet.negative as number[]);
  });

  it.each(["int32", "bool"] as const)("has a gradient where x is also cast to %s", (dtype) => {
    const x = tf.tensor1d([1, 0, 1]);
    const grad = tf.grad((v: tf.Tensor) => binaryCrossEntropyWithLogits(v, tf.cast(v, dtype)))(x);
    const expected = losses.binaryCrossEntropyWithLogits.valueAndGrad([1, 0, 1], [1, 0, 1]).grad;
    expectClose(grad, expected as number[]);
  });

  it.each<[string, (weights: number[]) => number[] | Float32Array | object]>([
    ["an array", (weights) => weights],
    ["a typed array", (weights) => Float32Array.from(weights)],
    ["a container", (weights) => ({ data: Float32Array.from(weights), dims: [3] })],
  ])("computes the gradient with the weights of the call, if %s is changed later", (_, make) => {
    const [x, t] = [tf.tensor2d(rows, [2, 3]), tf.tensor1d([0, 2], "int32")];
    const gradient = (change: (weight: { fill(value: number): unknown }) => void) => {
      const weight = make([1, 2, 3]);
      return tf.grad((v: tf.Tensor) => {
        const each = crossEntropy(v, t, { weight: weight as number[], reduction: "none" });
        change("data" in weight ? (weight.data as Float32Array) : (weight as number[]));
        return tf.sum(each);
      })(x);
    };
    const expected = gradient(() => {});
    expect(expected.dataSync()[5]).not.toBe(0);
    expectClose(
      gradient((weight) => weight.fill(0)),
      [...expected.dataSync()],
    );
  });

  it("computes the gradient with the options of the call, if they are changed later", () => {
    const [x, t] = [tf.tensor2d(rows, [2, 3]), tf.tensor1d([0, 2], "int32")];
    const options: { reduction: "mean" | "sum" } = { reduction: "sum" };
    const grad = tf.grad((v: tf.Tensor) => {
      const sum = crossEntropy(v, t, options);
      options.reduction = "mean";
      return tf.mul(2, sum);
    })(x);
    const expected = tf.grad((v: tf.Tensor) => crossEntropy(v, t, { reduction: "sum" }))(x);
    expectClose(grad, [...tf.mul(2, expected).dataSync()]);
  });

  it("is exact for upstream gradients that float32 products would lose", () => {
    const labels = tf.tensor1d([0], "int32");
    const logits = tf.tensor2d([95, 0], [1, 2]);
    const scaled = tf.grad((x: tf.Tensor) => tf.mul(1e30, crossEntropy(x, labels)))(logits);
    // The gradient itself is about 5.5e-42, of which float32 keeps three digits.
    const expected = 1e30 * Math.exp(-95);
    expect(scaled.dataSync()[1] / expected).toBeCloseTo(1, 5);
  });

  it("computes in memory that grows, and with arguments of a result's own", () => {
    const labels = tf.tensor1d(
      Int32Array.from({ length: 4096 }, (_, i) => i % 1000),
      "int32",
    );
    const logits = tf.zeros([4096, 1000]);
    const grad = tf.grad((x: tf.Tensor) => crossEntropy(tf.add(x, 1), labels))(logits);
    expect(grad.dataSync()[0]).toBeCloseTo((0.001 - 1) / 4096, 9);
    expect(logits.dataSync()[0]).toBe(0);
    tf.dispose([labels, logits, grad]);
  });

  it("leaves no tensor behind", () => {
    const labels = tf.tensor1d([0, 2], "int32");
    const logits = tf.tensor2d(rows, [2, 3]);
    const before = tf.memory().numTensors;
    tf.grad((x: tf.Tensor) => crossEntropy(x, labels))(logits).dispose();
    crossEntropy(logits, labels, { reduction: "none" }).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("keeps the gradient of a sure row, where TensorFlow.js has none left", () => {
    const logits = tf.tensor2d([60, 0], [1, 2]);
    const grad = tf.grad((x: tf.Tensor) => crossEntropy(x, tf.tensor1d([0], "int32")))(logits);
    const [first, second] = grad.dataSync();
    expect(second / Math.exp(-60)).toBeCloseTo(1, 5);
    expect(first).toBe(-second);
  });

  it("takes integers that were cast to floats for floats", () => {
    const t = tf.tensor1d([0, 2], "int32");
    const x = tf.cast(tf.tensor2d([2, 1, 0, 0, 1, 3], [2, 3], "int32"), "float32");
    expectClose(crossEntropy(x, t), [
      losses.crossEntropy(
        [
          [2, 1, 0],
          [0, 1, 3],
        ],
        [0, 2],
      ),
    ]);
    // Rows of integers would have to be one-hot.
    const both = tf.cast(tf.tensor2d([1, 1, 0, 0, 0, 1], [2, 3], "int32"), "float32");
    const expected = losses.crossEntropy(
      [
        [2, 1, 0],
        [0, 1, 3],
      ],
      [
        [1, 1, 0],
        [0, 0, 1],
      ],
    );
    expectClose(crossEntropy(x, both), [expected]);
  });

  it("says what it expected", () => {
    const labels = tf.tensor1d([0, 3], "int32");
    expect(() => crossEntropy(tf.tensor2d(rows, [2, 3]), labels)).toThrow(
      "out of bounds for 3 classes",
    );
  });
});
