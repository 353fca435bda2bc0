// Each kernel where it is fastest: float32 in WebAssembly, if there is any, the rest in JavaScript.
import * as lossBinary from "../generated/loss.ts";
import * as softmaxBinary from "../generated/softmax.ts";
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

/** Of rows whose elements lie apart, longer ones are left to JavaScript. */
const maxGathered = 1 << 16;

/** softmax of rows; see `Kernels`. */
export const softmaxKernel: Kernels["softmax"] = (...rows) =>
  runSoftmax(result.softmax, js.softmax, ...rows);

/** logSoftmax of rows; see `Kernels`. */
export const logSoftmaxKernel: Kernels["logSoftmax"] = (...rows) =>
  runSoftmax(result.logSoftmax, js.logSoftmax, ...rows);

/** logSumExp of rows; see `Kernels`. */
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
  const how = { binary: softmaxBinary, result: result.logSumExp, temperature: 1, empty: 0 };
  run(engine, { ...how, x, layout, out: undefined, rows, alone });
};

/** The cross-entropy of rows, and its gradient; see `Kernels`. */
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
  const how = { binary: lossBinary, result: kind, temperature: 1, empty: 0 };
  run(engine, { ...how, x, layout, out: gradient, rows, alone });
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

function runSoftmax(
  kind: number,
  inJs: Kernels["softmax"],
  x: KernelArray,
  out: KernelArray,
  layout: Layout,
  temperature: number,
  empty: number,
): void {
  const engine = activeEngine();
  const isWarm = temperature >= coldest && temperature <= hottest;
  if (!engine || !isWarm || !isFit(x, layout) || !(out instanceof Float32Array)) {
    inJs(x, out, layout, temperature, empty);
    return;
  }
  const alone: Job["alone"] = (row, into, one) => inJs(row, into ?? row, one, temperature, empty);
  const how = { binary: softmaxBinary, result: kind, temperature, empty };
  run(engine, { ...how, x, layout, out, rows: undefined, alone });
}

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

/** A single class has probability 1, to the last bit only in JavaScript. */
function isFit(x: KernelArray, { size, inner }: Layout): x is Float32Array {
  const fits = inner === 1 || size <= maxGathered;
  return x instanceof Float32Array && x.length > tiny && size > 1 && fits;
}
