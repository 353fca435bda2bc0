import * as core from "@surprisal/core";
import { type KernelName, kernels, type Tensor, useKernels } from "@surprisal/core";
import { crossEntropy, nllLoss } from "@surprisal/losses";
import type { Answer, Problem } from "../problem.ts";
import { rowsOf } from "../problem.ts";
import { versionOf } from "../version.ts";
import { allocatedBytes, type Contestant, synchronousTask, type Task } from "./contestant.ts";

type Floats = Tensor<Float32Array>;

/** Where the tensors of a task lie. */
interface Memory {
  readonly name: string;
  readonly copies: string;
  tensor(shape: readonly number[]): Floats;
  release(): void;
}

const plain: Memory = {
  name: "",
  copies: "typed arrays copied into the kernels' memory and back",
  tensor: (shape) => core.tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape),
  release() {},
};

const allocated: Memory = {
  name: ", allocated",
  copies: "tensors of `allocate`, no copy",
  tensor: core.allocate,
  release: core.release,
};

/** Each level of kernels, on plain typed arrays and on tensors in the kernels' memory. */
export async function open(): Promise<Contestant[]> {
  const version = versionOf("@surprisal/core");
  return kernels().available.flatMap((level) =>
    (level === "js" ? [plain] : [plain, allocated]).map((memory): Contestant => {
      const prepare = (problem: Problem) => taskOf(problem, level, memory);
      const name = `Surprisal ${level}${memory.name}`;
      const copies = level === "js" ? "typed arrays, no copy" : memory.copies;
      return { name, version, kind: "ours", times: `${copies}; \`out\` given`, prepare };
    }),
  );
}

function taskOf(problem: Problem, level: KernelName, memory: Memory): Task | undefined {
  useKernels(level);
  const solve = solver(problem, () => memory.tensor(problem.shape));
  if (solve === undefined) return undefined;
  const { time, answer } = synchronousTask(solve, (result) => result);
  const withLevel =
    <Arguments extends unknown[], Result>(act: (...rest: Arguments) => Result) =>
    (...rest: Arguments) => {
      useKernels(level);
      return act(...rest);
    };
  return {
    time: withLevel(time),
    answer: withLevel(answer),
    memory: withLevel(() => allocatedBytes(solve)),
    release: withLevel(memory.release),
  };
}

function solver(problem: Problem, tensorOf: () => Floats): (() => Answer) | undefined {
  const { shape, axis, reduction } = problem;
  const { rows } = rowsOf(problem);
  const x = tensorOf();
  x.data.set(problem.logits);
  // As a user writes it: labels of a plain batch are an array, and defaults are not repeated.
  const isBatch = shape.length === 2;
  const targets = isBatch
    ? problem.targets
    : { data: problem.targets, shape: shape.toSpliced(axis, 1) };
  const along = isBatch ? {} : { axis };
  const reduced = reduction === "mean" ? along : { ...along, reduction };
  const asAnswer = (loss: number | Tensor, gradient?: Floats): Answer => ({
    values: typeof loss === "number" ? [loss] : loss.data,
    gradient: gradient?.data,
  });

  switch (problem.operation) {
    case "softmax":
    case "logSoftmax": {
      const operation = problem.operation === "softmax" ? core.softmax : core.logSoftmax;
      const out = tensorOf();
      const options = { ...along, out };
      return () => ({ values: operation(x, options).data });
    }
    case "logOfSoftmax": {
      const out = tensorOf();
      return () => {
        core.softmax(x, { ...along, out });
        logarithms(out, out);
        return { values: out.data };
      };
    }
    case "crossEntropy": {
      const options = isBatch && reduction === "mean" ? undefined : reduced;
      return () => asAnswer(crossEntropy(x, targets, options));
    }
    case "crossEntropyGradient": {
      const out = tensorOf();
      const options = { ...reduced, out };
      return () => asAnswer(crossEntropy.valueAndGrad(x, targets, options).value, out);
    }
    case "softmaxLogNll": {
      const logs = tensorOf();
      return () => {
        core.softmax(x, { ...along, out: logs });
        logarithms(logs, logs);
        return asAnswer(nllLoss(logs, targets, reduced));
      };
    }
    case "logSoftmaxNll": {
      const logs = tensorOf();
      return () => {
        core.logSoftmax(x, { ...along, out: logs });
        return asAnswer(nllLoss(logs, targets, reduced));
      };
    }
    case "softmaxLogNllGradient": {
      const [p, logs, out] = [tensorOf(), tensorOf(), tensorOf()];
      return () => {
        core.softmax(x, { ...along, out: p });
        logarithms(p, logs);
        const { value } = nllLoss.valueAndGrad(logs, targets, { ...reduced, out });
        for (let i = 0; i < out.data.length; i++) out.data[i] /= p.data[i];
        core.softmaxBackward(out, p, { ...along, out });
        return asAnswer(value, out);
      };
    }
    case "logSoftmaxNllGradient": {
      const [logs, out] = [tensorOf(), tensorOf()];
      return () => {
        core.logSoftmax(x, { ...along, out: logs });
        const { value } = nllLoss.valueAndGrad(logs, targets, { ...reduced, out });
        core.logSoftmaxBackward(out, logs, { ...along, out });
        return asAnswer(value, out);
      };
    }
    case "gather": {
      const losses = new Float32Array(rows);
      return () => {
        const { data } = nllLoss(x, targets, { reduction: "none" }) as Tensor;
        for (let r = 0; r < rows; r++) losses[r] = -data[r];
        return { values: losses };
      };
    }
    case "diagonal":
      return undefined;
  }
}

function logarithms(from: Floats, to: Floats): void {
  for (let i = 0; i < to.data.length; i++) to.data[i] = Math.log(from.data[i]);
}
