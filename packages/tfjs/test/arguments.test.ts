import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
import * as losses from "@surprisal/losses";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import * as operations from "../src/index.ts";
import { crossEntropy } from "../src/index.ts";

const rows = [2, 1, 0, 0, 1, 2.5];
const usage = "Write crossEntropy(input, target, options).";

function disposed(): tf.Tensor {
  const tensor = tf.tensor1d([0, 2], "int32");
  tensor.dispose();
  return tensor;
}

it.each(Object.entries(operations).filter(([name]) => name in losses))(
  "%s names its arguments",
  (name, value) => {
    const call = value as unknown as () => tf.Tensor;
    expect(() => call()).toThrow(new RegExp(`Write ${name}\\(\\w+(, \\w+)+, options\\)\\.$`));
  },
);

describe.each(["cpu", "wasm"])("on the backend %s", (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
  });

  it.each<[string, (x: tf.Tensor, t: tf.Tensor) => unknown[], string]>([
    [
      "an array",
      (x) => [x, [0, 2]],
      "target must be a tensor of TensorFlow.js, got Array(2). Write tf.tensor(target).",
    ],
    ["null", (x) => [x, null], `target must be a tensor of TensorFlow.js, got null. ${usage}`],
    [
      "a missing target",
      (x) => [x],
      `target must be a tensor of TensorFlow.js, got undefined. ${usage}`,
    ],
    [
      "options before a tensor",
      (x, t) => [x, { reduction: "sum" }, t],
      `target must be a tensor of TensorFlow.js, got Object. ${usage}`,
    ],
    ["a number as options", (x, t) => [x, t, 3], "options must be an object, got 3."],
    [
      "an array of floats as options",
      (x, t) => [x, t, new Float32Array(3)],
      "options must be an object such as { sampleWeight: … }, got Float32Array(3).",
    ],
    ["null as options", (x, t) => [x, t, null], "options must be an object, got null."],
    [
      "weights as a tensor",
      (x, t) => [x, t, t],
      "the argument after target must be options, got a tensor. Weights are options: { sampleWeight: weights.arraySync() }",
    ],
    [
      "two objects of options",
      (x, t) => [x, t, {}, {}],
      `at most 3 arguments are expected, got 4. ${usage}`,
    ],
    ["no tensor", () => [{}], `input must be a tensor of TensorFlow.js, got Object. ${usage}`],
    ["no argument", () => [], `input must be a tensor of TensorFlow.js, got undefined. ${usage}`],
    [
      "a tensor of strings",
      (x) => [x, tf.tensor1d(["a", "b"])],
      "target must be a tensor of float32, int32 or bool, got string.",
    ],
    [
      "a tensor that has been disposed of",
      (x) => [x, disposed()],
      "target must be a tensor with values, got one that has been disposed of. If tf.tidy does it, write tf.keep(target).",
    ],
    ["gradOutput", (x, t) => [x, t, { gradOutput: 2 }], 'the option "gradOutput" is not for'],
    ["out", (x, t) => [x, t, { out: x }], 'the option "out" is not for operations'],
    [
      "differentiate",
      (x, t) => [x, t, { differentiate: ["input"] }],
      'the option "differentiate" is not',
    ],
  ])("refuses %s, with and without a tape", (_, argumentsOf, message) => {
    const [x, t] = [tf.tensor2d(rows, [2, 3]), tf.tensor1d([0, 2], "int32")];
    const call = (input: tf.Tensor) =>
      (crossEntropy as (...args: unknown[]) => tf.Tensor)(...argumentsOf(input, t));
    expect(() => call(x)).toThrow(TypeError);
    expect(() => call(x)).toThrow(`crossEntropy: ${message}`);
    expect(() => tf.grad(call)(x)).toThrow(`crossEntropy: ${message}`);
  });

  it.each([
    [
      { noOption: 1 },
      TypeError,
      /^crossEntropy: unknown option "noOption", expected one of reduction, sampleWeight, axis, .*softcap\.$/,
    ],
    [{ reduction: "all" }, RangeError, /^crossEntropy: reduction must be /],
    [{ sampleWeight: ["a", 1] }, TypeError, /^crossEntropy: sampleWeight\[0\] must be a number or/],
    [{ weight: [1] }, RangeError, /^crossEntropy: weight must have shape \[3\]/],
  ])(
    "names the operation and its options, with and without a tape: %j",
    (options, Kind, message) => {
      const [x, t] = [tf.tensor2d(rows, [2, 3]), tf.tensor1d([0, 2], "int32")];
      const call = (input: tf.Tensor) => crossEntropy(input, t, options as object);
      for (const compute of [
        () => call(x),
        () => tf.grad(call as (x: tf.Tensor) => tf.Tensor)(x),
      ]) {
        expect(compute).toThrow(Kind);
        expect(compute).toThrow(message);
      }
    },
  );

  it("reads a getter of a mask once, and keeps what it returned", () => {
    const [x, t] = [tf.tensor2d(rows, [2, 3]), tf.tensor1d([0, 2], "int32")];
    const call = (options: object) => (input: tf.Tensor) =>
      crossEntropy(input, t, options) as tf.Scalar;
    const expected = tf
      .grad(call({ sampleWeight: [1, 0] }))(x)
      .dataSync();
    for (const data of [[true, false], Uint8Array.of(1, 0)]) {
      let calls = 0;
      class Mask {
        get data() {
          calls++;
          return data;
        }
        get shape() {
          return [2];
        }
      }
      expect(
        tf
          .grad(call({ sampleWeight: new Mask() }))(x)
          .dataSync(),
      ).toEqual(expected);
      expect(calls).toBe(1);
      const upstream = tf.tensor1d([1, 1]);
      const each = { sampleWeight: { data, shape: [2] }, reduction: "none" };
      const changed = (input: tf.Tensor) => {
        const losses = crossEntropy(input, t, each as object);
        // The gradient is computed later.
        data.fill(0 as never);
        return losses;
      };
      const gradient = tf
        .grad(changed as (x: tf.Tensor) => tf.Tensor)(x, upstream)
        .dataSync();
      expect(gradient.some((element) => element !== 0)).toBe(true);
    }
  });

  it("says which option has a getter that throws", () => {
    const [x, t] = [tf.tensor2d(rows, [2, 3]), tf.tensor1d([0, 2], "int32")];
    const gone = {
      get data(): number[] {
        throw new Error("gone");
      },
    };
    const call = (input: tf.Tensor) =>
      crossEntropy(input, t, { sampleWeight: gone } as object) as tf.Scalar;
    expect(() => tf.grad(call)(x)).toThrow(
      "crossEntropy: sampleWeight cannot be read, because one of its getters threw: gone",
    );
  });
});
