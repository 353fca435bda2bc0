import type { Layout } from "../layout.ts";
import type { KernelArray } from "../read.ts";
import { arenas } from "./arenas.ts";
import {
  address,
  type Instance,
  instantiate,
  type Module,
  maxRows,
  stageSize,
} from "./instance.ts";
import { js } from "./js.ts";
import type { Kernels } from "./kernels.ts";

/** What is made of each row, as `Result` in `assembly/rows.ts` numbers it. */
const result = { softmax: 0, logSoftmax: 1, logSumExp: 2, loss: 3, lossAndGradient: 4 };

/** Rows shorter than this run side by side, one per SIMD lane; longer ones alone. */
const shortRow = 48;

/** How many floats are staged at once where rows are short: what the processor's nearest cache holds. */
const chunkSize = 1 << 14;

/** Below this many floats, crossing into WebAssembly costs more than it saves. */
const tiny = 64;

/** One call of a kernel: what it reads, and what it writes per element and per row. */
interface Job {
  readonly result: number;
  readonly x: Float32Array;
  readonly layout: Layout;
  readonly empty: number;
  readonly out: Float32Array | undefined;
  readonly index: Int32Array | undefined;
  readonly scales: Float64Array | undefined;
  readonly values: Float64Array | undefined;
}

/** The kernels in WebAssembly, for float32; the rest is left to JavaScript. */
export function wasm(module: Module): Kernels {
  const memory = arenas(module);
  let own: Instance | undefined;
  const run = (job: Job) => {
    const home = memory.homeOf(job.x);
    if (home !== undefined && (job.out === undefined || memory.homeOf(job.out) === home)) {
      runInPlace(home, job);
      return;
    }
    own ??= instantiate(module);
    if (job.layout.inner === 1) runRows(own, job);
    else runColumns(own, job);
  };

  const elementwise =
    (name: "softmax" | "logSoftmax"): Kernels["softmax"] =>
    (x, out, layout, temperature, empty) => {
      if (temperature !== 1 || !isFit(x, layout) || !(out instanceof Float32Array)) {
        js[name](x, out, layout, temperature, empty);
        return;
      }
      const perRow = { index: undefined, scales: undefined, values: undefined };
      run({ result: result[name], x, layout, empty, out, ...perRow });
    };

  return {
    softmax: elementwise("softmax"),
    logSoftmax: elementwise("logSoftmax"),

    logSumExp(x, out, layout) {
      if (!isFit(x, layout)) {
        js.logSumExp(x, out, layout);
        return;
      }
      const values = new Float64Array(layout.outer * layout.inner);
      const none = { out: undefined, index: undefined, scales: undefined };
      run({ result: result.logSumExp, x, layout, empty: 0, values, ...none });
      out.set(values);
    },

    allocate: memory.allocate,
    release: memory.release,

    softmaxBackward: js.softmaxBackward,
    logSoftmaxBackward: js.logSoftmaxBackward,

    crossEntropy(x, index, layout, losses, scales, gradient) {
      if (!isFit(x, layout) || !(gradient === undefined || gradient instanceof Float32Array)) {
        js.crossEntropy(x, index, layout, losses, scales, gradient);
        return;
      }
      const kind = gradient === undefined ? result.loss : result.lossAndGradient;
      const perRow = { index, scales, values: losses };
      run({ result: kind, x, layout, empty: 0, out: gradient, ...perRow });
    },
  };
}

function isFit(x: KernelArray, { size }: Layout): x is Float32Array {
  return x instanceof Float32Array && x.length > tiny && size <= stageSize;
}

/** All in the kernels' memory: nothing is copied but the numbers per row. */
function runInPlace(instance: Instance, job: Job): void {
  const { x, layout } = job;
  const { outer, size, inner } = layout;
  const out = job.out ?? x;
  const slab = size * inner;
  const step = Math.max(1, Math.floor(maxRows / inner));
  const columns = Math.min(inner, maxRows);
  for (let o = 0; o < outer; o += step) {
    const slabs = Math.min(step, outer - o);
    for (let i = 0; i < inner; i += columns) {
      const width = Math.min(columns, inner - i);
      const start = 4 * (o * slab + i);
      const place = { x: x.byteOffset + start, out: out.byteOffset + start };
      const row = o * inner + i;
      loadPerRow(instance, job, row, slabs * width);
      compute(instance, job, place, slabs, width, inner);
      storePerRow(instance, job, row, slabs * width);
    }
  }
}

/** Rows in one piece: as many at a time as the nearest cache holds. */
function runRows(instance: Instance, job: Job): void {
  const { x, out, layout } = job;
  const { outer, size } = layout;
  const step = Math.min(maxRows, Math.max(1, Math.floor(chunkSize / size)));
  for (let r = 0; r < outer; r += step) {
    const rows = Math.min(step, outer - r);
    instance.stage.set(x.subarray(r * size, (r + rows) * size));
    loadPerRow(instance, job, r, rows);
    compute(instance, job, staged, rows, 1, 1);
    out?.set(instance.stage.subarray(0, rows * size), r * size);
    storePerRow(instance, job, r, rows);
  }
}

/** Rows whose elements lie `inner` apart: whole slabs where they are small, else a part of the columns. */
function runColumns(instance: Instance, job: Job): void {
  const { x, out, layout } = job;
  const { outer, size, inner } = layout;
  const slab = size * inner;
  if (slab <= chunkSize && inner <= maxRows) {
    const step = Math.min(Math.floor(maxRows / inner), Math.floor(chunkSize / slab));
    for (let o = 0; o < outer; o += step) {
      const slabs = Math.min(step, outer - o);
      instance.stage.set(x.subarray(o * slab, (o + slabs) * slab));
      loadPerRow(instance, job, o * inner, slabs * inner);
      compute(instance, job, staged, slabs, inner, inner);
      out?.set(instance.stage.subarray(0, slabs * slab), o * slab);
      storePerRow(instance, job, o * inner, slabs * inner);
    }
    return;
  }
  const step = Math.min(maxRows, inner, Math.max(1, Math.floor(chunkSize / size)));
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i += step) {
      const columns = Math.min(step, inner - i);
      const start = o * slab + i;
      for (let j = 0; j < size; j++) {
        const from = start + j * inner;
        instance.stage.set(x.subarray(from, from + columns), j * columns);
      }
      loadPerRow(instance, job, o * inner + i, columns);
      compute(instance, job, staged, 1, columns, columns);
      for (let j = 0; out !== undefined && j < size; j++) {
        const part = instance.stage.subarray(j * columns, (j + 1) * columns);
        out.set(part, start + j * inner);
      }
      storePerRow(instance, job, o * inner + i, columns);
    }
  }
}

/** Where a kernel reads and writes: two addresses. */
interface Place {
  readonly x: number;
  readonly out: number;
}

const staged: Place = { x: address.stage, out: address.stage };

/** Runs the kernel on [outer, size, inner], whose rows have elements `pitch` apart. */
function compute(
  { exports }: Instance,
  { result: kind, empty, layout: { size } }: Job,
  { x, out }: Place,
  outer: number,
  inner: number,
  pitch: number,
): void {
  const { values, index, scales } = address;
  if (pitch === 1 && size >= shortRow) {
    exports.rowsOf(kind, x, out, outer, size, empty, values, index, scales);
  } else {
    exports.lanesOf(kind, x, out, outer, size, inner, pitch, empty, values, index, scales);
  }
}

function loadPerRow(instance: Instance, { index, scales }: Job, row: number, rows: number): void {
  if (index !== undefined) instance.index.set(index.subarray(row, row + rows));
  if (scales !== undefined) instance.scales.set(scales.subarray(row, row + rows));
}

function storePerRow(instance: Instance, { values }: Job, row: number, rows: number): void {
  values?.set(instance.values.subarray(0, rows), row);
}
