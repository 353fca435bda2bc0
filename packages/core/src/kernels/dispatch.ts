// Each kernel where it is fastest: float32 in WebAssembly, if there is any, the rest in JavaScript.
import { logarithms } from "../generated/logarithms.ts";
import { losses } from "../generated/losses.ts";
import { softmax } from "../generated/softmax.ts";
import type { Layout } from "../arrays/layout.ts";
import type { KernelArray } from "../types.ts";
import {
  type BackwardJob,
  backwardInPlace,
  backwardStaged,
  canStage,
  through,
} from "./wasm/backward.ts";
import { forward } from "./wasm/forward.ts";
import { type Binary, homeOf, type Level, stagingOf } from "./wasm/instance.ts";
import type { Job } from "./wasm/kernelCall.ts";
import * as js from "./js/kernels.ts";
import type { Kernels } from "./interface.ts";
import { activeLevel } from "./backend.ts";

/** Below this many floats, crossing into WebAssembly costs more than it saves. */
const tiny = 64;

/** Of rows whose elements lie apart, longer ones are left to JavaScript. */
const maxGathered = 1 << 16;

/** softmax of rows; see `Kernels`. */
export const softmaxKernel: Kernels["softmax"] = (...rows) =>
  alongRows(softmax, js.softmax, ...rows);

/** logSoftmax of rows; see `Kernels`. */
export const logSoftmaxKernel: Kernels["logSoftmax"] = (...rows) =>
  alongRows(logarithms, js.logSoftmax, ...rows);

/** logSumExp of rows; see `Kernels`. */
export const logSumExpKernel: Kernels["logSumExp"] = (x, out, layout) => {
  const level = activeLevel();
  if (!level || !isFit(x, layout)) {
    js.logSumExp(x, out, layout);
    return;
  }
  const rows: Job["rows"] = {
    load: (_, count, index) => index.fill(0, 0, count),
    store: (first, count, values) => out.set(values.subarray(0, count), first),
  };
  run(level, { binary: logarithms, temperature: 1, empty: 0, x, layout, out: undefined, rows });
};

/** The cross-entropy of rows, and its gradient; see `Kernels`. */
export const crossEntropyKernel: Kernels["crossEntropy"] = (x, layout, rows, gradient) => {
  const level = activeLevel();
  const isFloat32 = gradient === undefined || gradient instanceof Float32Array;
  if (!level || !isFit(x, layout) || !isFloat32) {
    js.crossEntropy(x, layout, rows, gradient);
    return;
  }
  run(level, { binary: losses, temperature: 1, empty: 0, x, layout, out: gradient, rows });
};

/** The gradient through the softmax of rows; see `Kernels`. */
export const softmaxBackwardKernel: Kernels["softmaxBackward"] = (g, y, out, layout) => {
  if (!runBackward(through.softmax, g, y, out, layout)) js.softmaxBackward(g, y, out, layout);
};

/** The gradient through the logSoftmax of rows; see `Kernels`. */
export const logSoftmaxBackwardKernel: Kernels["logSoftmaxBackward"] = (g, y, out, layout) => {
  if (!runBackward(through.logSoftmax, g, y, out, layout)) js.logSoftmaxBackward(g, y, out, layout);
};

/** Beyond these temperatures, their powers leave the range of float32. */
const [coldest, hottest] = [2 ** -8, 2 ** 8];

function alongRows(
  binary: Binary,
  inJs: Kernels["softmax"],
  x: KernelArray,
  out: KernelArray,
  layout: Layout,
  temperature: number,
  empty: number,
): void {
  const level = activeLevel();
  const isWarm = temperature >= coldest && temperature <= hottest;
  if (!level || !isWarm || !isFit(x, layout) || !(out instanceof Float32Array)) {
    inJs(x, out, layout, temperature, empty);
    return;
  }
  run(level, { binary, temperature, empty, x, layout, out, rows: undefined });
}

function run(level: Level, job: Job): void {
  const home = homeOf(level, job.x, job.out);
  forward(home ?? stagingOf(level), job, home !== undefined);
}

/** Returns whether it could. */
function runBackward(
  kind: number,
  g: KernelArray,
  y: KernelArray,
  out: KernelArray,
  layout: Layout,
): boolean {
  const level = activeLevel();
  if (!level || !isFit(g, layout) || !isFit(y, layout) || !canStage(layout)) return false;
  if (!(out instanceof Float32Array)) return false;
  const job: BackwardJob = { through: kind, g, y, out, layout };
  const home = homeOf(level, g, y, out);
  const fillsVectors = layout.inner === 1 || layout.inner % 4 === 0;
  if (home !== undefined && fillsVectors) backwardInPlace(home, job);
  else backwardStaged(stagingOf(level), job);
  return true;
}

/** A single class has probability 1, to the last bit only in JavaScript. */
function isFit(x: KernelArray, { size, inner }: Layout): x is Float32Array {
  const fits = inner === 1 || size <= maxGathered;
  return x instanceof Float32Array && x.length > tiny && size > 1 && fits;
}
