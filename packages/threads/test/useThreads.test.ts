import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { allocate, softmax, tensor } from "@surprisal/core";
import { afterEach, expect, it, vi } from "vitest";
import { threads, useThreads } from "../src/index.ts";

afterEach(async () => {
  vi.unstubAllGlobals();
  await useThreads(1);
});

/** The workers of this process that live. */
function liveWorkers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "MessagePort").length;
}

it("reports what computes", async () => {
  expect(threads()).toEqual({ count: 1, shared: true, workers: [] });
  const two = { count: 2, shared: true, workers: [{ state: "running" }] };
  expect(await useThreads(2)).toEqual(two);
  expect(threads()).toEqual(two);
  expect(await useThreads(1)).toEqual({ count: 1, shared: true, workers: [] });
});

it("takes all cores by default", async () => {
  expect((await useThreads()).count).toBe(Math.min(128, availableParallelism()));
});

it("takes all cores in Node 20, which has no navigator", async () => {
  vi.stubGlobal("navigator", undefined);
  expect((await useThreads()).count).toBe(Math.min(128, availableParallelism()));
});

it("takes calls one after the other", async () => {
  const before = liveWorkers();
  const reports = await Promise.all([useThreads(3), useThreads(2), useThreads(1), useThreads(4)]);
  expect(reports.map(({ count }) => count)).toEqual([3, 2, 1, 4]);
  expect(threads().count).toBe(4);
  await useThreads(1);
  expect(liveWorkers()).toBe(before);
});

it("refuses counts that cannot be, and stays as it was", async () => {
  await useThreads(2);
  await expect(useThreads("2" as never)).rejects.toThrow(
    new TypeError('useThreads: count must be a whole number from 1 to 128, got "2".'),
  );
  for (const count of [0, -1, 1.5, Number.NaN, 129]) {
    await expect(useThreads(count)).rejects.toThrow(RangeError);
  }
  expect(threads().count).toBe(2);
});

it("stays on one thread without shared memory, and says why", async () => {
  vi.stubGlobal("crossOriginIsolated", false);
  const report = await useThreads(2);
  expect(report).toMatchObject({ count: 1, shared: false, workers: [] });
  expect(report.reason).toMatch(/crossOriginIsolated/);
  vi.stubGlobal("crossOriginIsolated", undefined);
  vi.stubGlobal("SharedArrayBuffer", undefined);
  expect(await useThreads(2)).toEqual({
    count: 1,
    shared: false,
    reason: "there is no SharedArrayBuffer",
    workers: [],
  });
  expect(softmax([0, 0])).toEqual([0.5, 0.5]);
});

it("allocates large tensors in shared memory while there are threads", async () => {
  const isShared = (length: number) => allocate([length]).data.buffer instanceof SharedArrayBuffer;
  expect(isShared(1 << 20)).toBe(false);
  await useThreads(2);
  expect(isShared(1 << 20)).toBe(true);
  expect(isShared(1000)).toBe(false);
  const early = allocate([1 << 16]);
  early.data.fill(1);
  const expected = softmax(tensor(early.data, [64, 1024]));
  await useThreads(1);
  expect(isShared(1 << 20)).toBe(false);
  expect(softmax(tensor(early.data, [64, 1024]))).toEqual(expected);
});

it("lets the process end while workers are idle", () => {
  const program = `
    import { softmax, tensor } from "@surprisal/core";
    import { useThreads } from "@surprisal/threads";
    const { count } = await useThreads(3);
    const sum = softmax(tensor(new Float32Array(300_000), [2, 150_000])).data.reduce((a, b) => a + b);
    console.log(count, Math.round(sum));
  `;
  const args = ["--conditions=@surprisal/source", "--input-type=module", "--eval", program];
  const ended = spawnSync(process.execPath, args, {
    cwd: import.meta.dirname,
    encoding: "utf8",
    timeout: 50_000,
  });
  expect(ended.stderr).toBe("");
  expect(ended).toMatchObject({ status: 0, stdout: "3 2\n" });
});
