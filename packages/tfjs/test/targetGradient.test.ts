import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
// Registers the gradients of the operations.
import "@tensorflow/tfjs-layers";
import * as losses from "@surprisal/losses";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import {
  categoricalCrossentropy,
  crossEntropy,
  focalLoss,
  nllLoss,
  sparsemaxLoss,
} from "../src/index.ts";
import { operation } from "../src/operation.ts";
import { expectClose } from "./expectClose.ts";

const shape = [2, 3];
const rows = Float32Array.of(2, 1, 0, 0, 1, 2.5);
const probabilities = Float32Array.of(0.5, 0.25, 0.25, 0.1, 0, 0.9);
const options = { weight: [1, 2, 3], labelSmoothing: 0.1 };

/** The gradients of the package that has no tensors of TensorFlow.js. */
function expected(loss: typeof losses.crossEntropy, call: object): number[][] {
  const { grads } = loss.valueAndGrad(
    { data: rows, shape },
    { data: probabilities, shape },
    { ...call, differentiate: ["input", "target"] },
  );
  const { input, target } = grads as unknown as Record<string, { data: Float32Array }>;
  return [[...input.data], [...target.data]];
}

describe.each(["cpu", "wasm"])("class probabilities on the backend %s", (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
  });

  const inputs = () => [tf.tensor2d(rows, [2, 3]), tf.tensor2d(probabilities, [2, 3])];

  it.each([
    ["crossEntropy", crossEntropy, losses.crossEntropy],
    ["nllLoss", nllLoss, losses.nllLoss],
    ["focalLoss", focalLoss, losses.focalLoss],
  ] as const)("have the gradient of %s", (_, ours, plain) => {
    const loss = plain as typeof losses.crossEntropy;
    const call = ours as typeof crossEntropy;
    for (const reduction of ["mean", "sum"] as const) {
      const given = { ...options, reduction };
      const { value, grads } = tf.valueAndGrads((x: tf.Tensor, q: tf.Tensor) => call(x, q, given))(
        inputs(),
      );
      const [x, q] = expected(loss, given);
      expect(Math.max(...q.map(Math.abs))).toBeGreaterThan(0.1);
      expectClose(grads[0], x);
      expectClose(grads[1], q);
      expectClose(value, [loss({ data: rows, shape }, { data: probabilities, shape }, given)]);
    }
    const factors = tf.tensor1d([5, 7]);
    const each = tf.grads((x: tf.Tensor, q: tf.Tensor) =>
      tf.sum(tf.mul(factors, call(x, q, { ...options, reduction: "none" }))),
    )(inputs());
    const gradOutput = { data: Float64Array.of(5, 7), shape: [2] };
    const [x, q] = expected(loss, { ...options, reduction: "none", gradOutput });
    expectClose(each[0], x);
    expectClose(each[1], q);
  });

  it("have a gradient that reaches what they are computed from", () => {
    const [x, q] = inputs();
    const [, ofTarget] = expected(losses.crossEntropy, {});
    const gradient = tf.grad((y: tf.Tensor) => crossEntropy(x, tf.mul(2, y)))(q);
    expectClose(
      gradient,
      ofTarget.map((slope) => 2 * slope),
    );
    const both = tf.grad((y: tf.Tensor) => crossEntropy(y, y))(q);
    const { grads } = losses.crossEntropy.valueAndGrad(
      { data: probabilities, shape },
      { data: probabilities, shape },
      { differentiate: ["input", "target"] },
    ) as unknown as { grads: Record<string, { data: Float32Array }> };
    expectClose(
      both,
      [...grads.input.data].map((slope, i) => slope + grads.target.data[i]),
    );
    const keras = tf.grad((y: tf.Tensor) => categoricalCrossentropy({ fromLogits: true })(y, x))(q);
    expectClose(
      keras,
      ofTarget.map((slope) => 2 * slope),
    );
  });

  it("are constants of a loss that has no gradient for them", () => {
    const [x, q] = inputs();
    expect(tf.grad((y: tf.Tensor) => sparsemaxLoss(y, q))(x).shape).toEqual(shape);
    expect(() => tf.grad((y: tf.Tensor) => sparsemaxLoss(x, y))(q)).toThrow(
      "sparsemaxLoss: its gradient with respect to target is not known. To treat target as a constant",
    );
  });

  it("let the errors of their gradient through", () => {
    const failing = losses.defineClassLoss({
      kind: "class",
      name: "failing",
      formula: () => (x, coefficients) =>
        x.reduce((sum, value, j) => sum + value * coefficients[j], 0),
      classLosses: () => (x, losses) => {
        if (x.length === 3) throw new RangeError("failing: three classes");
        losses.set(x);
      },
    });
    const call = operation(failing, ["input", "target"], { takesProbabilities: true });
    const [x, q] = inputs();
    expect(() => tf.grad((y: tf.Tensor) => call(x, y))(q)).toThrow(
      new RangeError("failing: three classes"),
    );
    const pairs = tf.tensor2d([1, 2], [1, 2]);
    const halves = tf.tensor2d([0.5, 0.5], [1, 2]);
    expectClose(tf.grad((y: tf.Tensor) => call(pairs, y))(halves), [1, 2]);
  });

  it("have no second derivative", () => {
    const [x, q] = inputs();
    const penalty = (y: tf.Tensor) =>
      tf.sum(tf.grad((z: tf.Tensor) => crossEntropy(x, z, { reduction: "sum" }))(y));
    expect(() => tf.grad(penalty)(q)).toThrow("crossEntropy: its gradient can be differentiated");
  });

  it("leave no tensor behind", () => {
    const given = inputs();
    const before = tf.memory().numTensors;
    const grads = tf.grads((x: tf.Tensor, q: tf.Tensor) => tf.tidy(() => crossEntropy(x, q)))(
      given,
    );
    expect(tf.memory().numTensors).toBe(before + 2);
    tf.dispose(grads);
    tf.dispose(tf.grads((x: tf.Tensor) => crossEntropy(x, given[1]))([given[0]]));
    expect(tf.memory().numTensors).toBe(before);
  });
});
