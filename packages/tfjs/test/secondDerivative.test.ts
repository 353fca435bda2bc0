import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
// Registers the gradients of the operations.
import "@tensorflow/tfjs-layers";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { crossEntropy } from "../src/index.ts";
import { expectClose } from "./expectClose.ts";

const rows = [2, 1, 0, 0, 1, 2.5];

describe.each(["cpu", "wasm"])("a gradient of a gradient, on the backend %s", (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
  });

  type Loss = (x: tf.Tensor) => tf.Tensor;
  const [x, t] = [() => tf.tensor2d(rows, [2, 3]), () => tf.tensor1d([0, 2], "int32")];
  const gradientOf = (loss: Loss) => tf.grad(loss)(x());
  const ours: Loss = (y) => crossEntropy(y, t());

  it("has the derivative with respect to the factor of one number", () => {
    const penalty = (loss: Loss) => (w: tf.Tensor) =>
      tf.sum(tf.square(gradientOf((y) => tf.mul(w, loss(y)))));
    const theirs: Loss = (y) => tf.losses.softmaxCrossEntropy(tf.oneHot(t(), 3), y);
    const expected = tf.grad(penalty(theirs))(tf.scalar(2));
    expect(expected.dataSync()[0]).toBeGreaterThan(0.1);
    expectClose(tf.grad(penalty(ours))(tf.scalar(2)), [...expected.dataSync()]);
  });

  const message = "crossEntropy: its gradient can be differentiated only with respect to";

  it("throws for a derivative with respect to the arguments", () => {
    const penalty = (y: tf.Tensor) => tf.sum(tf.square(tf.grad(ours)(y)));
    expect(() => tf.grad(penalty)(x())).toThrow(message);
  });

  it("throws for a derivative with respect to the factors of each loss", () => {
    const penalty = (w: tf.Tensor) =>
      tf.sum(gradientOf((y) => tf.sum(tf.mul(w, crossEntropy(y, t(), { reduction: "none" })))));
    expect(() => tf.grad(penalty)(tf.tensor1d([2, 3]))).toThrow(message);
  });

  it("is possible where the derivative is multiplied by 0", () => {
    const adversarial = (y: tf.Tensor) => ours(tf.add(y, tf.sign(tf.grad(ours)(y))));
    const gradient = tf.grad(adversarial)(x());
    const moved = tf.add(x(), tf.sign(tf.grad(ours)(x())));
    expectClose(gradient, [...tf.grad(ours)(moved).dataSync()]);
  });
});
