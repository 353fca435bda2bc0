import { Worker } from "node:worker_threads";
import { allocate, logSoftmax, softmax, type Tensor, tensor } from "@surprisal/core";
import { crossEntropyKernel, type RowData } from "@surprisal/core/authoring";
import { crossEntropy } from "@surprisal/losses";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { useThreads } from "../src/index.ts";
import { SpeedupMonitor } from "../src/speedup.ts";
import { type WebAssemblyApi, webAssembly } from "../src/webAssembly.ts";

beforeAll(() => {
  vi.spyOn(SpeedupMonitor.prototype, "wayOf").mockReturnValue("together");
});

afterAll(async () => {
  vi.restoreAllMocks();
  await useThreads(1);
});

const [rows, classes] = [96, 20_000];
const target = Int32Array.from({ length: rows }, (_, row) => (row * 977) % classes);

function fill({ data }: Tensor<Float32Array>): void {
  for (let i = 0; i < data.length; i++) data[i] = 5 * Math.sin(i * i);
}

/** Returns the results of some functions, with outputs in the same memory as the logits. */
function results(
  logits: Tensor<Float32Array>,
  out: Tensor<Float32Array>,
): (number | Float32Array)[] {
  const losses = crossEntropy.valueAndGrad(logits, target, { out });
  const gradients = out.data.slice();
  const logProbabilities = logSoftmax(logits, { out }).data.slice();
  const probabilities = softmax(logits, { out, temperature: 1.5 }).data.slice();
  const smoothed = crossEntropy(logits, target, { labelSmoothing: 0.1, zLoss: 0.01 });
  return [losses.value, gradients, logProbabilities, probabilities, smoothed];
}

it.each([
  [2, 2],
  [2, 5],
  [5, 2],
  [3, 1],
])("tensors allocated on %i threads have the same results on %i", async (first, second) => {
  await useThreads(1);
  const ordinary = () => tensor(new Float32Array(rows * classes), [rows, classes]);
  const logits = ordinary();
  fill(logits);
  const expected = results(logits, ordinary());
  await useThreads(first);
  const [allocated, out] = [allocate([rows, classes]), allocate([rows, classes])];
  fill(allocated);
  expect(allocated.data.buffer).toBe(out.data.buffer);
  expect(results(allocated, out)).toEqual(expected);
  await useThreads(second);
  expect(results(allocated, out)).toEqual(expected);
});

it.each([
  ["allocated", () => allocate([rows, classes]).data],
  ["ordinary", () => new Float32Array(rows * classes)],
])("a call of %s arrays that fails leaves no tasks behind", async (_, make) => {
  await useThreads(3);
  const [data, out] = [make(), make()];
  fill({ data, shape: [rows, classes] });
  const layout = { outer: rows, size: classes, inner: 1 };
  const call = (store: RowData["store"]) =>
    crossEntropyKernel(
      data,
      layout,
      {
        load(first, count, targets, gradScale) {
          targets.set(target.subarray(first, first + count));
          gradScale.fill(1, 0, count);
        },
        store,
      },
      out,
    );
  call(() => {});
  const expected = out.slice();
  for (let i = 0; i < 20; i++) {
    const fail = () => {
      throw new Error("no room");
    };
    expect(() => call(fail)).toThrow("no room");
    out.fill(7);
    await new Promise((resolve) => setTimeout(resolve, 2));
    expect(out.every((element) => element === 7)).toBe(true);
  }
  let stored = 0;
  call((_first, count) => {
    stored += count;
  });
  expect(stored).toBe(rows);
  expect(out).toEqual(expected);
});

it("computes after another shared memory of the process has grown", async () => {
  await useThreads(2);
  const before = allocate([rows, classes]);
  fill(before);
  const expected = results(before, allocate([rows, classes]));
  const api = webAssembly() as WebAssemblyApi;
  const memory = new api.Memory({ initial: 1, maximum: 9, shared: true });
  const grow = `require("node:worker_threads").workerData.grow(1)`;
  const worker = new Worker(grow, { eval: true, workerData: memory });
  await new Promise((resolve) => worker.once("exit", resolve));
  const after = allocate([rows, classes]);
  expect(after.data.buffer).toBe(before.data.buffer);
  fill(after);
  expect(results(after, before)).toEqual(expected);
  // The numbers of so many rows are copied between memories that are older.
  const many = allocate([3000, 100]);
  fill(many);
  const labels = new Int32Array(3000).fill(3);
  const losses = crossEntropy(many, labels, { reduction: "none" });
  await useThreads(1);
  expect(losses).toEqual(crossEntropy(many, labels, { reduction: "none" }));
});

/** Looks at some elements again and again, and counts how often one differs from what it was. */
const watcher = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { data, indices, stop } = workerData;
  const expected = indices.map((i) => data[i]);
  let looks = 0;
  let changes = 0;
  parentPort.postMessage("ready");
  while (Atomics.load(stop, 0) === 0) {
    for (let k = 0; k < indices.length; k++) if (data[indices[k]] !== expected[k]) changes++;
    looks++;
  }
  parentPort.postMessage({ looks, changes });
`;

it("arguments in shared memory are not written to, not even for a moment", async () => {
  await useThreads(2);
  const [logits, out] = [allocate([rows, classes]), allocate([rows, classes])];
  fill(logits);
  // Of all elements of a row, its maximum is the one that is left out of the sum.
  const indices = Array.from({ length: rows }, (_, row) => {
    const start = row * classes;
    const part = logits.data.subarray(start, start + classes);
    return start + part.indexOf(part.reduce((a, b) => Math.max(a, b)));
  });
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(watcher, {
    eval: true,
    workerData: { data: logits.data, indices, stop },
  });
  const nextMessage = () =>
    new Promise<{ looks: number; changes: number }>((resolve) => worker.once("message", resolve));
  await nextMessage();
  const end = performance.now() + 500;
  while (performance.now() < end) results(logits, out);
  Atomics.store(stop, 0, 1);
  const { looks, changes } = await nextMessage();
  await worker.terminate();
  expect(looks).toBeGreaterThan(1000);
  expect(changes).toBe(0);
});
