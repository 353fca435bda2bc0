import {
  allocate,
  kernels,
  logAddExp,
  sigmoid,
  softmax,
  type Tensor,
  tensor,
  useKernels,
} from "@surprisal/core";
import type { Layout } from "@surprisal/core/authoring";
import { crossEntropy, focalLoss, mseLoss, nllLoss } from "@surprisal/losses";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { useThreads } from "../src/index.ts";
import { Scheduler } from "../src/scheduler.ts";
import { SpeedupMonitor } from "../src/speedup.ts";
import { digests, elementDigests } from "./results.ts";

const memories = {
  ordinary: (length: number) => new Float32Array(length),
  // Copies between odd and even multiples of four bytes go another way.
  "ordinary at an odd multiple of four": (length: number) =>
    new Float32Array(length + 1).subarray(1),
  shared: (length: number) => new Float32Array(new SharedArrayBuffer(4 * length)),
  allocated: (length: number) => allocate([length]).data,
};

const layouts: readonly Layout[] = [
  { outer: 40_001, size: 2, inner: 1 },
  { outer: 13_003, size: 10, inner: 1 },
  { outer: 403, size: 255, inner: 1 },
  { outer: 101, size: 1000, inner: 1 },
  { outer: 4, size: 50_257, inner: 1 },
  { outer: 3, size: 128_256, inner: 1 },
  { outer: 2, size: 200_000, inner: 1 },
  { outer: 6, size: 21, inner: 1024 },
  { outer: 1, size: 21, inner: 5003 },
  { outer: 3, size: 7, inner: 5003 },
  { outer: 201, size: 100, inner: 5 },
  { outer: 800, size: 10, inner: 12 },
  { outer: 3000, size: 10, inner: 3 },
  { outer: 700, size: 2, inner: 63 },
  { outer: 2, size: 500, inner: 150 },
  { outer: 20, size: 1500, inner: 3 },
];

type AnyClassLoss = {
  (...args: unknown[]): unknown;
  valueAndGrad(...args: unknown[]): { value: unknown; grad: Tensor };
};

/** Returns a copy of the bytes of a number or of a tensor's numbers. */
function bytesOf(value: unknown): Uint8Array {
  const { buffer, byteOffset, byteLength } =
    typeof value === "number" ? Float64Array.of(value) : (value as Tensor).data;
  return new Uint8Array(buffer, byteOffset, byteLength).slice();
}

const elementCounts = [65_536, 100_003, 300_001];

beforeAll(() => {
  // Workers get their share, however busy the machine is.
  vi.spyOn(SpeedupMonitor.prototype, "wayOf").mockReturnValue("together");
});

afterAll(async () => {
  vi.restoreAllMocks();
  await useThreads(1);
});

describe.each(kernels().available)("kernels %s", (level) => {
  beforeAll(() => void useKernels(level));
  afterAll(() => void useKernels("auto"));

  // The memory of arrays makes no difference to the other kernels: one set of them sees all kinds.
  const kinds = (Object.keys(memories) as (keyof typeof memories)[]).slice(
    0,
    level === kernels().active ? undefined : 1,
  );

  describe.each(kinds)("%s memory", (memory) => {
    const make = memories[memory];
    const expected = new Map<Layout | number, Record<string, string>>();

    beforeAll(async () => {
      await useThreads(1);
      for (const layout of layouts) expected.set(layout, digests(layout, make));
      for (const count of elementCounts) expected.set(count, elementDigests(count, make));
    });

    describe.each([2, 3])("%i threads", (threads) => {
      beforeAll(() => useThreads(threads));

      it.each(layouts)("give the same bits as one: rows of $outer, $size, $inner", (layout) => {
        expect(digests(layout, make)).toEqual(expected.get(layout));
      });

      it.each(elementCounts)("give the same bits as one: %i elements", (count) => {
        expect(elementDigests(count, make)).toEqual(expected.get(count));
      });
    });
  });
});

it("gives the same losses, gradients and elements through the public functions", async () => {
  const shape = [3001, 50];
  const data = Float32Array.from({ length: 150_050 }, (_, i) => 3 * Math.sin(i));
  const input = tensor(data, shape);
  const target = Int32Array.from({ length: 3001 }, (_, i) => (i % 5 === 0 ? -100 : i % 50));
  const probabilities = softmax(tensor(data.toReversed(), shape));
  const weight = Array.from({ length: 50 }, (_, i) => i % 3);
  const all = () => [
    ...[
      {},
      { weight },
      { reduction: "none" },
      { labelSmoothing: 0.1 },
      { zLoss: 1e-4 },
      { softcap: 2 },
    ].map((options) => crossEntropy.valueAndGrad(input, target, options as object)),
    crossEntropy.valueAndGrad(input, probabilities),
    sigmoid(input),
    logAddExp(input, 1),
  ];
  await useThreads(1);
  const expected = all();
  await useThreads(3);
  expect(all()).toEqual(expected);
});

it.each(["together", "alone"] as const)(
  "refuses wrong probabilities, if it computes %s",
  async (way) => {
    const wayOf = vi.spyOn(SpeedupMonitor.prototype, "wayOf").mockReturnValue(way);
    await useThreads(2);
    for (const [rows, classes] of [
      [13_003, 10],
      [301, 1000],
      [3, 128_256],
    ]) {
      const input = tensor(new Float32Array(rows * classes), [rows, classes]);
      const target = tensor(new Float32Array(rows * classes).fill(1 / classes), [rows, classes]);
      const loss = crossEntropy(input, target);
      expect(loss).toBeCloseTo(Math.log(classes), 5);
      for (const place of [0, rows * classes - 1]) {
        const wrong = { ...target, data: target.data.with(place, -0.25) };
        expect(() => crossEntropy(input, wrong)).toThrow("got -0.25");
      }
    }
    wayOf.mockReturnValue("together");
  },
);

describe.each(Object.keys(memories) as (keyof typeof memories)[])(
  "class losses of %s arrays have the same bits on one thread and on several",
  (memory) => {
    const run = vi.spyOn(Scheduler.prototype, "run");
    afterEach(() => void run.mockClear());

    it.each<[string, readonly number[]]>([
      ["crossEntropy", [30_003, 10]],
      ["crossEntropy", [301, 1000]],
      ["crossEntropy", [5, 128_256]],
      ["crossEntropy", [3, 21, 5003]],
      ["focalLoss", [30_003, 10]],
      ["focalLoss", [301, 1000]],
      ["nllLoss", [30_003, 10]],
      ["nllLoss", [3, 21, 5003]],
    ])("%s, shape %j", async (name, shape) => {
      const loss = { crossEntropy, focalLoss, nllLoss }[name] as AnyClassLoss;
      const axis = shape.length === 3 ? 1 : -1;
      const classes = shape.at(axis) as number;
      const rowShape = shape.filter((size) => size !== classes);
      const rows = rowShape.reduce((a, b) => a * b);
      const inner = axis === 1 ? shape[2] : 1;
      const isEvery = (k: number) => Array.from({ length: rows }, (_, r) => r % k === 0);
      const target = isEvery(7).map((ignored, r) => (ignored ? -100 : (r * 7) % classes));
      const sampleWeight = isEvery(5).map((ignored, r) => (ignored ? 0 : (r % 4) / 3));
      const weight = Float32Array.from({ length: classes }, (_, j) => (j % 3) / 7);
      const logits = Float32Array.from({ length: rows * classes }, (_, i) => -4 + 3 * Math.sin(i));
      const perRow = (data: number[]) => tensor(Float32Array.from(data), rowShape);
      const inputOf = (options: object) => {
        const data = make(logits.length);
        data.set(logits);
        for (let r = 0; r < rows; r++) {
          const isOfWeight0 =
            ("sampleWeight" in options && sampleWeight[r] === 0) ||
            ("weight" in options && weight[target[r]] === 0);
          // Rows that are ignored hold anything.
          if (target[r] >= 0 && !isOfWeight0) continue;
          data[Math.floor(r / inner) * classes * inner + (r % inner)] = Number.NaN;
        }
        return tensor(data, [...shape]);
      };
      const make = memories[memory];
      const weights = [{ weight }, { sampleWeight: perRow(sampleWeight) }];
      const allWeights = { ...weights[0], ...weights[1] };
      const upstream = { gradOutput: perRow(target.map((t) => t / classes)) };
      const calls: [object, object?][] = [
        [{}],
        [weights[0]],
        [weights[1]],
        [{ ...allWeights, reduction: "sum" }, { gradOutput: 0.3 }],
        [{ reduction: "none" }, { gradOutput: 0.3 }],
        [{ ...allWeights, reduction: "none" }, upstream],
      ];
      const all = () => {
        const results: Uint8Array[] = [];
        for (const [options, gradientOptions] of calls) {
          const given = { ...options, axis };
          const x = inputOf(options);
          const integers = { data: Int32Array.from(target), shape: rowShape };
          const value = loss(x, integers, given);
          expect(value).not.toBeNaN();
          const out = inputOf(options);
          const both = loss.valueAndGrad(x, integers, { ...given, ...gradientOptions });
          const inPlace = { ...given, ...gradientOptions, out };
          const replaced = loss.valueAndGrad(out, integers, inPlace);
          results.push(
            ...[value, both.value, both.grad, replaced.value, replaced.grad].map(bytesOf),
          );
        }
        return results;
      };
      await useThreads(1);
      const expected = all();
      for (const threads of [2, 3]) {
        await useThreads(threads);
        run.mockClear();
        const actual = all();
        expect(actual.every((bytes, i) => Buffer.compare(bytes, expected[i]) === 0)).toBe(true);
        const computed = run.mock.results.filter(({ value }) => value === true).length;
        // The target's logit is all that nllLoss reads: one thread is faster.
        expect(computed).toBe(name === "nllLoss" ? 0 : 3 * calls.length);
      }
    });
  },
);

it("gives the same element losses for tensors in the memory that threads share", async () => {
  const shape = [300, 401];
  const numbers = (seed: number) =>
    Float32Array.from({ length: 300 * 401 }, (_, i) => Math.sin(seed * i));
  const all = (place: (data: Float32Array) => Tensor<Float32Array>) => {
    const [input, target] = [place(numbers(3)), place(numbers(5))];
    const out = { input: place(numbers(1)) };
    const mean = mseLoss.valueAndGrad(input, target, { differentiate: ["input"], out });
    const capped = crossEntropy.valueAndGrad(input, new Int32Array(300), { softcap: 2 });
    return [mean.value, mean.grad.data, capped.value, capped.grad.data].map((value) =>
      typeof value === "number" ? value : Float32Array.from(value),
    );
  };
  await useThreads(1);
  const expected = all((data) => tensor(data, shape));
  await useThreads(2);
  const actual = all((data) => {
    const shared = allocate(shape);
    shared.data.set(data);
    expect(shared.data.buffer).toBeInstanceOf(SharedArrayBuffer);
    return shared;
  });
  expect(actual).toEqual(expected);
});

it("leaves upstream gradients that the kernels do not support to the formula", async () => {
  const input = tensor(
    Float32Array.from({ length: 100_000 }, (_, i) => Math.sin(i)),
    [100, 1000],
  );
  const target = new Int32Array(100).fill(7);
  const sampleWeight = new Float64Array(100).fill(1e-43);
  const run = () =>
    crossEntropy.valueAndGrad(input, target, { sampleWeight, labelSmoothing: 0.1 } as object);
  await useThreads(1);
  const expected = run();
  await useThreads(2);
  expect(run()).toEqual(expected);
});

it("computes tensors of other types and small ones as before", async () => {
  await useThreads(2);
  expect(softmax([1, 1])).toEqual([0.5, 0.5]);
  const wide = tensor(new Float64Array(200_000).fill(1), [100, 2000]);
  expect(softmax(wide).data[5]).toBe(1 / 2000);
});
