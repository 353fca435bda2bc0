import type { Answer, Problem } from "../problem.ts";
import { rowsOf } from "../problem.ts";
import { allocatedBytes, type Contestant, synchronousTask, type Task } from "./contestant.ts";

/** The loops that a competent user writes by hand. */
export async function open(): Promise<Contestant[]> {
  const version = process.versions.v8;
  const times = "the loops alone, output arrays given";
  return [{ name: "plain JavaScript loop", version, kind: "JavaScript", times, prepare }];
}

function prepare(problem: Problem): Task | undefined {
  const solve = solver(problem);
  if (solve === undefined) return undefined;
  return { ...synchronousTask(solve, (answer) => answer), memory: () => allocatedBytes(solve) };
}

function solver(problem: Problem): (() => Answer) | undefined {
  const { logits: x, targets, reduction } = problem;
  const { classes, inner, rows, startOf } = rowsOf(problem);
  const out = new Float32Array(x.length);
  const losses = new Float32Array(rows);

  /** Writes exp(x − max) to out and returns max and the sum. */
  const exponentials = (start: number) => {
    let max = Number.NEGATIVE_INFINITY;
    for (let j = 0, k = start; j < classes; j++, k += inner) if (x[k] > max) max = x[k];
    let sum = 0;
    for (let j = 0, k = start; j < classes; j++, k += inner) sum += out[k] = Math.exp(x[k] - max);
    return { max, sum };
  };

  const normalise = (start: number, sum: number) => {
    for (let j = 0, k = start; j < classes; j++, k += inner) out[k] /= sum;
  };

  const shiftAndSum = (start: number) => {
    let max = Number.NEGATIVE_INFINITY;
    for (let j = 0, k = start; j < classes; j++, k += inner) if (x[k] > max) max = x[k];
    let sum = 0;
    for (let j = 0, k = start; j < classes; j++, k += inner) sum += Math.exp(x[k] - max);
    return { max, logSum: Math.log(sum) };
  };

  const reduced = () => {
    if (reduction === "none") return losses;
    let total = 0;
    for (let r = 0; r < rows; r++) total += losses[r];
    return [total / rows];
  };

  const everyRow = (visit: (start: number, row: number) => void) => {
    for (let r = 0; r < rows; r++) visit(startOf(r), r);
  };

  switch (problem.operation) {
    case "softmax":
      return () => {
        everyRow((start) => normalise(start, exponentials(start).sum));
        return { values: out };
      };
    case "logSoftmax":
      return () => {
        everyRow((start) => {
          const { max, logSum } = shiftAndSum(start);
          for (let j = 0, k = start; j < classes; j++, k += inner) out[k] = x[k] - max - logSum;
        });
        return { values: out };
      };
    case "logOfSoftmax":
      return () => {
        everyRow((start) => normalise(start, exponentials(start).sum));
        for (let i = 0; i < out.length; i++) out[i] = Math.log(out[i]);
        return { values: out };
      };
    case "crossEntropy":
      return () => {
        everyRow((start, r) => {
          const { max, logSum } = shiftAndSum(start);
          losses[r] = logSum - (x[start + targets[r] * inner] - max);
        });
        return { values: reduced() };
      };
    case "crossEntropyGradient":
      return () => {
        everyRow((start, r) => {
          const { max, sum } = exponentials(start);
          const target = start + targets[r] * inner;
          losses[r] = Math.log(sum) - (x[target] - max);
          normalise(start, sum * rows);
          out[target] -= 1 / rows;
        });
        return { values: reduced(), gradient: out };
      };
    case "softmaxLogNll":
      return () => {
        everyRow((start, r) => {
          normalise(start, exponentials(start).sum);
          losses[r] = -Math.log(out[start + targets[r] * inner]);
        });
        return { values: reduced() };
      };
    case "gather":
      return () => {
        const picked = new Float32Array(rows);
        for (let r = 0; r < rows; r++) picked[r] = x[r * classes + targets[r]];
        return { values: picked };
      };
    case "diagonal":
      return () => {
        const gathered = new Float32Array(rows * rows);
        for (let r = 0; r < rows; r++) {
          for (let s = 0; s < rows; s++) gathered[r * rows + s] = x[r * classes + targets[s]];
        }
        const picked = new Float32Array(rows);
        for (let r = 0; r < rows; r++) picked[r] = gathered[r * rows + r];
        return { values: picked };
      };
    default:
      return undefined;
  }
}
