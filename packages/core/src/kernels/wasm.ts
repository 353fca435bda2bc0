import type { Layout } from "../layout.ts";
import type { KernelArray } from "../read.ts";
import { arenas } from "./arenas.ts";
import { backwardInPlace, backwardStaged, canStage, through } from "./backward.ts";
import { runInPlace, runStaged } from "./forward.ts";
import { type Instance, instantiate, type Module } from "./instance.ts";
import { type Job, result } from "./job.ts";
import { js } from "./js.ts";
import type { Kernels } from "./kernels.ts";
import type { PerRow } from "./perRow.ts";

/** Below this many floats, crossing into WebAssembly costs more than it saves. */
const tiny = 64;

/** Of rows whose elements lie apart, longer ones are left to JavaScript: they are not staged whole. */
const maxGathered = 1 << 16;

/** The kernels in WebAssembly, for float32; the rest is left to JavaScript. */
export function wasm(module: Module): Kernels {
  const memory = arenas(module);
  let own: Instance | undefined;
  /** The instance in whose memory all the arrays lie, if there is one. */
  const homeOf = (first: Float32Array, ...others: (Float32Array | undefined)[]) => {
    const home = memory.homeOf(first);
    return others.every((one) => one === undefined || memory.homeOf(one) === home)
      ? home
      : undefined;
  };
  const staging = () => {
    own ??= instantiate(module);
    return own;
  };
  const run = (job: Job) => {
    const home = homeOf(job.x, job.out);
    if (home !== undefined) runInPlace(home, job);
    else runStaged(staging(), job);
  };

  const elementwise =
    (name: "softmax" | "logSoftmax"): Kernels["softmax"] =>
    (x, out, layout, temperature, empty) => {
      if (temperature !== 1 || !isFit(x, layout) || !(out instanceof Float32Array)) {
        js[name](x, out, layout, temperature, empty);
      } else run({ result: result[name], x, layout, empty, out, rows: undefined });
    };

  const backward =
    (name: "softmax" | "logSoftmax"): Kernels["softmaxBackward"] =>
    (g, y, out, layout) => {
      const fits = isFit(g, layout) && isFit(y, layout) && out instanceof Float32Array;
      if (!fits || !canStage(layout)) {
        js[`${name}Backward`](g, y, out, layout);
        return;
      }
      const job = { through: through[name], g, y, out, layout };
      const home = homeOf(g, y, out);
      const fillsVectors = layout.inner === 1 || layout.inner % 4 === 0;
      if (home !== undefined && fillsVectors) backwardInPlace(home, job);
      else backwardStaged(staging(), job);
    };

  return {
    softmax: elementwise("softmax"),
    logSoftmax: elementwise("logSoftmax"),

    logSumExp(x, out, layout) {
      if (!isFit(x, layout)) {
        js.logSumExp(x, out, layout);
        return;
      }
      const rows: PerRow = {
        load() {},
        store: (first, count, values) => out.set(values.subarray(0, count), first),
      };
      run({ result: result.logSumExp, x, layout, empty: 0, out: undefined, rows });
    },

    softmaxBackward: backward("softmax"),
    logSoftmaxBackward: backward("logSoftmax"),

    crossEntropy(x, layout, rows, gradient) {
      if (!isFit(x, layout) || !(gradient === undefined || gradient instanceof Float32Array)) {
        js.crossEntropy(x, layout, rows, gradient);
        return;
      }
      const kind = gradient === undefined ? result.loss : result.lossAndGradient;
      run({ result: kind, x, layout, empty: 0, out: gradient, rows });
    },

    allocate: memory.allocate,
    release: memory.release,
  };
}

function isFit(x: KernelArray, { size, inner }: Layout): x is Float32Array {
  return x instanceof Float32Array && x.length > tiny && (inner === 1 || size <= maxGathered);
}
