import {
  compensatedSum,
  type KernelArray,
  minBulkCopyLength,
  type OutputBuffer,
  type OutputSpec,
  openOutput,
} from "@surprisal/core/authoring";
import type { Reduction } from "./optionSchemas.ts";
import { inputArrays, type PreparedLoss, type StoreLosses } from "./preparedLoss.ts";

/** Receives the losses and turns them into the value that the loss returns. */
export interface ValueOutput {
  readonly storeLosses: StoreLosses;
  /** Returns the value, once all losses are stored. */
  finish(): unknown;
}

/** Opens the output of the value, and checks `out` before anything is computed. */
export function openValue(
  functionName: string,
  prepared: PreparedLoss,
  reduction: Reduction,
  out: unknown,
): ValueOutput {
  return reduction === "none"
    ? openUnreduced(functionName, prepared, out)
    : openReduced(functionName, prepared, reduction, out);
}

function openUnreduced(functionName: string, prepared: PreparedLoss, out: unknown): ValueOutput {
  const { shape } = prepared;
  if (shape.length === 0 && out === undefined) return openScalar();
  const opened = openOutput(functionName, out, shape, lossesSpec(prepared), inputArrays(prepared));
  const output = out !== undefined && prepared.canThrow ? computeAside(opened) : opened;
  return { storeLosses: storingLosses(output.data), finish: output.finish };
}

/** Returns what copies losses to an array. */
export function storingLosses(target: KernelArray): StoreLosses {
  const storeLosses = (first: number, count: number, losses: KernelArray) => {
    if (count >= minBulkCopyLength) target.set(losses.subarray(0, count), first);
    else for (let i = 0; i < count; i++) target[first + i] = losses[i];
  };
  return Object.assign(storeLosses, { target });
}

/** Returns the kind of the losses: the input's, or one that has as many axes if the input is broadcast. */
function lossesSpec({ shape, inputs: [{ tensor }] }: PreparedLoss): OutputSpec {
  if (tensor.kind === "number" && shape.length > 0) return { ...tensor, kind: "nested" };
  if (tensor.kind === "vector" && shape.length > 1) return { ...tensor, kind: "tensor" };
  return tensor;
}

/** Makes an output whose memory, zeros at first, is copied to `output` once the result is complete. */
export function computeAside(output: OutputBuffer): OutputBuffer {
  const { length } = output.data;
  const data =
    output.data instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
  return {
    data,
    finish() {
      output.data.set(data);
      return output.finish();
    },
  };
}

/** Opens the output of a single loss: a number, which is not rounded to the input's element type. */
function openScalar(): ValueOutput {
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
): ValueOutput {
  const { startSum } = prepared;
  const sum = startSum?.() ?? compensatedSum();
  const storeLosses: StoreLosses = Object.assign(
    (_: number, count: number, losses: KernelArray) => sum.add(losses, count),
    { addSum: startSum && ((blockSum: number) => sum.add([blockSum], 1)) },
  );
  const reduced = () => {
    const divisor = reductionDivisor(prepared, reduction);
    return divisor === 0 ? prepared.emptyMean : sum.value() / divisor;
  };
  if (out === undefined) return { storeLosses, finish: reduced };
  const [{ tensor }] = prepared.inputs;
  const output = openOutput(
    functionName,
    out,
    [],
    tensor,
    inputArrays(prepared),
    `out (which receives the ${reduction}; write reduction: "none" for the losses, or call valueAndGrad for the gradient)`,
  );
  return {
    storeLosses,
    finish() {
      output.data[0] = reduced();
      return output.finish();
    },
  };
}

/** Returns the divisor of the sum of the losses. */
export function reductionDivisor(
  { meanDivisor, sampleWeight, inputs: [{ tensor }] }: PreparedLoss,
  reduction: Reduction,
): number {
  if (reduction === "mean") return meanDivisor;
  if (reduction !== "batchmean") return 1;
  const batchSize = tensor.shape[0] ?? 1;
  if (sampleWeight === undefined || sampleWeight.length === 0) return batchSize;
  return (meanDivisor / sampleWeight.length) * batchSize;
}
