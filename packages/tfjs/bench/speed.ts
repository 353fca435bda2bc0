// Times TensorFlow.js's own loss with its gradient, and ours, in one run: `pnpm --filter @surprisal/tfjs bench`.
// Writes speed.json. The page "Train with TensorFlow.js" has its numbers, and a test compares them.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { kernels } from "@surprisal/core";
import { random } from "@surprisal/testing";
import { measure, timeCalls } from "@surprisal/testing/benchmark";
import "@tensorflow/tfjs-backend-cpu";
// Registers the gradients of the operations.
import "@tensorflow/tfjs-layers";
import { setThreadsCount } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { categoricalCrossentropy, crossEntropy } from "../src/index.ts";

const [rows, classes] = [128, 1000];
// A sample is a call: on a busy machine, most calls are then not interrupted.
const plan = { rounds: 61, warmUpMilliseconds: 300, sampleMilliseconds: 0.1 };

/** The losses that are timed, each a function of logits. */
function makeLosses(labels: tf.Tensor, oneHot: tf.Tensor) {
  const keras = categoricalCrossentropy({ fromLogits: true });
  return {
    "tf.losses.softmaxCrossEntropy": (x: tf.Tensor) => tf.losses.softmaxCrossEntropy(oneHot, x),
    "tf.logSoftmax, by hand": (x: tf.Tensor) =>
      tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(x), oneHot), -1))),
    "crossEntropy, class indices": (x: tf.Tensor) => crossEntropy(x, labels),
    "crossEntropy, one-hot rows": (x: tf.Tensor) => crossEntropy(x, oneHot),
    "categoricalCrossentropy, for model.compile": (x: tf.Tensor) => tf.mean(keras(oneHot, x)),
  };
}

/** Returns the median milliseconds of each loss with its gradient, on a backend. */
async function timeBackend(backend: string): Promise<Record<string, number>> {
  await tf.setBackend(backend);
  const { normal, below } = random(7);
  const x = tf.tensor2d(Float32Array.from({ length: rows * classes }, normal), [rows, classes]);
  const labels = tf.tensor1d(
    Int32Array.from({ length: rows }, () => below(classes)),
    "int32",
  );
  const oneHot = tf.cast(tf.oneHot(labels, classes), "float32");
  const losses = makeLosses(labels, oneHot);
  const timeables = Object.values(losses).map((loss) => {
    const compute = tf.valueAndGrad(loss);
    const call = () => {
      const { value, grad } = compute(x);
      value.dataSync();
      tf.dispose([value, grad]);
    };
    return { time: (iterations: number) => timeCalls(call, iterations) };
  });
  const times = await measure(timeables, plan);
  tf.dispose([x, labels, oneHot]);
  return Object.fromEntries(
    Object.keys(losses).map((name, i) => [name, Number((times[i].median / 1e6).toPrecision(3))]),
  );
}

tf.enableProdMode();
setThreadsCount(1);
const milliseconds: Record<string, Record<string, number>> = {};
for (const backend of ["wasm", "cpu"]) milliseconds[backend] = await timeBackend(backend);
const { version } = createRequire(import.meta.url)("@tensorflow/tfjs-core/package.json");
const record = {
  shape: [rows, classes],
  machine: `${cpus()[0].model}, ${cpus().length} cores`,
  node: process.version,
  tensorflow: version,
  kernels: kernels().active,
  milliseconds,
};
writeFileSync(new URL("speed.json", import.meta.url), `${JSON.stringify(record, null, 2)}\n`);
console.log(record);
for (const times of Object.values(milliseconds)) console.table(times);
