import "@tensorflow/tfjs-backend-cpu";
// Registers the gradients of the operations, which core alone does not.
import "@tensorflow/tfjs-layers";
import { setThreadsCount } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import type { Answer, Problem } from "../problem.ts";
import { rowsOf } from "../problem.ts";
import { versionOf } from "../version.ts";
import { type Contestant, synchronousTask, type Task } from "./contestant.ts";

const times =
  "inputs already tensors of the backend, labels already one-hot; allocation of the output, reading a loss; a transposition where classes are not last, which it does not support";

export async function open(): Promise<Contestant[]> {
  tf.enableProdMode();
  setThreadsCount(1);
  const version = versionOf("@tensorflow/tfjs-core");
  return ["cpu", "wasm"].map((backend) => ({
    name: `TensorFlow.js ${backend}`,
    version,
    kind: "JavaScript",
    times,
    prepare: (problem) => taskOf(problem, backend),
  }));
}

async function taskOf(problem: Problem, backend: string): Promise<Task | undefined> {
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
    <Arguments extends unknown[], Result>(act: (...rest: Arguments) => Result) =>
    async (...rest: Arguments): Promise<Awaited<Result>> => {
      if (tf.getBackend() !== backend) await tf.setBackend(backend);
      return await act(...rest);
    };
  return { time: onBackend(time), answer: onBackend(answer), memory: onBackend(bytes), release };

  function bytes() {
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
  const { classes, rows } = rowsOf(problem);
  const last = shape.length - 1;
  const order = shape.map((_, i) => i).toSpliced(axis, 1);
  const lastly = (t: tf.Tensor) => (axis === last ? t : tf.transpose(t, [...order, axis]));
  const backOrder = shape
    .map((_, i) => i)
    .slice(0, -1)
    .toSpliced(axis, 0, last);
  const back = (t: tf.Tensor) => (axis === last ? t : tf.transpose(t, backOrder));

  const elementwise = (map: (t: tf.Tensor) => tf.Tensor) => () => ({
    values: back(map(lastly(x))),
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
  const negativePicked = (logs: tf.Tensor, labels: tf.Tensor) =>
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
      lastly(t),
      undefined,
      0,
      reduction === "mean" ? tf.Reduction.MEAN : tf.Reduction.NONE,
    );
  const viaSoftmax = (labels: tf.Tensor) => (t: tf.Tensor) =>
    negativePicked(tf.log(tf.softmax(lastly(t))), labels);
  const viaLogSoftmax = (labels: tf.Tensor) => (t: tf.Tensor) =>
    negativePicked(tf.logSoftmax(lastly(t)), labels);

  const placesOf = (columnOf: (row: number) => number) => {
    const places = Array.from({ length: rows }, (_, row) => [row, columnOf(row)]);
    return keep(tf.tensor2d(places, [rows, 2], "int32"));
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
    // Not gather with batchDims, where the wasm backend reads out of bounds.
    case "gather": {
      const places = placesOf((row) => targets[row]);
      return () => ({ values: tf.gatherND(x, places) });
    }
    case "diagonal": {
      const indices = keep(tf.tensor1d(targets, "int32"));
      const places = placesOf((row) => row);
      return () => ({ values: tf.gatherND(tf.gather(x, indices, 1), places) });
    }
  }
}
