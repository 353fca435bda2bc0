import * as core from "@surprisal/core";
import { type KernelName, kernels, type Tensor, useKernels } from "@surprisal/core";
import { crossEntropy, nllLoss } from "@surprisal/losses";
import type { Answer, Problem } from "../problem.ts";
import { versionOf } from "../version.ts";
import {
  allocatedBytes,
  type Implementation,
  synchronousTask,
  type Task,
} from "./implementation.ts";

type Floats = Tensor<Float32Array>;

/** How the tensors of a task are stored. */
interface Storage {
  readonly name: string;
  /** The copies that a call includes. */
  readonly copies: string;
  tensor(shape: readonly number[]): Floats;
  release(): void;
}

const plain: Storage = {
  name: "",
  copies: "typed arrays copied into the kernels' memory and back",
  tensor: (shape) => core.tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape),
  release() {},
};

const allocated: Storage = {
  name: ", allocated",
  copies: "tensors of `allocate`, no copy",
  tensor: core.allocate,
  release: core.release,
};

/** Opens each set of kernels, with plain typed arrays and with tensors in the kernels' memory. */
export async function open(): Promise<Implementation[]> {
  const version = versionOf("@surprisal/core");
  return kernels().available.flatMap((kernelName) =>
    (kernelName === "js" ? [plain] : [plain, allocated]).map((storage): Implementation => {
      const prepare = (problem: Problem) => prepareTask(problem, kernelName, storage);
      const name = `Surprisal ${kernelName}${storage.name}`;
      const copies = kernelName === "js" ? "typed arrays, no copy" : storage.copies;
      return { name, version, kind: "ours", overhead: `${copies}; \`out\` provided`, prepare };
    }),
  );
}

function prepareTask(problem: Problem, kernelName: KernelName, storage: Storage): Task | undefined {
  useKernels(kernelName);
  const solve = solver(problem, () => storage.tensor(problem.shape));
  if (solve === undefined) return undefined;
  const { time, answer } = synchronousTask(solve, (result) => result);
  const withKernels =
    <Arguments extends unknown[], Result>(run: (...args: Arguments) => Result) =>
    (...args: Arguments) => {
      useKernels(kernelName);
      return run(...args);
    };
  return {
    time: withKernels(time),
    answer: withKernels(answer),
    memory: withKernels(() => allocatedBytes(solve)),
    release: withKernels(storage.release),
  };
}

function solver(problem: Problem, makeTensor: () => Floats): (() => Answer) | undefined {
  const { shape, axis, reduction } = problem;
  const rows = problem.targets.length;
  const x = makeTensor();
  x.data.set(problem.logits);
  // Written as users do: the labels of a plain batch are an array, and defaults are left out.
  const isBatch = shape.length === 2;
  const targets = isBatch
    ? problem.targets
    : { data: problem.targets, shape: shape.toSpliced(axis, 1) };
  const axisOption = isBatch ? {} : { axis };
  const lossOptions = reduction === "mean" ? axisOption : { ...axisOption, reduction };
  const toAnswer = (loss: number | Tensor, gradient?: Floats): Answer => ({
    values: typeof loss === "number" ? [loss] : loss.data,
    gradient: gradient?.data,
  });

  switch (problem.operation) {
    case "softmax":
    case "logSoftmax": {
      const operation = problem.operation === "softmax" ? core.softmax : core.logSoftmax;
      const out = makeTensor();
      const options = { ...axisOption, out };
      return () => ({ values: operation(x, options).data });
    }
    case "logOfSoftmax": {
      const out = makeTensor();
      return () => {
        core.softmax(x, { ...axisOption, out });
        storeLog(out, out);
        return { values: out.data };
      };
    }
    case "crossEntropy": {
      const options = isBatch && reduction === "mean" ? undefined : lossOptions;
      return () => toAnswer(crossEntropy(x, targets, options));
    }
    case "crossEntropyGradient": {
      const out = makeTensor();
      const options = { ...lossOptions, out };
      return () => toAnswer(crossEntropy.valueAndGrad(x, targets, options).value, out);
    }
    case "softmaxLogNll": {
      const logs = makeTensor();
      return () => {
        core.softmax(x, { ...axisOption, out: logs });
        storeLog(logs, logs);
        return toAnswer(nllLoss(logs, targets, lossOptions));
      };
    }
    case "logSoftmaxNll": {
      const logs = makeTensor();
      return () => {
        core.logSoftmax(x, { ...axisOption, out: logs });
        return toAnswer(nllLoss(logs, targets, lossOptions));
      };
    }
    case "softmaxLogNllGradient": {
      const [p, logs, out] = [makeTensor(), makeTensor(), makeTensor()];
      return () => {
        core.softmax(x, { ...axisOption, out: p });
        storeLog(p, logs);
        const { value } = nllLoss.valueAndGrad(logs, targets, { ...lossOptions, out });
        for (let i = 0; i < out.data.length; i++) out.data[i] /= p.data[i];
        core.softmaxBackward(out, p, { ...axisOption, out });
        return toAnswer(value, out);
      };
    }
    case "logSoftmaxNllGradient": {
      const [logs, out] = [makeTensor(), makeTensor()];
      return () => {
        core.logSoftmax(x, { ...axisOption, out: logs });
        const { value } = nllLoss.valueAndGrad(logs, targets, { ...lossOptions, out });
        core.logSoftmaxBackward(out, logs, { ...axisOption, out });
        return toAnswer(value, out);
      };
    }
    case "gather": {
      const values = new Float32Array(rows);
      return () => {
        const { data } = nllLoss(x, targets, { reduction: "none" }) as Tensor;
        for (let r = 0; r < rows; r++) values[r] = -data[r];
        return { values };
      };
    }
    case "diagonal":
      return undefined;
  }
}

function storeLog(x: Floats, out: Floats): void {
  for (let i = 0; i < out.data.length; i++) out.data[i] = Math.log(x.data[i]);
}
