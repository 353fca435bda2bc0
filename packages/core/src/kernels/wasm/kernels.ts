// Float32 on the compiled kernels. Each function returns whether it computed the call.
import type { Layout } from "../../arrays/layout.ts";
import { logarithms } from "../../generated/logarithms.ts";
import { losses } from "../../generated/losses.ts";
import { softmax as softmaxBinary } from "../../generated/softmax.ts";
import type { KernelArray } from "../../types.ts";
import { activeInstructionSet, registeredBackend } from "../backend.ts";
import type { ComposedCrossEntropyKernel, PartialKernels } from "../interface.ts";
import { maxStridedRowLength, maxTemperature, minTemperature, minWasmLength } from "../limits.ts";
import type { RowData } from "../rowData.ts";
import type { Softcap, SoftcapCrossEntropyKernel } from "../softInterface.ts";
import { backwardOp, runBackward } from "./backward.ts";
import { composedSlabs } from "./composedForward.ts";
import { runForward } from "./forward.ts";
import type { RunSlabs } from "./forwardBlock.ts";
import { makeGradientFallback } from "./gradientFallback.ts";
import { isSupportedSoftcap, linkSoftcap } from "./softcap.ts";

export const softmax: PartialKernels["softmax"] = (x, out, layout, temperature, empty) => {
  const instructionSet = activeInstructionSet();
  if (!instructionSet || !supportsTemperature(temperature)) return false;
  if (!isSupportedInput(x, layout) || !isFloat32(out)) return false;
  const binary = softmaxBinary;
  const call = { binary, temperature, empty, x, layout, out, rowData: undefined };
  return runForward(instructionSet, call);
};

export const logSoftmax: PartialKernels["logSoftmax"] = (x, out, layout, temperature, empty) => {
  const instructionSet = activeInstructionSet();
  if (!instructionSet || !supportsTemperature(temperature)) return false;
  if (!isSupportedInput(x, layout) || !isFloat32(out)) return false;
  const binary = logarithms;
  const call = { binary, temperature, empty, x, layout, out, rowData: undefined };
  return runForward(instructionSet, call);
};

export const logSumExp: PartialKernels["logSumExp"] = (x, out, layout) => {
  const instructionSet = activeInstructionSet();
  if (!instructionSet || !isSupportedInput(x, layout)) return false;
  const rowData: RowData = {
    load: (_, count, targets) => targets.fill(0, 0, count),
    store: (first, count, values) => out.set(values.subarray(0, count), first),
  };
  const binary = logarithms;
  const call = { binary, temperature: 1, empty: 0, x, layout, out: undefined, rowData };
  return runForward(instructionSet, call);
};

export const crossEntropy: PartialKernels["crossEntropy"] = (x, layout, rowData, gradient) =>
  runCrossEntropy(x, layout, rowData, gradient);

/** The cross-entropy, and its gradient times factors; see `ComposedRowData`. */
export const composedCrossEntropy = (
  ...[x, layout, rowData, gradient]: Parameters<ComposedCrossEntropyKernel>
): boolean =>
  runCrossEntropy(x, layout, rowData, gradient, gradient && composedSlabs(rowData, gradient));

/** The cross-entropy of capped logits; see `SoftcapCrossEntropyKernel`. */
export const softcapCrossEntropy: SoftcapCrossEntropyKernel = (
  x,
  layout,
  rowData,
  gradient,
  softcap,
) => {
  if (!isSupportedSoftcap(softcap.cap)) return false;
  return runCrossEntropy(x, layout, rowData, gradient, undefined, softcap, linkSoftcap);
};

function runCrossEntropy(
  x: KernelArray,
  layout: Layout,
  rowData: RowData,
  out: KernelArray | undefined,
  runSlabs?: RunSlabs,
  softcap?: Softcap,
  link?: typeof linkSoftcap,
): boolean {
  const instructionSet = activeInstructionSet();
  if (!instructionSet || !isSupportedInput(x, layout)) return false;
  if (out !== undefined && !isFloat32(out)) return false;
  const backend = registeredBackend();
  if (softcap && backend?.softcapCrossEntropy?.(x, layout, rowData, out, softcap)) return true;
  const gradientFallback = out && makeGradientFallback(x, layout, out, softcap);
  const [binary, temperature, empty] = [losses, 1, 0];
  const call = { binary, temperature, empty, x, layout, out, rowData, gradientFallback };
  if (softcap === undefined || link === undefined) {
    return runForward(instructionSet, call, runSlabs);
  }
  const hasGradient = out !== undefined;
  return runForward(instructionSet, {
    ...call,
    linkSoftcap: (instance) => link(instance, softcap, hasGradient),
  });
}

export const softmaxBackward: PartialKernels["softmaxBackward"] = (g, y, out, layout) =>
  backward(backwardOp.softmax, g, y, out, layout);

export const logSoftmaxBackward: PartialKernels["logSoftmaxBackward"] = (g, y, out, layout) =>
  backward(backwardOp.logSoftmax, g, y, out, layout);

function backward(
  op: number,
  g: KernelArray,
  y: KernelArray,
  out: KernelArray,
  layout: Layout,
): boolean {
  const instructionSet = activeInstructionSet();
  if (!instructionSet || !isSupportedInput(g, layout) || !isSupportedInput(y, layout)) return false;
  return isFloat32(out) && runBackward(instructionSet, { op, g, y, out, layout });
}

/** Tells whether an array is one that these kernels compute on. */
export function isFloat32(array: KernelArray): array is Float32Array {
  return array instanceof Float32Array;
}

/** Rows of one class are left to JavaScript, where their probability is exactly 1. */
export function isSupportedInput(x: KernelArray, { size, inner }: Layout): x is Float32Array {
  const canStage = inner === 1 || size <= maxStridedRowLength;
  return isFloat32(x) && x.length > minWasmLength && size > 1 && canStage;
}

function supportsTemperature(temperature: number): boolean {
  return temperature >= minTemperature && temperature <= maxTemperature;
}
