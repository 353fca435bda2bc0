// Each kernel where it is fastest: float32 in WebAssembly, if there is any, the rest in JavaScript.
import type { Layout } from "../layout.ts";
import type { KernelArray } from "../read.ts";
import {
  type BackwardJob,
  backwardInPlace,
  backwardStaged,
  canStage,
  through,
} from "./backward.ts";
import type { Engine } from "./engine.ts";
import { runInPlace, runStaged } from "./forward.ts";
import { type Job, result } from "./job.ts";
import * as js from "./js.ts";
import type { Kernels } from "./kernels.ts";
import { activeEngine } from "./select.ts";

/** Below this many floats, crossing into WebAssembly costs more than it saves. */
const tiny = 64;

/** Of rows whose elements lie apart, longer ones are left to JavaScript: they are not staged whole. */
const maxGathered = 1 << 16;

export const softmaxKernel: Kernels["softmax"] = (x, out, layout, temperature, empty) => {
  const engine = activeEngine();
  if (!engine || temperature !== 1 || !isFit(x, layout) || !(out instanceof Float32Array)) {
    js.softmax(x, out, layout, temperature, empty);
    return;
  }
  const alone: Job["alone"] = (row, into, one) => js.softmax(row, into ?? row, one, 1, empty);
  run(engine, { result: result.softmax, x, layout, empty, out, rows: undefined, alone });
};

export const logSoftmaxKernel: Kernels["logSoftmax"] = (x, out, layout, temperature, empty) => {
  const engine = activeEngine();
  if (!engine || temperature !== 1 || !isFit(x, layout) || !(out instanceof Float32Array)) {
    js.logSoftmax(x, out, layout, temperature, empty);
    return;
  }
  const alone: Job["alone"] = (row, into, one) => js.logSoftmax(row, into ?? row, one, 1, empty);
  run(engine, { result: result.logSoftmax, x, layout, empty, out, rows: undefined, alone });
};

export const logSumExpKernel: Kernels["logSumExp"] = (x, out, layout) => {
  const engine = activeEngine();
  if (!engine || !isFit(x, layout)) {
    js.logSumExp(x, out, layout);
    return;
  }
  const rows: Job["rows"] = {
    load() {},
    store: (first, count, values) => out.set(values.subarray(0, count), first),
  };
  const alone: Job["alone"] = (row, _, one, ofRow) => {
    const value = new Float64Array(1);
    js.logSumExp(row, value, one);
    ofRow?.store(0, 1, value);
  };
  run(engine, { result: result.logSumExp, x, layout, empty: 0, out: undefined, rows, alone });
};

export const crossEntropyKernel: Kernels["crossEntropy"] = (x, layout, rows, gradient) => {
  const engine = activeEngine();
  const isFloat32 = gradient === undefined || gradient instanceof Float32Array;
  if (!engine || !isFit(x, layout) || !isFloat32) {
    js.crossEntropy(x, layout, rows, gradient);
    return;
  }
  const kind = gradient === undefined ? result.loss : result.lossAndGradient;
  const alone: Job["alone"] = (row, into, one, ofRow = rows) =>
    js.crossEntropy(row, one, ofRow, into);
  run(engine, { result: kind, x, layout, empty: 0, out: gradient, rows, alone });
};

export const softmaxBackwardKernel: Kernels["softmaxBackward"] = (g, y, out, layout) => {
  if (!runBackward(through.softmax, g, y, out, layout)) js.softmaxBackward(g, y, out, layout);
};

export const logSoftmaxBackwardKernel: Kernels["logSoftmaxBackward"] = (g, y, out, layout) => {
  if (!runBackward(through.logSoftmax, g, y, out, layout)) js.logSoftmaxBackward(g, y, out, layout);
};

function run(engine: Engine, job: Job): void {
  const home = engine.homeOf(job.x, job.out);
  if (home !== undefined) runInPlace(home, job);
  else runStaged(engine.staging(), job);
}

/** Returns whether it could. */
function runBackward(
  kind: number,
  g: KernelArray,
  y: KernelArray,
  out: KernelArray,
  layout: Layout,
): boolean {
  const engine = activeEngine();
  if (!engine || !isFit(g, layout) || !isFit(y, layout) || !canStage(layout)) return false;
  if (!(out instanceof Float32Array)) return false;
  const job: BackwardJob = { through: kind, g, y, out, layout };
  const home = engine.homeOf(g, y, out);
  const fillsVectors = layout.inner === 1 || layout.inner % 4 === 0;
  if (home !== undefined && fillsVectors) backwardInPlace(home, job);
  else backwardStaged(engine.staging(), job);
  return true;
}

function isFit(x: KernelArray, { size, inner }: Layout): x is Float32Array {
  return x instanceof Float32Array && x.length > tiny && (inner === 1 || size <= maxGathered);
}
