import { openOutput, runningSum } from "@surprisal/core/authoring";
import type { Reduction } from "./options.ts";
import { memoryOf, type Problem, type Take } from "./preparedLoss.ts";

/** What becomes of the losses. */
export interface Value {
  readonly take: Take;
  finish(): unknown;
}

/** Checks where the value goes, before anything is computed. */
export function openValue(
  where: string,
  problem: Problem,
  reduction: Reduction,
  out: unknown,
): Value {
  return reduction === "none"
    ? openLosses(where, problem, out)
    : openReduced(where, problem, reduction, out);
}

function openLosses(where: string, problem: Problem, out: unknown): Value {
  const { shape, inputs } = problem;
  if (shape.length === 0 && out === undefined) return openNumber();
  const output = openOutput(where, out, shape, inputs[0].view, memoryOf(problem));
  return {
    take(first, count, losses) {
      for (let i = 0; i < count; i++) output.data[first + i] = losses[i];
    },
    finish: output.finish,
  };
}

/** One loss is a plain number: not rounded to the input's element type. */
function openNumber(): Value {
  let value = Number.NaN;
  return {
    take(_, __, losses) {
      value = losses[0];
    },
    finish: () => value,
  };
}

function openReduced(where: string, problem: Problem, reduction: Reduction, out: unknown): Value {
  const sum = runningSum();
  const reduced = () => {
    const divisor = divisorOf(problem, reduction);
    return divisor === 0 ? problem.nothing : sum.value() / divisor;
  };
  if (out === undefined)
    return { take: (_, count, losses) => sum.add(losses, count), finish: reduced };
  const [{ view }] = problem.inputs;
  const output = openOutput(where, out, [], view, memoryOf(problem));
  return {
    take: (_, count, losses) => sum.add(losses, count),
    finish() {
      output.data[0] = reduced();
      return output.finish();
    },
  };
}

/** What the sum of the losses is divided by. */
export function divisorOf({ divisor, shape }: Problem, reduction: Reduction): number {
  if (reduction === "mean") return divisor;
  return reduction === "batchmean" ? (shape[0] ?? 1) : 1;
}
