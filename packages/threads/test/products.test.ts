import { setTimeout as sleep } from "node:timers/promises";
import { type Tensor, tensor } from "@surprisal/core";
import { gemmKernel, type Matrix, type TransposedFactor } from "@surprisal/core/authoring";
import { linearCrossEntropy } from "@surprisal/language";
import { random } from "@surprisal/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Scheduler } from "../src/scheduler.ts";
import { faulty } from "./faultyWorkers.ts";
import {
  giveWorkersTheirShare,
  memories,
  poolInUse,
  tasksOfWorkers,
  useWorkers,
} from "./lossCalls.ts";

type Make = (length: number) => Float32Array;

/** Repeats a check until workers have computed a part of it, which they cannot where the caller is done before them. */
async function withWorkers(count: number, check: () => void): Promise<void> {
  await useWorkers(count);
  for (let i = 0; i < 100 && tasksOfWorkers() === 0; i++) {
    // On a busy machine, a worker may have been taken for one that hangs.
    if (poolInUse().count() === 1) await useWorkers(count);
    check();
  }
  expect(tasksOfWorkers()).toBeGreaterThan(0);
  check();
}

const run = vi.spyOn(Scheduler.prototype, "runProduct");

giveWorkersTheirShare();
afterEach(() => useWorkers(0));

function bytesOf({ buffer, byteOffset, byteLength }: Tensor["data"]): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function isSame(a: Tensor["data"], b: Tensor["data"]): boolean {
  return Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
}

/** Products of T × D, V × D and T × V: so many multiplications that sleeping workers are woken. */
interface Sizes {
  readonly T: number;
  readonly V: number;
  readonly D: number;
}

/** Returns the result of a product in a kind of memory, and what calls it again. */
function productIn(make: Make, { T, V, D }: Sizes, result: string) {
  const r = random(T + V + D);
  const matrix = (rows: number, columns: number): Matrix & { data: Float32Array } => {
    const data = make(rows * columns);
    for (let k = 0; k < data.length; k++) data[k] = 2 * r.uniform() - 1;
    return { data, rows, columns };
  };
  const [tall, short, wide] = [matrix(V, D), matrix(T, D), matrix(T, V)];
  const products: Record<
    string,
    [Matrix, Matrix, Matrix & { data: Float32Array }, TransposedFactor]
  > = {
    wide: [short, tall, wide, "b"],
    short: [wide, tall, short, undefined],
    tall: [wide, short, tall, "a"],
  };
  gemmKernel(...products[result]);
  return products[result][2].data;
}

describe.each<Sizes>([
  { T: 60, V: 3001, D: 96 },
  // The sums are made of several groups, and blocks have rows of no whole vectors.
  { T: 22, V: 40_003, D: 20 },
  // Longer rows than kernels multiply at once, and more positions than threads multiply at once.
  { T: 150, V: 701, D: 2100 },
  { T: 7, V: 5003, D: 520 },
  // Two blocks.
  { T: 900, V: 200, D: 100 },
])("a product of matrices: T = $T, V = $V, D = $D", (sizes) => {
  it.each(["tall", "short", "wide"])("has the same bits on several threads: %s", async (result) => {
    const expected = productIn(memories.ordinary, sizes, result);
    for (const [kind, make] of Object.entries(memories)) {
      for (const workers of [1, 2]) {
        run.mockClear();
        await withWorkers(workers, () => {
          expect(isSame(productIn(make, sizes, result), expected), kind).toBe(true);
        });
        expect(run.mock.results.every(({ value }) => value === true)).toBe(true);
      }
      await useWorkers(0);
    }
  });
});

const [positions, depth, vocabulary] = [50, 96, 6007];

/** Returns the losses and the gradients of a call, the same numbers in each kind of memory. */
function lossIn(make: Make, given: object): Tensor["data"][] {
  const r = random(7);
  const filled = (shape: number[], isOut = false) => {
    const data = make(shape.reduce((a, b) => a * b));
    for (let k = 0; !isOut && k < data.length; k++) data[k] = r.uniform() - 0.5;
    return tensor(data, shape);
  };
  const shapes = { input: [positions, depth], weight: [vocabulary, depth], bias: [vocabulary] };
  const [input, weight, bias] = Object.values(shapes).map((shape) => filled(shape));
  const ids = Int32Array.from({ length: positions }, () => r.below(vocabulary));
  for (let t = 3; t < positions; t += 7) ids[t] = -100;
  const hasBias = "bias" in given;
  const out = {
    input: filled(shapes.input, true),
    weight: filled(shapes.weight, true),
    ...(hasBias && { bias: filled(shapes.bias, true) }),
  };
  const options = { ...given, ...(hasBias && { bias }) };
  const value = linearCrossEntropy(input, weight, ids, options as object);
  const both = linearCrossEntropy.valueAndGrad(input, weight, ids, { ...options, out } as object);
  const numbers = (x: unknown) => (typeof x === "number" ? Float64Array.of(x) : (x as Tensor).data);
  return [value, both.value, ...Object.values(both.grads)].map(numbers);
}

describe.each<[string, object]>([
  ["ignored tokens", {}],
  ["a bias", { bias: true }],
  ["a softcap and shift", { softcap: 3, shift: true }],
  [
    "a bias, label smoothing and no reduction",
    { bias: true, labelSmoothing: 0.1, reduction: "none" },
  ],
])("linearCrossEntropy with %s", (_, options) => {
  it.each(Object.keys(memories))(
    "has the same bits on several threads: %s arrays",
    async (kind) => {
      const expected = lossIn(memories.ordinary, options);
      expect(expected[0][0]).toBeGreaterThan(1);
      for (const workers of [1, 2]) {
        await withWorkers(workers, () => {
          const actual = lossIn(memories[kind], options);
          expect(actual.length).toBe(expected.length);
          for (const [i, numbers] of actual.entries()) {
            expect(isSame(numbers, expected[i]), `result ${i}`).toBe(true);
          }
        });
      }
    },
  );
});

const sizes = { T: 40, V: 6001, D: 96 };

/** Computes a product until the worker is lost, and once more. */
async function checkUntilLost(kind: string, fault: string, result: string, reason: RegExp) {
  const expected = productIn(memories.ordinary, sizes, result);
  const check = () =>
    expect(isSame(productIn(memories[kind], sizes, result), expected), result).toBe(true);
  await useWorkers(1, faulty(fault));
  for (let i = 0; i < 300 && poolInUse().count() === 2; i++) {
    check();
    await sleep(10);
    // The report notices a worker that hangs.
    poolInUse().workers();
  }
  expect(poolInUse().workers()[0]).toEqual({
    state: "lost",
    reason: expect.stringMatching(reason),
  });
  check();
}

describe.each(Object.keys(memories))("a product of %s arrays", (kind) => {
  it.each([
    ["exits", /^it exited with code 3$/],
    ["throws", /^out of order$/],
    ["hangs", /^it hangs$/],
  ])("is computed though a worker %s", async (fault, reason) => {
    for (const result of ["tall", "short", "wide"]) {
      await checkUntilLost(kind, fault, result, reason);
      await useWorkers(0);
    }
  });
});

it.each(["tall", "wide"])(
  "a product is completed though a worker hangs while it writes a part: %s",
  (result) => checkUntilLost("shared", "hangsWriting", result, /^it hangs$/),
);
