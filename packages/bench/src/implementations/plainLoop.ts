import {
  crossEntropyGradientLoop,
  crossEntropyLoop,
  diagonalLoop,
  gatherLoop,
  logSoftmaxLoop,
  meanLoop,
  smoothedCrossEntropyLoop,
  softmaxLogNllLoop,
  softmaxLoop,
} from "@surprisal/testing/benchmark";
import { type Answer, type Problem, settings } from "../problem.ts";
import { plainLoop } from "../sections.ts";
import {
  allocatedBytes,
  type Implementation,
  synchronousTask,
  type Task,
} from "./implementation.ts";

/** Opens the loops that a competent user writes by hand. */
export async function open(): Promise<Implementation[]> {
  const version = process.versions.v8;
  const overhead = "none: output arrays are provided";
  return [{ name: plainLoop, version, kind: "JavaScript", overhead, prepare }];
}

function prepare(problem: Problem): Task | undefined {
  const solve = solver(problem);
  if (solve === undefined) return undefined;
  return { ...synchronousTask(solve, (answer) => answer), memory: () => allocatedBytes(solve) };
}

function solver(problem: Problem): (() => Answer) | undefined {
  const out = new Float32Array(problem.logits.length);
  const losses = new Float32Array(problem.targets.length);
  const reduced = () => (problem.reduction === "mean" ? [meanLoop(losses)] : losses);

  switch (problem.operation) {
    case "softmax":
      return () => {
        softmaxLoop(problem, out);
        return { values: out };
      };
    case "logSoftmax":
      return () => {
        logSoftmaxLoop(problem, out);
        return { values: out };
      };
    case "logOfSoftmax":
      return () => {
        softmaxLoop(problem, out);
        for (let i = 0; i < out.length; i++) out[i] = Math.log(out[i]);
        return { values: out };
      };
    case "crossEntropy":
      return () => {
        crossEntropyLoop(problem, losses);
        return { values: reduced() };
      };
    case "crossEntropyGradient":
      return () => {
        crossEntropyGradientLoop(problem, losses, out);
        return { values: reduced(), gradient: out };
      };
    case "rowOfNumbers":
    case "rowOfFloats":
    case "rowOfTensor":
    case "rowWithAxis":
    case "rowWithWeight":
      return () => {
        crossEntropyLoop(problem, losses);
        return { values: reduced() };
      };
    case "rowOfNumbersGradient":
    case "rowOfFloatsGradient":
    case "rowOfTensorGradient":
    case "rowWithAxisGradient":
    case "rowWithWeightGradient":
      return () => {
        crossEntropyGradientLoop(problem, losses, out);
        return { values: reduced(), gradient: out };
      };
    case "rowWithSmoothing":
      return () => {
        smoothedCrossEntropyLoop(problem, settings.labelSmoothing, losses);
        return { values: reduced() };
      };
    case "rowWithSmoothingGradient":
      return () => {
        smoothedCrossEntropyLoop(problem, settings.labelSmoothing, losses, out);
        return { values: reduced(), gradient: out };
      };
    case "softmaxLogNll":
      return () => {
        softmaxLogNllLoop(problem, losses, out);
        return { values: reduced() };
      };
    // Like the libraries, both of these allocate their output: what they allocate is reported.
    case "gather":
      return () => {
        const values = new Float32Array(losses.length);
        gatherLoop(problem, values);
        return { values };
      };
    case "diagonal":
      return () => {
        const values = new Float32Array(losses.length);
        diagonalLoop(problem, values);
        return { values };
      };
    default:
      return undefined;
  }
}
