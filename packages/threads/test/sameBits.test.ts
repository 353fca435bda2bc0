import { allocate, kernels, softmax, tensor, useKernels } from "@surprisal/core";
import {
  crossEntropyKernel,
  type Layout,
  logSoftmaxBackwardKernel,
  logSoftmaxKernel,
  logSumExpKernel,
  softmaxBackwardKernel,
  softmaxKernel,
} from "@surprisal/core/authoring";
import { crossEntropy } from "@surprisal/losses";
import { random } from "@surprisal/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { threads, useThreads } from "../src/index.ts";

type Make = (length: number) => Float32Array;

const memories: Record<string, Make> = {
  ordinary: (length) => new Float32Array(length),
  shared: (length) => new Float32Array(new SharedArrayBuffer(4 * length)),
  allocated: (length) => allocate([length]).data,
};

const layouts: readonly Layout[] = [
  { outer: 140_001, size: 2, inner: 1 },
  { outer: 30_001, size: 10, inner: 1 },
  { outer: 1103, size: 255, inner: 1 },
  { outer: 301, size: 1000, inner: 1 },
  { outer: 6, size: 50_257, inner: 1 },
  { outer: 3, size: 128_256, inner: 1 },
  { outer: 2, size: 200_000, inner: 1 },
  { outer: 8, size: 21, inner: 1024 },
  { outer: 1, size: 21, inner: 13_003 },
  { outer: 3, size: 7, inner: 13_003 },
  { outer: 701, size: 100, inner: 5 },
  { outer: 2300, size: 10, inner: 12 },
  { outer: 9000, size: 10, inner: 3 },
  { outer: 2200, size: 2, inner: 63 },
  { outer: 2, size: 2000, inner: 150 },
  { outer: 70, size: 1500, inner: 3 },
];

/** Calls every operation, in place too, and returns all that it has written. */
function results({ outer, size, inner }: Layout, make: Make): (Float32Array | Float64Array)[] {
  const layout = { outer, size, inner };
  const r = random(size + inner);
  const length = outer * size * inner;
  const rows = outer * inner;
  const filled = (seed: number) => {
    const array = make(length);
    for (let i = 0; i < length; i++) array[i] = 5 * Math.sin(i * seed);
    for (let i = 0; i < 200; i++) array[r.below(length)] = Number.NEGATIVE_INFINITY;
    array.fill(Number.NEGATIVE_INFINITY, 0, inner === 1 ? size : 0);
    array[length - 1] = Number.NaN;
    return array;
  };
  const x = filled(1.1);
  const g = filled(0.7);
  const all: (Float32Array | Float64Array)[] = [];
  const output = () => {
    const out = make(length);
    all.push(out);
    return out;
  };
  const inPlace = (array: Float32Array) => {
    const out = make(length);
    out.set(array);
    all.push(out);
    return out;
  };
  softmaxKernel(x, output(), layout, 1, 0);
  const p = all[0] as Float32Array;
  softmaxKernel(x, output(), layout, 0.3, Number.NaN);
  const same = inPlace(x);
  softmaxKernel(same, same, layout, 1, Number.NaN);
  logSoftmaxKernel(x, output(), layout, 1, Number.NaN);
  softmaxBackwardKernel(g, p, output(), layout);
  const upstream = inPlace(g);
  softmaxBackwardKernel(upstream, p, upstream, layout);
  const y = inPlace(p);
  logSoftmaxBackwardKernel(g, y, y, layout);
  const lse = new Float32Array(rows);
  logSumExpKernel(x, lse, layout);
  all.push(lse);
  const losses = new Float64Array(rows);
  const rowData = {
    load(first: number, count: number, targets: Int32Array, gradScale: Float64Array) {
      for (let i = 0; i < count; i++) {
        targets[i] = (first + i) % 7 === 0 ? -1 : (first + i) % size;
        gradScale[i] = 1 / (first + i + 1);
      }
    },
    store(first: number, count: number, values: Float64Array) {
      losses.set(values.subarray(0, count), first);
    },
  };
  crossEntropyKernel(x, layout, rowData, undefined);
  all.push(losses.slice());
  crossEntropyKernel(x, layout, rowData, output());
  const gradient = inPlace(x);
  crossEntropyKernel(gradient, layout, rowData, gradient);
  all.push(losses);
  return all;
}

function bits(array: Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

afterAll(() => useThreads(1));

describe.each(kernels().available)("kernels %s", (level) => {
  beforeAll(() => void useKernels(level));
  afterAll(() => void useKernels("auto"));

  // Where arrays lie makes no difference to the kernels, so one set of them sees all kinds.
  const kinds = level === kernels().active ? Object.keys(memories) : ["ordinary"];

  describe.each(kinds)("%s memory", (memory) => {
    it.each(layouts)(
      "gives the same bits on 1, 2 and 3 threads: $outer, $size, $inner",
      async (layout) => {
        await useThreads(1);
        const expected = results(layout, memories[memory]);
        for (const count of [2, 3]) {
          if (threads().count !== count) await useThreads(count);
          results(layout, memories[memory]).forEach((actual, i) => {
            const isSame = Buffer.compare(bits(actual), bits(expected[i])) === 0;
            expect(isSame, `result ${i} on ${count} threads`).toBe(true);
          });
        }
      },
    );
  });
});

it("gives the same losses and gradients, with weights and other options", async () => {
  const shape = [3001, 50];
  const data = Float32Array.from({ length: 150_050 }, (_, i) => 3 * Math.sin(i));
  const input = tensor(data, shape);
  const target = Int32Array.from({ length: 3001 }, (_, i) => (i % 5 === 0 ? -100 : i % 50));
  const weight = Array.from({ length: 50 }, (_, i) => i % 3);
  const all = () =>
    [{}, { weight }, { reduction: "none" }, { labelSmoothing: 0.1 }].map((options) =>
      crossEntropy.valueAndGrad(input, target, options as object),
    );
  await useThreads(1);
  const expected = all();
  await useThreads(3);
  expect(all()).toEqual(expected);
});

it("computes tensors of other types and small ones as before", async () => {
  await useThreads(2);
  expect(softmax([1, 1])).toEqual([0.5, 0.5]);
  const wide = tensor(new Float64Array(200_000).fill(1), [100, 2000]);
  expect(softmax(wide).data[5]).toBe(1 / 2000);
});
