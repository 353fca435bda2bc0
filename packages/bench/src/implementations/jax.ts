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
import { asynchronousTask, type Implementation, type Task } from "./implementation.ts";

/** Opens jax-js, compiled by its `jit`. A call consumes its arguments, hence each `.ref`. */
export async function open(): Promise<Implementation[]> {
  await init("wasm");
  defaultDevice("wasm");
  return [
    {
      name: "jax-js",
      version: versionOf("@jax-js/jax"),
      kind: "JavaScript",
      overhead: "allocation of the output, waiting until it is computed; inputs are its arrays",
      prepare: prepareTask,
    },
  ];
}

type Compiled = (x: NdArray, targets: NdArray) => NdArray[];

const cache = new Map<string, Compiled>();

function prepareTask(problem: Problem): Task | undefined {
  const { operation, shape, axis, reduction } = problem;
  const key = JSON.stringify([operation, shape, axis, reduction]);
  let solve = cache.get(key);
  if (solve === undefined) {
    solve = compile(problem);
    if (solve === undefined) return undefined;
    cache.set(key, solve);
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

function compile(problem: Problem): Compiled | undefined {
  const { shape, axis, reduction } = problem;

  const elementwise = (map: (x: NdArray) => NdArray): Compiled =>
    jit((x: NdArray, targets: NdArray) => {
      targets.dispose();
      return [map(x)];
    });

  type SelectTargets = (logs: NdArray, targets: NdArray) => NdArray;
  const gatherTargets: SelectTargets = (logs, targets) =>
    np.squeeze(np.takeAlongAxis(logs, targets, axis), axis);
  // `jit` cannot differentiate takeAlongAxis.
  const maskTargets: SelectTargets = (logs, targets) => {
    const oneHot = nn.oneHot(np.squeeze(targets, axis), shape[axis]);
    return np.sum(np.where(np.moveaxis(oneHot, -1, axis).astype(np.bool), logs, 0), axis);
  };
  const loss =
    (logs: (x: NdArray) => NdArray, select: SelectTargets) => (x: NdArray, targets: NdArray) => {
      const losses = np.negative(select(logs(x), targets));
      return reduction === "mean" ? np.mean(losses) : losses;
    };
  const lossOnly = (logs: (x: NdArray) => NdArray): Compiled => {
    const compute = loss(logs, gatherTargets);
    return jit((x: NdArray, targets: NdArray) => [compute(x, targets)]);
  };
  const withGradient = (logs: (x: NdArray) => NdArray): Compiled =>
    jit(valueAndGrad(loss(logs, maskTargets))) as unknown as Compiled;

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
