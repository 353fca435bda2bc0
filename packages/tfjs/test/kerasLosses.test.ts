import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
import * as losses from "@surprisal/losses";
import * as tf from "@tensorflow/tfjs-core";
// It registers the gradients of the operations.
import { layers, metrics, sequential } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it } from "vitest";
import { categoricalCrossentropy, sparseCategoricalCrossentropy } from "../src/index.ts";
import { expectClose } from "./expectClose.ts";
import { indices, logits, oneHotRows } from "./kerasRows.ts";

describe.each(["cpu", "wasm"])("on the backend %s", (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
  });

  it("are Keras's losses: of indices and of one-hot rows", () => {
    const probabilities = tf.tensor2d([0.7, 0.2, 0.1, 0.1, 0.3, 0.6], [2, 3]);
    const oneHot = tf.tensor2d([1, 0, 0, 0, 0, 1], [2, 3]);
    const expected = [-Math.log(0.7), -Math.log(0.6)];
    expectClose(categoricalCrossentropy()(oneHot, probabilities), expected);
    const soft = tf.tensor2d([0.5, 0.5, 0, 0, 0, 1], [2, 3]);
    const softExpected = [-(Math.log(0.7) + Math.log(0.2)) / 2, -Math.log(0.6)];
    expectClose(categoricalCrossentropy()(soft, probabilities), softExpected);
    expectClose(sparseCategoricalCrossentropy()(tf.tensor1d([0, 2]), probabilities), expected);
    expectClose(
      sparseCategoricalCrossentropy()(tf.tensor2d([0, 2], [2, 1]), probabilities),
      expected,
    );
    const logits = tf.log(probabilities);
    expectClose(categoricalCrossentropy({ fromLogits: true })(oneHot, logits), expected);
    const smooth = categoricalCrossentropy({ fromLogits: true, labelSmoothing: 0.1 })(
      oneHot,
      logits,
    );
    const reference = losses.crossEntropy(
      [[0.7, 0.2, 0.1].map(Math.log), [0.1, 0.3, 0.6].map(Math.log)],
      [0, 2],
      {
        labelSmoothing: 0.1,
        reduction: "none",
      },
    );
    expectClose(smooth, reference as number[]);
  });

  describe("of rows whose sum is not 1", () => {
    // The first row has a quotient below 1e-7, the second one above 1 − 1e-7.
    const scores = () => tf.tensor2d([0.2, 3e-9, 0.1, 1e-9, 0, 9, 0.9, 0.8, 0.7], [3, 3]);
    const labels = () => tf.tensor1d([0, 2, 1], "int32");
    const gradientOf = (loss: (x: tf.Tensor) => tf.Tensor) => [
      ...tf.grad(loss)(scores()).dataSync(),
    ];

    function expectAsIn(ours: (x: tf.Tensor) => tf.Tensor, theirs: (x: tf.Tensor) => tf.Tensor) {
      expectClose(ours(scores()), [...theirs(scores()).dataSync()]);
      const expected = gradientOf(theirs);
      gradientOf(ours).forEach((slope, i) => {
        const error = Math.abs(slope - expected[i]);
        expect(error).toBeLessThan(1e-6 * (1 + Math.abs(expected[i])));
      });
    }

    it.each([
      ["one-hot rows", () => tf.cast(tf.oneHot(labels(), 3), "float32")],
      ["rows of probabilities", () => tf.tensor2d([0.5, 0.2, 0.3, 0, 0.1, 0.9, 1, 0, 0], [3, 3])],
    ])("have the value and the gradient that TensorFlow.js has for %s", (_, rows) => {
      expectAsIn(
        (x) => categoricalCrossentropy()(rows(), x),
        (x) => metrics.categoricalCrossentropy(rows(), x),
      );
    });

    it("have the value and the gradient of Keras for class indices", () => {
      // TensorFlow.js does the same, but exports it only as a string for model.compile.
      expectAsIn(
        (x) => sparseCategoricalCrossentropy()(labels(), x),
        (x) => {
          const clipped = tf.clipByValue(x, 1e-7, 1 - 1e-7);
          const rows = tf.cast(tf.oneHot(labels(), 3), "float32");
          return metrics.categoricalCrossentropy(rows, clipped);
        },
      );
    });

    it("are those of TensorFlow.js in model.evaluate", () => {
      const model = sequential({
        layers: [layers.activation({ activation: "linear", inputShape: [3] })],
      });
      model.compile({ optimizer: "sgd", loss: "sparseCategoricalCrossentropy" });
      const expected = model.evaluate(scores(), tf.cast(labels(), "float32")) as tf.Scalar;
      expectClose(tf.mean(sparseCategoricalCrossentropy()(labels(), scores())), [
        ...expected.dataSync(),
      ]);
    });
  });

  it.each(["float32", "int32"] as const)("take a row of zeros as %s, as Keras does", (dtype) => {
    const zeros = tf.tensor2d([1, 0, 0, 0, 0, 0], [2, 3], dtype);
    const [first] = categoricalCrossentropy({ fromLogits: true })(
      oneHotRows(),
      logits(),
    ).dataSync();
    expectClose(categoricalCrossentropy({ fromLogits: true })(zeros, logits()), [first, 0]);
    const probabilities = tf.softmax(logits());
    expectClose(categoricalCrossentropy()(zeros, probabilities), [first, 0]);
    // Keras spreads the share of label smoothing over all classes of such a row, too.
    const smooth = categoricalCrossentropy({ labelSmoothing: 0.3 })(zeros, probabilities);
    const logs = [...tf.log(probabilities).dataSync()];
    const spread = (row: number[]) => -0.1 * row.reduce((sum, log) => sum + log, 0);
    expectClose(smooth, [0.7 * first + spread(logs.slice(0, 3)), spread(logs.slice(3))]);
  });

  it.each(["float32", "int32", "bool"] as const)("take rows of several ones as %s", (dtype) => {
    const rows = tf.tensor2d([1, 1, 0, 0, 0, 1], [2, 3], dtype);
    const probabilities = tf.softmax(logits());
    const expected = metrics.categoricalCrossentropy(tf.cast(rows, "float32"), probabilities);
    expectClose(categoricalCrossentropy()(rows, probabilities), [...expected.dataSync()]);
  });

  it("need gradients of TensorFlow.js for probabilities, and none for logits", () => {
    const kernels = ["ClipByValue", "Identity", "Log", "RealDiv", "Reshape", "Sum"];
    const registered = kernels.map((kernel) => tf.getGradient(kernel));
    for (const kernel of kernels) tf.unregisterGradient(kernel);
    try {
      for (const [make, yTrue] of [
        [categoricalCrossentropy, oneHotRows()],
        [sparseCategoricalCrossentropy, indices()],
      ] as const) {
        const gradient = (fromLogits: boolean) =>
          tf.grad((x: tf.Tensor) => make({ fromLogits })(yTrue, x))(logits());
        expect(gradient(true).shape).toEqual([2, 3]);
        expect(() => gradient(false)).toThrow("gradient function not found for Log");
      }
    } finally {
      registered.forEach(tf.registerGradient);
    }
  });
});
