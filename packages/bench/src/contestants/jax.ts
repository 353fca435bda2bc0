import {
  defaultDevice,
  init,
  jit,
  type Array as NdArray,
  nn,
  numpy as np,
  valueAndGrad,
} from "@jax-js/jax";
import type { Problem } from "../problem.ts";
import { versionOf } from "../version.ts";
import { asynchronousTask, type Contestant, type Task } from "./contestant.ts";

/** jax-js, compiled by its `jit`. Every call takes its arguments' references, hence the `.ref`. */
export async function open(): Promise<Contestant[]> {
  await init("wasm");
  defaultDevice("wasm");
  return [
    {
      name: "jax-js",
      version: versionOf("@jax-js/jax"),
      kind: "JavaScript",
      times: "inputs already its arrays; allocation of the output, waiting until it is computed",
      prepare: taskOf,
    },
  ];
}

type Compiled = (x: NdArray, targets: NdArray) => NdArray[];

const compiled = new Map<string, Compiled>();

function taskOf(problem: Problem): Task | undefined {
  const { operation, shape, axis, reduction } = problem;
  const key = JSON.stringify([operation, shape, axis, reduction]);
  let solve = compiled.get(key);
  if (solve === undefined) {
    solve = program(problem);
    if (solve === undefined) return undefined;
    compiled.set(key, solve);
  }
  const run = solve;
  const x = np.array(problem.logits).reshape([...shape]);
  const targets = np.array(problem.targets).reshape(shape.with(axis, 1));
  return {
    ...asynchronousTask(
      () => Promise.all(run(x.ref, targets.ref).map((result) => result.blockUntilReady())),
      async (results) => {
        const [values, gradient] = await Promise.all(results.map((result) => result.ref.data()));
        return { values: values as Float32Array, gradient: gradient as Float32Array | undefined };
      },
      (results) => {
        for (const result of results) result.dispose();
      },
    ),
    release() {
      x.dispose();
      targets.dispose();
    },
  };
}

function program(problem: Problem): Compiled | undefined {
  const { shape, axis, reduction } = problem;

  const elementwise = (map: (x: NdArray) => NdArray): Compiled =>
    jit((x: NdArray, targets: NdArray) => {
      targets.dispose();
      return [map(x)];
    });

  type Pick = (logs: NdArray, targets: NdArray) => NdArray;
  const taken: Pick = (logs, targets) => np.squeeze(np.takeAlongAxis(logs, targets, axis), axis);
  // Its jit cannot differentiate takeAlongAxis.
  const masked: Pick = (logs, targets) => {
    const hot = nn.oneHot(np.squeeze(targets, axis), shape[axis]);
    return np.sum(np.where(np.moveaxis(hot, -1, axis).astype(np.bool), logs, 0), axis);
  };
  const loss = (logs: (x: NdArray) => NdArray, pick: Pick) => (x: NdArray, targets: NdArray) => {
    const losses = np.negative(pick(logs(x), targets));
    return reduction === "mean" ? np.mean(losses) : losses;
  };
  const lossOnly = (logs: (x: NdArray) => NdArray): Compiled => {
    const compute = loss(logs, taken);
    return jit((x: NdArray, targets: NdArray) => [compute(x, targets)]);
  };
  const withGradient = (logs: (x: NdArray) => NdArray): Compiled =>
    jit(valueAndGrad(loss(logs, masked))) as unknown as Compiled;

  const logSoftmax = (x: NdArray) => nn.logSoftmax(x, axis);
  const logOfSoftmax = (x: NdArray) => np.log(nn.softmax(x, axis));

  switch (problem.operation) {
    case "softmax":
      return elementwise((x) => nn.softmax(x, axis));
    case "logSoftmax":
      return elementwise(logSoftmax);
    case "logOfSoftmax":
      return elementwise(logOfSoftmax);
    case "crossEntropy":
      return lossOnly(logSoftmax);
    case "crossEntropyGradient":
      return withGradient(logSoftmax);
    case "softmaxLogNll":
      return lossOnly(logOfSoftmax);
    case "softmaxLogNllGradient":
      return withGradient(logOfSoftmax);
    default:
      return undefined;
  }
}
