// Each kernel where it is fastest: float32 in WebAssembly, if there is any, the rest in JavaScript.

import type { Layout } from "../arrays/layout.ts";
import { logarithms } from "../generated/logarithms.ts";
import { losses } from "../generated/losses.ts";
import { softmax } from "../generated/softmax.ts";
import type { KernelArray } from "../types.ts";
import { activeInstructionSet } from "./backend.ts";
import type { Kernels } from "./interface.ts";
import * as js from "./js/kernels.ts";
import {
  type BackwardCall,
  backwardInPlace,
  backwardOp,
  backwardStaged,
  canStage,
} from "./wasm/backward.ts";
import { forward } from "./wasm/forward.ts";
import {
  type InstructionSet,
  instanceOwning,
  type KernelBinary,
  stagingInstance,
} from "./wasm/instance.ts";
import type { KernelCall } from "./wasm/kernelCall.ts";

/** Below this many floats, crossing into WebAssembly costs more than it saves. */
const minWasmLength = 64;

/** Of rows whose elements lie apart, longer ones are left to JavaScript. */
const maxPackedRowLength = 1 << 16;

/** softmax of rows; see `Kernels`. */
export const softmaxKernel: Kernels["softmax"] = (...rows) =>
  alongRows(softmax, js.softmax, ...rows);

/** logSoftmax of rows; see `Kernels`. */
export const logSoftmaxKernel: Kernels["logSoftmax"] = (...rows) =>
  alongRows(logarithms, js.logSoftmax, ...rows);

/** logSumExp of rows; see `Kernels`. */
export const logSumExpKernel: Kernels["logSumExp"] = (x, out, layout) => {
  const instructionSet = activeInstructionSet();
  if (!instructionSet || !isSupportedInput(x, layout)) {
    js.logSumExp(x, out, layout);
    return;
  }
  const rows: KernelCall["rowData"] = {
    load: (_, count, index) => index.fill(0, 0, count),
    store: (first, count, values) => out.set(values.subarray(0, count), first),
  };
  run(instructionSet, {
    binary: logarithms,
    temperature: 1,
    empty: 0,
    x,
    layout,
    out: undefined,
    rowData: rows,
  });
};

/** The cross-entropy of rows, and its gradient; see `Kernels`. */
export const crossEntropyKernel: Kernels["crossEntropy"] = (x, layout, rows, gradient) => {
  const instructionSet = activeInstructionSet();
  const isFloat32 = gradient === undefined || gradient instanceof Float32Array;
  if (!instructionSet || !isSupportedInput(x, layout) || !isFloat32) {
    js.crossEntropy(x, layout, rows, gradient);
    return;
  }
  run(instructionSet, {
    binary: losses,
    temperature: 1,
    empty: 0,
    x,
    layout,
    out: gradient,
    rowData: rows,
  });
};

/** The gradient through the softmax of rows; see `Kernels`. */
export const softmaxBackwardKernel: Kernels["softmaxBackward"] = (g, y, out, layout) => {
  if (!runBackward(backwardOp.softmax, g, y, out, layout)) js.softmaxBackward(g, y, out, layout);
};

/** The gradient through the logSoftmax of rows; see `Kernels`. */
export const logSoftmaxBackwardKernel: Kernels["logSoftmaxBackward"] = (g, y, out, layout) => {
  if (!runBackward(backwardOp.logSoftmax, g, y, out, layout))
    js.logSoftmaxBackward(g, y, out, layout);
};

/** Beyond these temperatures, their powers leave the range of float32. */
const [minTemperature, maxTemperature] = [2 ** -8, 2 ** 8];

function alongRows(
  binary: KernelBinary,
  inJs: Kernels["softmax"],
  x: KernelArray,
  out: KernelArray,
  layout: Layout,
  temperature: number,
  empty: number,
): void {
  const instructionSet = activeInstructionSet();
  const supportsTemperature = temperature >= minTemperature && temperature <= maxTemperature;
  if (
    !instructionSet ||
    !supportsTemperature ||
    !isSupportedInput(x, layout) ||
    !(out instanceof Float32Array)
  ) {
    inJs(x, out, layout, temperature, empty);
    return;
  }
  run(instructionSet, { binary, temperature, empty, x, layout, out, rowData: undefined });
}

function run(instructionSet: InstructionSet, call: KernelCall): void {
  const owner = instanceOwning(instructionSet, call.x, call.out);
  forward(owner ?? stagingInstance(instructionSet), call, owner !== undefined);
}

/** Returns whether it could. */
function runBackward(
  kind: number,
  g: KernelArray,
  y: KernelArray,
  out: KernelArray,
  layout: Layout,
): boolean {
  const instructionSet = activeInstructionSet();
  if (
    !instructionSet ||
    !isSupportedInput(g, layout) ||
    !isSupportedInput(y, layout) ||
    !canStage(layout)
  )
    return false;
  if (!(out instanceof Float32Array)) return false;
  const call: BackwardCall = { op: kind, g, y, out, layout };
  const owner = instanceOwning(instructionSet, g, y, out);
  const fillsVectors = layout.inner === 1 || layout.inner % 4 === 0;
  if (owner !== undefined && fillsVectors) backwardInPlace(owner, call);
  else backwardStaged(stagingInstance(instructionSet), call);
  return true;
}

/** A single class has probability 1, to the last bit only in JavaScript. */
function isSupportedInput(x: KernelArray, { size, inner }: Layout): x is Float32Array {
  const fits = inner === 1 || size <= maxPackedRowLength;
  return x instanceof Float32Array && x.length > minWasmLength && size > 1 && fits;
}
