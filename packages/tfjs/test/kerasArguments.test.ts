import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
// Registers the gradients of the operations.
import "@tensorflow/tfjs-layers";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { categoricalCrossentropy, sparseCategoricalCrossentropy } from "../src/index.ts";
import { indices, logits, oneHotRows } from "./kerasRows.ts";

describe.each(["cpu", "wasm"])("on the backend %s", (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
  });

  it("refuses options of Keras's losses that are unknown or out of range", () => {
    for (const make of [categoricalCrossentropy, sparseCategoricalCrossentropy] as const) {
      const { name } = make;
      expect(() => make({ fromlogits: true } as never)).toThrow(
        `${name}: unknown option "fromlogits", it is called "fromLogits" here.`,
      );
      expect(() => make({ labelSmoothing: 2 })).toThrow(
        `${name}: labelSmoothing must be a number from 0 to 1, got 2.`,
      );
      expect(() => make(null as never)).toThrow(
        `${name}: options must be a plain object, got null.`,
      );
    }
  });

  const [categorical, sparse] = ["categoricalCrossentropy", "sparseCategoricalCrossentropy"];

  it.each([
    [[2, 4], "Write tf.oneHot(labels, 3)."],
    [[2, 2], "Write tf.oneHot(labels, 3)."],
    [[3, 3], "Write tf.oneHot(labels, 3)."],
    [[2], "For class indices, write sparseCategoricalCrossentropy."],
    [[2, 1], "For class indices, write sparseCategoricalCrossentropy."],
  ])("refuse rows of shape %j for predictions of [2, 3]", (shape, advice) => {
    const [count, classes = 1] = shape;
    const ones = Float32Array.from({ length: count * classes }, (_, i) =>
      Number(i % classes === 0),
    );
    const rows = tf.tensor(ones, shape);
    for (const fromLogits of [true, false]) {
      const call = () => categoricalCrossentropy({ fromLogits })(rows, logits());
      expect(call).toThrow(RangeError);
      expect(call).toThrow(
        `${categorical}: yTrue must have the shape of yPred, [2, 3], got [${shape.join(", ")}]. ${advice}`,
      );
    }
  });

  it.each([
    [[2, 3], " For one-hot rows, write categoricalCrossentropy."],
    [[3], ""],
    [[1, 2], ""],
    [[2, 1, 1], ""],
  ])("refuse class indices of shape %j for predictions of [2, 3]", (shape, advice) => {
    const call = () => sparseCategoricalCrossentropy()(tf.zeros(shape), logits());
    expect(call).toThrow(RangeError);
    expect(call).toThrow(
      `${sparse}: yTrue must hold class indices, of shape [2] or [2, 1] for yPred of shape [2, 3], got [${shape.join(", ")}].${advice}`,
    );
  });

  it.each([categoricalCrossentropy, sparseCategoricalCrossentropy])(
    "%o says that it makes a loss, if it gets tensors",
    (make) => {
      const call = make as unknown as (yTrue: tf.Tensor, yPred: tf.Tensor) => unknown;
      expect(() => call(oneHotRows(), logits())).toThrow(TypeError);
      expect(() => call(oneHotRows(), logits())).toThrow(
        `${make.name}: options must be an object, got a tensor. This function makes a loss: write ${make.name}({ fromLogits: true })(yTrue, yPred),`,
      );
    },
  );

  it.each<[string, () => unknown, () => unknown, string]>([
    [
      "a missing yTrue",
      () => undefined,
      logits,
      "yTrue must be a tensor of TensorFlow.js, got undefined. Write NAME(options)(yTrue, yPred).",
    ],
    [
      "a missing yPred",
      indices,
      () => undefined,
      "yPred must be a tensor of TensorFlow.js, got undefined. Write NAME(options)(yTrue, yPred).",
    ],
    [
      "arrays",
      () => [0, 2],
      () => [[1, 2]],
      "yTrue must be a tensor of TensorFlow.js, got Array(2). Write tf.tensor(yTrue).",
    ],
    [
      "integers as predictions",
      indices,
      () => tf.oneHot(indices(), 3),
      'yPred, the second argument, must be float32, got int32. Write tf.cast(yPred, "float32").',
    ],
    [
      "predictions without an axis",
      indices,
      () => tf.scalar(1),
      "yPred must have a class axis, got the shape [].",
    ],
    [
      "a tensor that has been disposed of",
      () => {
        const gone = indices();
        gone.dispose();
        return gone;
      },
      logits,
      "yTrue must be a tensor with values, got one that has been disposed of.",
    ],
  ])("refuse %s", (_, yTrue, yPred, message) => {
    for (const make of [categoricalCrossentropy, sparseCategoricalCrossentropy]) {
      const call = () => make()(yTrue() as tf.Tensor, yPred() as tf.Tensor);
      expect(call).toThrow(`${make.name}: ${message.replace("NAME", make.name)}`);
    }
  });

  it("name themselves and their arguments in the errors of values, with and without a tape", () => {
    const expectError = (loss: (x: tf.Tensor) => tf.Tensor, message: string) => {
      expect(() => loss(logits())).toThrow(RangeError);
      expect(() => loss(logits())).toThrow(message);
      expect(() => tf.grad(loss)(logits())).toThrow(message);
    };
    for (const fromLogits of [true, false]) {
      expectError(
        (x) => sparseCategoricalCrossentropy({ fromLogits })(tf.tensor1d([0, 3], "int32"), x),
        `${sparse}: yTrue 3 at row 1 is out of bounds for 3 classes.`,
      );
      expectError(
        (x) => categoricalCrossentropy({ fromLogits })(tf.tensor2d([-1, 2, 0, 0, 0, 1], [2, 3]), x),
        `${categorical}: yTrue must hold class probabilities, finite and at least 0, got -1 at row 0, class 0.`,
      );
      expectError(
        (x) => categoricalCrossentropy({ fromLogits })(tf.tensor2d([3, 2, 0, 0, 0, 1], [2, 3]), x),
        `${categorical}: yTrue has yPred's shape [2, 3], so it must hold class probabilities, but it holds whole numbers such as 3. sparseCategoricalCrossentropy takes class indices, of shape [2].`,
      );
    }
  });

  it("name themselves in the error of a gradient of a gradient", () => {
    for (const [make, yTrue] of [
      [categoricalCrossentropy, oneHotRows()],
      [sparseCategoricalCrossentropy, indices()],
    ] as const) {
      const loss = make({ fromLogits: true });
      const gradient = tf.grad((x: tf.Tensor) => loss(yTrue, x));
      const penalty = (x: tf.Tensor) => tf.sum(tf.square(gradient(x)));
      expect(() => tf.grad(penalty)(logits())).toThrow(
        `${make.name}: its gradient can be differentiated`,
      );
    }
  });

  it("point to the loss of one logit for each example", () => {
    const column = tf.tensor2d([1, 0], [2, 1]);
    expect(() => categoricalCrossentropy()(column, column)).toThrow(
      /^categoricalCrossentropy: yTrue has yPred's shape \[2, 1\].* use binaryCrossEntropyWithLogits\.$/,
    );
  });

  it("say which argument comes first, if the two seem to be swapped", () => {
    expect(() =>
      categoricalCrossentropy({ fromLogits: true })(tf.neg(logits()), oneHotRows()),
    ).toThrow("yTrue and yPred seem to be swapped: yTrue is the first argument.");
  });
});
