import { compensatedSum, openOutput } from "@surprisal/core/authoring";
import type { Reduction } from "./options.ts";
import { memoryOf, type PreparedLoss, type StoreLosses } from "./preparedLoss.ts";

/** What becomes of the losses. */
export interface ReducedValue {
  readonly storeLosses: StoreLosses;
  finish(): unknown;
}

/** Checks where the value goes, before anything is computed. */
export function openValue(
  functionName: string,
  prepared: PreparedLoss,
  reduction: Reduction,
  out: unknown,
): ReducedValue {
  return reduction === "none"
    ? openLosses(functionName, prepared, out)
    : openReduced(functionName, prepared, reduction, out);
}

function openLosses(functionName: string, prepared: PreparedLoss, out: unknown): ReducedValue {
  const { shape, inputs } = prepared;
  if (shape.length === 0 && out === undefined) return openNumber();
  const output = openOutput(functionName, out, shape, inputs[0].view, memoryOf(prepared));
  return {
    storeLosses(first, count, losses) {
      for (let i = 0; i < count; i++) output.data[first + i] = losses[i];
    },
    finish: output.finish,
  };
}

/** One loss is a plain number: not rounded to the input's element type. */
function openNumber(): ReducedValue {
  let value = Number.NaN;
  return {
    storeLosses(_, __, losses) {
      value = losses[0];
    },
    finish: () => value,
  };
}

function openReduced(
  functionName: string,
  prepared: PreparedLoss,
  reduction: Reduction,
  out: unknown,
): ReducedValue {
  const sum = compensatedSum();
  const reduced = () => {
    const divisor = divisorOf(prepared, reduction);
    return divisor === 0 ? prepared.emptyMean : sum.value() / divisor;
  };
  if (out === undefined)
    return { storeLosses: (_, count, losses) => sum.add(losses, count), finish: reduced };
  const [{ view }] = prepared.inputs;
  const output = openOutput(functionName, out, [], view, memoryOf(prepared));
  return {
    storeLosses: (_, count, losses) => sum.add(losses, count),
    finish() {
      output.data[0] = reduced();
      return output.finish();
    },
  };
}

/** What the sum of the losses is divided by. */
export function divisorOf({ divisor, shape }: PreparedLoss, reduction: Reduction): number {
  if (reduction === "mean") return divisor;
  return reduction === "batchmean" ? (shape[0] ?? 1) : 1;
}
