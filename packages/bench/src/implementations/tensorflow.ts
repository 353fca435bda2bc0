import "@tensorflow/tfjs-backend-cpu";
// Registers the gradients of the operations, which the core package does not.
import "@tensorflow/tfjs-layers";
import { setThreadsCount } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import {
  type Answer,
  isTooLargeForJavaScript,
  linearLayer,
  type Problem,
  settings,
  topCountOf,
} from "../problem.ts";
import { versionOf } from "../version.ts";
import { type Implementation, synchronousTask, type Task } from "./implementation.ts";

const overhead =
  "allocation of the output, reading a loss, a transposition if classes are not last, which it does not support; inputs are tensors of the backend, labels are one-hot";

export async function open(): Promise<Implementation[]> {
  tf.enableProdMode();
  setThreadsCount(1);
  const version = versionOf("@tensorflow/tfjs-core");
  return ["cpu", "wasm"].map((backend) => ({
    name: `TensorFlow.js ${backend}`,
    version,
    kind: "JavaScript",
    overhead,
    prepare: (problem) => prepareTask(problem, backend),
  }));
}

async function prepareTask(problem: Problem, backend: string): Promise<Task | undefined> {
  if (backend === "cpu" && isTooLargeForJavaScript(problem)) return undefined;
  await tf.setBackend(backend);
  const x = tf.tensor(problem.logits, [...problem.shape]);
  const inputs: tf.Tensor[] = [x];
  const keep = <T extends tf.Tensor>(tensor: T) => {
    inputs.push(tensor);
    return tensor;
  };
  const solve = solver(problem, x, keep);
  const release = () => tf.dispose(inputs);
  if (solve === undefined) {
    release();
    return undefined;
  }
  const { time, answer } = synchronousTask(() => tf.tidy(solve), read, tf.dispose);
  const onBackend =
    <Arguments extends unknown[], Result>(run: (...args: Arguments) => Result) =>
    async (...args: Arguments): Promise<Awaited<Result>> => {
      if (tf.getBackend() !== backend) await tf.setBackend(backend);
      return await run(...args);
    };
  return {
    time: onBackend(time),
    answer: onBackend(answer),
    memory: onBackend(allocated),
    release,
  };

  function allocated() {
    return tf.tidy(() => {
      const before = tf.memory().numBytes;
      solve?.();
      return tf.memory().numBytes - before;
    });
  }
}

type Result = { values: tf.Tensor; gradient?: tf.Tensor; loss?: number };

function read({ values, gradient }: Result): Answer {
  return { values: values.dataSync(), gradient: gradient?.dataSync() };
}

function solver(
  problem: Problem,
  x: tf.Tensor,
  keep: <T extends tf.Tensor>(tensor: T) => T,
): (() => Result) | undefined {
  const { shape, axis, targets, reduction } = problem;
  const { classes } = problem;
  const rows = targets.length;
  const last = shape.length - 1;
  const otherAxes = shape.map((_, i) => i).toSpliced(axis, 1);
  const classesLast = (t: tf.Tensor) => (axis === last ? t : tf.transpose(t, [...otherAxes, axis]));
  const inverseOrder = shape
    .map((_, i) => i)
    .slice(0, -1)
    .toSpliced(axis, 0, last);
  const restoreAxes = (t: tf.Tensor) => (axis === last ? t : tf.transpose(t, inverseOrder));

  const elementwise = (map: (t: tf.Tensor) => tf.Tensor) => () => ({
    values: restoreAxes(map(classesLast(x))),
  });

  const oneHot = () => {
    const ones = new Float32Array(rows * classes);
    targets.forEach((target, row) => {
      ones[row * classes + target] = 1;
    });
    return keep(tf.tensor(ones, lastShape()));
  };
  const lastShape = () => [...shape.toSpliced(axis, 1), classes];

  const reduce = (losses: tf.Tensor) => (reduction === "mean" ? tf.mean(losses) : losses);
  const nll = (logs: tf.Tensor, labels: tf.Tensor) =>
    reduce(tf.neg(tf.sum(tf.mul(logs, labels), -1)));

  const lossOnly = (loss: (t: tf.Tensor) => tf.Tensor) => () => {
    const values = loss(x);
    return { values, loss: reduction === "mean" ? values.dataSync()[0] : undefined };
  };
  const withGradient = (loss: (t: tf.Tensor) => tf.Tensor) => {
    const valueAndGrad = tf.valueAndGrad(loss);
    return () => {
      const { value, grad } = valueAndGrad(x);
      return { values: value, gradient: grad, loss: value.dataSync()[0] };
    };
  };

  const fused = (labels: tf.Tensor) => (t: tf.Tensor) =>
    tf.losses.softmaxCrossEntropy(
      labels,
      classesLast(t),
      undefined,
      0,
      reduction === "mean" ? tf.Reduction.MEAN : tf.Reduction.NONE,
    );
  const viaSoftmax = (labels: tf.Tensor) => (t: tf.Tensor) =>
    nll(tf.log(tf.softmax(classesLast(t))), labels);
  const viaLogSoftmax = (labels: tf.Tensor) => (t: tf.Tensor) =>
    nll(tf.logSoftmax(classesLast(t)), labels);

  const indicesOf = (columnOf: (row: number) => number) => {
    const indices = Array.from({ length: rows }, (_, row) => [row, columnOf(row)]);
    return keep(tf.tensor2d(indices, [rows, 2], "int32"));
  };

  switch (problem.operation) {
    case "softmax":
      return elementwise((t) => tf.softmax(t));
    case "logSoftmax":
      return elementwise((t) => tf.logSoftmax(t));
    case "logOfSoftmax":
      return elementwise((t) => tf.log(tf.softmax(t)));
    case "crossEntropy":
      return lossOnly(fused(oneHot()));
    case "softmaxLogNll":
      return lossOnly(viaSoftmax(oneHot()));
    case "logSoftmaxNll":
      return lossOnly(viaLogSoftmax(oneHot()));
    case "crossEntropyGradient":
      return withGradient(fused(oneHot()));
    case "softmaxLogNllGradient":
      return withGradient(viaSoftmax(oneHot()));
    case "logSoftmaxNllGradient":
      return withGradient(viaLogSoftmax(oneHot()));
    // With gather and batchDims the wasm backend would read out of bounds.
    case "gather": {
      const indices = indicesOf((row) => targets[row]);
      return () => ({ values: tf.gatherND(x, indices) });
    }
    case "tokenLogProbs": {
      const indices = indicesOf((row) => targets[row]);
      return () => ({ values: tf.gatherND(tf.logSoftmax(x), indices) });
    }
    case "topLogProbs": {
      const count = topCountOf(problem);
      return () => ({ values: tf.topk(tf.logSoftmax(x), count).values });
    }
    case "linearCrossEntropy":
    case "linearCrossEntropyGradient": {
      const layer = linearLayer(problem);
      const hidden = keep(tf.tensor2d(layer.hidden, [rows, settings.hiddenSize]));
      const weight = keep(tf.tensor2d(layer.weight, [classes, settings.hiddenSize]));
      const ofLogits = fused(oneHot());
      const loss = (h: tf.Tensor, w: tf.Tensor) => ofLogits(tf.matMul(h, w, false, true));
      if (problem.operation === "linearCrossEntropy") {
        return () => {
          const values = loss(hidden, weight);
          return { values, loss: values.dataSync()[0] };
        };
      }
      const valueAndGrads = tf.valueAndGrads(loss as (...args: tf.Tensor[]) => tf.Tensor);
      return () => {
        const { value, grads } = valueAndGrads([hidden, weight]);
        return { values: value, gradient: grads[0], loss: value.dataSync()[0] };
      };
    }
    case "diagonal": {
      const columns = keep(tf.tensor1d(targets, "int32"));
      const diagonal = indicesOf((row) => row);
      return () => ({ values: tf.gatherND(tf.gather(x, columns, 1), diagonal) });
    }
  }
}
