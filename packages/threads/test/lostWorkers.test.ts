import { setTimeout as sleep } from "node:timers/promises";
import { allocate, type Tensor, tensor } from "@surprisal/core";
import { registerBackend } from "@surprisal/core/authoring";
import {
  binaryCrossEntropyWithLogits,
  crossEntropy,
  mseLoss,
  multilabelSoftMarginLoss,
  sparsemaxLoss,
} from "@surprisal/losses";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { threadedBackend } from "../src/backend.ts";
import { counter } from "../src/control.ts";
import { Pool } from "../src/pool.ts";
import { Scheduler } from "../src/scheduler.ts";
import { SpeedupMonitor } from "../src/speedup.ts";
import { startWorker } from "../src/startWorker.ts";
import { faulty } from "./faultyWorkers.ts";

const shape = [3000, 100];
const target = Int32Array.from({ length: 3000 }, (_, i) => i % 100);

const memories: Record<string, () => Tensor<Float32Array>> = {
  ordinary: () => tensor(new Float32Array(300_000), shape) as Tensor<Float32Array>,
  shared: () =>
    tensor(new Float32Array(new SharedArrayBuffer(1_200_000)), shape) as Tensor<Float32Array>,
  allocated: () => allocate(shape),
};

const values = Float32Array.from({ length: 300_000 }, (_, i) => 4 * Math.sin(1.3 * i));

function filled(make: () => Tensor<Float32Array>): Tensor<Float32Array> {
  const x = make();
  x.data.set(values);
  return x;
}

/** Returns whether two tensors have the same bits: faster than an assertion on each element. */
function isSame(a: Tensor, b: Tensor): boolean {
  const bytes = ({ data: { buffer, byteOffset, byteLength } }: Tensor) =>
    new Uint8Array(buffer, byteOffset, byteLength);
  return Buffer.compare(bytes(a), bytes(b)) === 0;
}

let pool: Pool;

async function usePool(count: number, start = startWorker): Promise<void> {
  pool = await Pool.start(count, start);
  registerBackend(threadedBackend(new Scheduler(pool)));
}

beforeAll(() => {
  // Workers get their share, however busy the machine is.
  vi.spyOn(SpeedupMonitor.prototype, "wayOf").mockReturnValue("together");
});

afterAll(() => void vi.restoreAllMocks());

afterEach(async () => {
  registerBackend(undefined);
  await pool.stop();
});

describe.each(Object.keys(memories))("%s arrays, in place", (memory) => {
  it.each([
    ["exits", /^it exited with code 3$/],
    ["throws", /^out of order$/],
    ["hangs", /^it hangs$/],
  ])("are computed though a worker %s, which the report tells", async (fault, reason) => {
    const expected = crossEntropy.valueAndGrad(filled(memories.ordinary), target);
    await usePool(2, faulty(fault));
    const check = () => {
      const x = filled(memories[memory]);
      const { value, grad } = crossEntropy.valueAndGrad(x, target, { out: x });
      expect(value).toBe(expected.value);
      expect(isSame(grad, expected.grad)).toBe(true);
    };
    const lost = () => pool.workers().filter(({ state }) => state === "lost");
    for (let i = 0; i < 300 && lost().length < 2; i++) {
      // The first call wakes the workers.
      for (let k = 0; k < 4; k++) check();
      await sleep(10);
    }
    expect(lost().length).toBeGreaterThan(0);
    for (const worker of lost()) expect(worker.reason).toMatch(reason);
    check();
  });

  const inPlace = (options: object) => (make: () => Tensor<Float32Array>) => {
    const [input, target] = [filled(make), make()];
    const { value } = mseLoss.valueAndGrad(input, target, { ...options, out: { input, target } });
    return { value, results: [input, target] };
  };

  it.each<[string, (make: () => Tensor<Float32Array>) => { value: unknown; results: Tensor[] }]>([
    ["mseLoss", inPlace({})],
    ["mseLoss with weights", inPlace({ sampleWeight: tensor(values.map(Math.abs), shape) })],
    [
      "mseLoss without a reduction",
      (make) => {
        const [input, target] = [filled(make), make()];
        mseLoss(input, target, { reduction: "none", out: input });
        return { value: undefined, results: [input] };
      },
    ],
    [
      "binaryCrossEntropyWithLogits with weights of classes",
      (make) => {
        const [input, target] = [filled(make), make()];
        const posWeight = Float32Array.from({ length: 100 }, (_, j) => j % 3);
        const options = { posWeight, out: { input }, differentiate: ["input"] };
        const { value } = binaryCrossEntropyWithLogits.valueAndGrad(input, target, options);
        return { value, results: [input] };
      },
    ],
    [
      "multilabelSoftMarginLoss and its upstream gradients",
      (make) => {
        const { data } = filled(make);
        const input = tensor(data, [300_000, 1]);
        const options = { reduction: "none", gradOutput: tensor(data, [300_000]) } as const;
        const labels = tensor(values.map(Math.abs), [300_000, 1]);
        multilabelSoftMarginLoss.valueAndGrad(input, labels, { ...options, out: { input } });
        return { value: undefined, results: [input] };
      },
    ],
    [
      "sparsemaxLoss",
      (make) => {
        const out = filled(make);
        const { value } = sparsemaxLoss.valueAndGrad(out, target, { labelSmoothing: 0.1, out });
        return { value, results: [out] };
      },
    ],
    [
      "crossEntropy with weights",
      (make) => {
        const x = filled(make);
        const weight = Array.from({ length: 100 }, (_, j) => j % 3);
        const sampleWeight = Array.from({ length: 3000 }, (_, r) => r % 4);
        const { value } = crossEntropy.valueAndGrad(x, target, { weight, sampleWeight, out: x });
        return { value, results: [x] };
      },
    ],
  ])("are the arguments of %s, computed though a worker exits", async (_, call) => {
    const expected = call(memories.ordinary);
    await usePool(1, faulty("exits"));
    for (let i = 0; i < 300 && pool.count() === 2; i++) {
      const { value, results } = call(memories[memory]);
      expect(value).toEqual(expected.value);
      for (const [k, result] of results.entries()) {
        expect(isSame(result, expected.results[k])).toBe(true);
      }
      await sleep(10);
    }
    expect(pool.workers()).toEqual([{ state: "lost", reason: "it exited with code 3" }]);
  });

  it("are computed though each result of a worker comes too late", async () => {
    const expected = crossEntropy.valueAndGrad(filled(memories.ordinary), target);
    await usePool(1, faulty("late"));
    for (let i = 0; i < 30; i++) {
      const x = filled(memories[memory]);
      const { value, grad } = crossEntropy.valueAndGrad(x, target, { out: x });
      expect(value).toBe(expected.value);
      expect(isSame(grad, expected.grad)).toBe(true);
      await sleep(1);
    }
    expect(pool.workers()).toEqual([{ state: "running" }]);
  });
});

it("goes on without a worker that was ended between calls", async () => {
  await usePool(2);
  const expected = crossEntropy(filled(memories.ordinary), target);
  pool.markLost(1, "it was ended");
  await sleep(20);
  expect(pool.count()).toBe(2);
  expect(pool.workers()[0]).toEqual({ state: "lost", reason: "it was ended" });
  for (let i = 0; i < 20; i++) expect(crossEntropy(filled(memories.shared), target)).toBe(expected);
});

it("says why workers do not start", async () => {
  await usePool(2, async () => {
    throw new Error("no workers here");
  });
  expect(pool.count()).toBe(1);
  expect(pool.workers()).toEqual([
    { state: "lost", reason: "no workers here" },
    { state: "lost", reason: "no workers here" },
  ]);
});

it("gives workers their share", async () => {
  await usePool(1);
  const x = filled(memories.shared);
  for (let i = 0; i < 1000 && pool.control.counters[counter.progress + 1] === 0; i++) {
    crossEntropy(x, target);
    await sleep(1);
  }
  expect(pool.control.counters[counter.progress + 1]).toBeGreaterThan(0);
});
