// Calls of losses, alone and with workers, and the comparison of their bits.
import { serialize } from "node:v8";
import { allocate, type Tensor } from "@surprisal/core";
import { registerBackend } from "@surprisal/core/authoring";
import { random } from "@surprisal/testing";
import { afterAll, beforeAll, expect, vi } from "vitest";
import { threadedBackend } from "../src/backend.ts";
import { counter } from "../src/control.ts";
import { Pool } from "../src/pool.ts";
import { Scheduler } from "../src/scheduler.ts";
import { SpeedupMonitor } from "../src/speedup.ts";
import { startWorker } from "../src/startWorker.ts";

export type AnyLoss = {
  (...args: unknown[]): unknown;
  valueAndGrad(...args: unknown[]): { value: unknown; grads?: Record<string, Tensor> };
};

/** So many elements that sleeping workers are woken. The last block is not full. */
export const count = 300_003;

export const memories: Record<string, (length: number) => Float32Array> = {
  ordinary: (length) => new Float32Array(length),
  shared: (length) => new Float32Array(new SharedArrayBuffer(4 * length)),
  allocated: (length) => allocate([length]).data,
};

/** Losses whose target, the last argument, is 1 or −1. */
export const signed = ["hingeEmbeddingLoss", "marginRankingLoss", "softMarginLoss"];

/** Losses of three arguments. */
export const ofThree = ["gaussianNllLoss", "marginRankingLoss"];

/** Returns one weight per loss, some of them 0. */
export function weightsOf(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => (i % 7) / 3);
}

/** Returns arguments in a kind of memory, the same numbers for each kind. */
export function argumentsOf(name: string, count: number, memory: string): Float32Array[] {
  const r = random(count);
  return Array.from({ length: ofThree.includes(name) ? 3 : 2 }, (_, i, last = i > 0) => {
    const array = memories[memory](count);
    const isSigned = last && signed.includes(name);
    for (let k = 0; k < count; k++)
      array[k] = isSigned ? Math.sign(r.uniform() - 0.5) : r.uniform();
    return array;
  });
}

export function bytesOf({ data: { buffer, byteOffset, byteLength } }: Tensor): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Returns a number, or a copy of the bytes of losses that are not reduced. */
export function copyOf(value: unknown): number | Buffer {
  return typeof value === "number" ? value : Buffer.from(bytesOf(value as Tensor));
}

/** Returns the value and the gradients, with copies of their bytes. */
export function results(loss: AnyLoss, args: unknown[], options: object) {
  const { value, grads, grad } = loss.valueAndGrad(...args, options) as {
    value: number | Tensor;
    grad: Tensor;
    grads?: Record<string, Tensor>;
  };
  const gradients = Object.entries(grads ?? { input: grad });
  return {
    value: copyOf(value),
    gradients: gradients.map(([name, tensor]) => [name, Buffer.from(bytesOf(tensor))] as const),
  };
}

export type Results = ReturnType<typeof results>;

export function expectSameValue(actual: number | Buffer, expected: number | Buffer): void {
  if (typeof actual === "number" || typeof expected === "number") expect(actual).toBe(expected);
  else expect(Buffer.compare(actual, expected)).toBe(0);
}

export function expectSame(actual: Results, expected: Results): void {
  expectSameValue(actual.value, expected.value);
  expect(actual.gradients.map(([name]) => name)).toEqual(expected.gradients.map(([name]) => name));
  actual.gradients.forEach(([name, bytes], i) => {
    expect(Buffer.compare(bytes, expected.gradients[i][1]), name).toBe(0);
  });
}

let pool: Pool | undefined;

/** Lets a number of workers compute, or none. */
export async function useWorkers(count: number, start = startWorker): Promise<void> {
  registerBackend(undefined);
  await pool?.stop();
  pool = count === 0 ? undefined : await Pool.start(count, start);
  if (pool !== undefined) registerBackend(threadedBackend(new Scheduler(pool)));
}

/** Returns the workers that compute, with the caller. */
export function poolInUse(): Pool {
  if (pool === undefined) throw new Error("There are no workers.");
  return pool;
}

/** Returns how many tasks the workers in use have finished. */
export function tasksOfWorkers(): number {
  const { counters } = poolInUse().control;
  return counters.subarray(counter.progress).reduce((sum, tasks) => sum + tasks, 0);
}

/** Repeats a call until workers have computed a part of it, which they cannot where the caller is done before them. */
export async function shared<Result>(
  call: () => Result,
  check: (result: Result) => void,
): Promise<void> {
  const workers = pool?.workers().length ?? 0;
  let before = tasksOfWorkers();
  for (let i = 0; i < 300 && tasksOfWorkers() === before; i++) {
    // On a busy machine, a worker may have been taken for one that hangs.
    if (pool?.count() === 1) {
      await useWorkers(workers);
      before = 0;
    }
    check(call());
  }
  expect(tasksOfWorkers()).toBeGreaterThan(before);
}

/** Lets workers compute in the tests of a file, however busy the machine is. */
export function giveWorkersTheirShare(): void {
  beforeAll(() => {
    vi.spyOn(SpeedupMonitor.prototype, "wayOf").mockReturnValue("together");
  });
  afterAll(() => void vi.restoreAllMocks());
}

/** Returns whether two results hold the same numbers. */
export function isSame(a: object, b: object): boolean {
  return Buffer.compare(serialize(a), serialize(b)) === 0;
}
