import "@tensorflow/tfjs-backend-cpu";
import { crossEntropy } from "@surprisal/losses";
import { random } from "@surprisal/testing";
import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import { categoricalCrossentropy, sparseCategoricalCrossentropy } from "../src/index.ts";

const [samples, features, classes, epochs, rate] = [40, 4, 3, 60, 0.5];
const { normal, below } = random(7);
const labels = Array.from({ length: samples }, () => below(classes));
const data = labels.map((label) =>
  Array.from({ length: features }, (_, j) => normal() + (j === label ? 4 : 0)),
);

/** Trains softmax regression by gradient descent in float64. */
function trainReference(): { weights: number[][]; bias: number[] } {
  const weights = Array.from({ length: features }, () => new Array<number>(classes).fill(0));
  const bias = new Array<number>(classes).fill(0);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const logits = data.map((row) =>
      bias.map((b, k) => row.reduce((sum, x, j) => sum + x * weights[j][k], b)),
    );
    const { grad } = crossEntropy.valueAndGrad(logits, labels);
    data.forEach((row, i) => {
      grad[i].forEach((slope, k) => {
        bias[k] -= rate * slope;
        row.forEach((x, j) => {
          weights[j][k] -= rate * slope * x;
        });
      });
    });
  }
  return { weights, bias };
}

function makeModel() {
  const dense = layers.layers.dense({
    units: classes,
    inputShape: [features],
    kernelInitializer: "zeros",
    biasInitializer: "zeros",
  });
  return layers.sequential({ layers: [dense] });
}

function expectReference(model: layers.Sequential) {
  const { weights, bias } = trainReference();
  const trained = model.getWeights().flatMap((tensor) => [...tensor.dataSync()]);
  [...weights.flat(), ...bias].forEach((expected, i) => {
    expect(Math.abs(trained[i] - expected)).toBeLessThan(1e-5);
  });
}

it("model.compile trains to the weights of a float64 reference", async () => {
  await tf.setBackend("cpu");
  const model = makeModel();
  const loss = categoricalCrossentropy({ fromLogits: true });
  model.compile({ optimizer: tf.train.sgd(rate), loss });
  const y = tf.oneHot(tf.tensor1d(labels, "int32"), classes);
  const options = { epochs, batchSize: samples, shuffle: false, verbose: 0 } as const;
  await model.fit(tf.tensor2d(data), y, options);
  expectReference(model);
});

it("a training loop with class indices does the same", async () => {
  await tf.setBackend("cpu");
  const model = makeModel();
  const loss = sparseCategoricalCrossentropy({ fromLogits: true });
  const optimizer = tf.train.sgd(rate);
  const [x, y] = [tf.tensor2d(data), tf.tensor1d(labels, "int32")];
  for (let epoch = 0; epoch < epochs; epoch++) {
    optimizer.minimize(() => tf.mean(loss(y, model.predict(x) as tf.Tensor)));
  }
  expectReference(model);
});
