import { serialize } from "node:v8";
import { allocate, type Tensor, tensor } from "@surprisal/core";
import {
  type RowData,
  registerBackend,
  registeredBackend,
  squaredDifferenceKernel,
} from "@surprisal/core/authoring";
import * as losses from "@surprisal/losses";
import { blockLossNamed, composedLossNamed, version } from "@surprisal/losses/threads";
import { random } from "@surprisal/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { threadedBackend } from "../src/backend.ts";
import { counter } from "../src/control.ts";
import { lossText } from "../src/namedLoss.ts";
import { operationNumber } from "../src/operations.ts";
import { Pool } from "../src/pool.ts";
import { Scheduler } from "../src/scheduler.ts";
import { SpeedupMonitor } from "../src/speedup.ts";
import { type WebAssemblyApi, webAssembly } from "../src/webAssembly.ts";

type AnyLoss = {
  (...args: unknown[]): unknown;
  valueAndGrad(...args: unknown[]): { value: unknown; grads?: Record<string, Tensor> };
};

/** So many elements that sleeping workers are woken. The last block is not full. */
const count = 300_003;

const memories: Record<string, (length: number) => Float32Array> = {
  ordinary: (length) => new Float32Array(length),
  shared: (length) => new Float32Array(new SharedArrayBuffer(4 * length)),
  allocated: (length) => allocate([length]).data,
};

/** Losses whose target, the last argument, is 1 or −1. */
const signed = ["hingeEmbeddingLoss", "marginRankingLoss", "softMarginLoss"];
/** Losses of three arguments. */
const ofThree = ["gaussianNllLoss", "marginRankingLoss"];

/** Options other than the defaults, with which the formula gives other losses. */
const otherOptions: Record<string, object> = {
  asymmetricLoss: { gammaNeg: 2, clip: 0.2 },
  gaussianNllLoss: { full: true },
  hingeEmbeddingLoss: { margin: 0.4 },
  huberLoss: { delta: 0.3 },
  klDiv: { logTarget: true, reduction: "batchmean" },
  marginRankingLoss: { margin: 0.1 },
  poissonNllLoss: { logInput: false, full: true },
  sigmoidFocalLoss: { alpha: -1, gamma: 1.5 },
  smoothL1Loss: { beta: 0.2 },
};

/** The losses of elements that threads compute, but those that refuse the arguments of this test. */
const elementLosses = Object.entries(losses as unknown as Record<string, AnyLoss>).filter(
  ([name, loss]) => "valueAndGrad" in loss && isThreaded(name, loss),
);

function isThreaded(name: string, loss: AnyLoss): boolean {
  try {
    blockLossNamed({ name, options: {} }, []);
    loss(...argumentsOf(name, 4, "ordinary"));
    return true;
  } catch {
    return false;
  }
}

/** Returns one weight per loss, some of them 0. */
function weightsOf(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => (i % 7) / 3);
}

/** Returns arguments in a kind of memory, the same numbers for each kind. */
function argumentsOf(name: string, count: number, memory: string): Float32Array[] {
  const r = random(count);
  return Array.from({ length: ofThree.includes(name) ? 3 : 2 }, (_, i, last = i > 0) => {
    const array = memories[memory](count);
    const isSigned = last && signed.includes(name);
    for (let k = 0; k < count; k++)
      array[k] = isSigned ? Math.sign(r.uniform() - 0.5) : r.uniform();
    return array;
  });
}

function bytesOf({ data: { buffer, byteOffset, byteLength } }: Tensor): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Returns a number, or a copy of the bytes of losses that are not reduced. */
function copyOf(value: unknown): number | Buffer {
  return typeof value === "number" ? value : Buffer.from(bytesOf(value as Tensor));
}

/** Returns the value and the gradients, with copies of their bytes. */
function results(loss: AnyLoss, args: unknown[], options: object) {
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

type Results = ReturnType<typeof results>;

function expectSameValue(actual: number | Buffer, expected: number | Buffer): void {
  if (typeof actual === "number" || typeof expected === "number") expect(actual).toBe(expected);
  else expect(Buffer.compare(actual, expected)).toBe(0);
}

function expectSame(actual: Results, expected: Results): void {
  expectSameValue(actual.value, expected.value);
  expect(actual.gradients.map(([name]) => name)).toEqual(expected.gradients.map(([name]) => name));
  actual.gradients.forEach(([name, bytes], i) => {
    expect(Buffer.compare(bytes, expected.gradients[i][1]), name).toBe(0);
  });
}

const run = vi.spyOn(Scheduler.prototype, "run");

/** Returns how many losses of elements the threads have computed since the last call. */
function threadedCalls(): number {
  const isElementCall = (i: number) =>
    run.mock.calls[i][0].operation === operationNumber("blockLoss") &&
    run.mock.results[i].value === true;
  const count = run.mock.calls.filter((_, i) => isElementCall(i)).length;
  run.mockClear();
  return count;
}

let pool: Pool | undefined;

/** Lets a number of workers compute, or none. */
async function useWorkers(count: number): Promise<void> {
  registerBackend(undefined);
  await pool?.stop();
  pool = count === 0 ? undefined : await Pool.start(count);
  if (pool !== undefined) registerBackend(threadedBackend(new Scheduler(pool)));
}

/** Repeats a call until workers have computed a part of it, which they cannot where the caller is done before them. */
async function shared<Result>(call: () => Result, check: (result: Result) => void): Promise<void> {
  const workers = pool?.workers().length ?? 0;
  const tasksOfWorkers = () => {
    const { counters } = (pool as Pool).control;
    return counters.subarray(counter.progress).reduce((sum, tasks) => sum + tasks, 0);
  };
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

beforeAll(() => {
  // Workers get their share, however busy the machine is.
  vi.spyOn(SpeedupMonitor.prototype, "wayOf").mockReturnValue("together");
});

beforeEach(() => void run.mockClear());

afterAll(() => void vi.restoreAllMocks());

it("there are losses of elements", () => {
  expect(elementLosses.map(([name]) => name)).toEqual(
    expect.arrayContaining([...Object.keys(otherOptions), ...signed, ...ofThree, "mseLoss"]),
  );
});

describe("a loss of vectors has the same bits on several threads", () => {
  afterEach(() => useWorkers(0));

  it.each<[string, number[], { isWeighted?: true; hasUpstream?: true; [option: string]: unknown }]>(
    [
      ["jensenShannonDivergence", [30_001, 10], {}],
      ["jensenShannonDivergence", [301, 1000], { probabilities: true }],
      ["multilabelSoftMarginLoss", [30_001, 10], { reduction: "sum" }],
      ["multilabelSoftMarginLoss", [41, 7321], { gradOutput: 0.3 }],
      ["tripletMarginLoss", [3, 100_003], {}],
      ["tripletMarginLoss", [300_001, 1], {}],
      ["tripletMarginLoss", [3001, 101], { isWeighted: true }],
      ["tripletMarginLoss", [4, 100_003], { isWeighted: true }],
      ["jensenShannonDivergence", [30_001, 10], { isWeighted: true }],
      ["tripletMarginLoss", [13, 71, 333], { margin: 0.5, p: 1, swap: true }],
      ["jensenShannonDivergence", [30_001, 10], { reduction: "none" }],
      ["tripletMarginLoss", [301, 1000], { reduction: "none", isWeighted: true }],
      ["tripletMarginLoss", [300_001, 1], { reduction: "none", hasUpstream: true }],
      ["multilabelSoftMarginLoss", [41, 7321], { reduction: "none", hasUpstream: true }],
      ["multilabelSoftMarginLoss", [30_001, 10], { weight: weightsOf(10), isWeighted: true }],
      [
        "multilabelSoftMarginLoss",
        [30_001, 10],
        { weight: tensor(weightsOf(300_010), [30_001, 10]) },
      ],
      ["cosineEmbeddingLoss", [30_001, 10], {}],
      ["cosineEmbeddingLoss", [300_001, 1], { margin: 0.3, isWeighted: true }],
      ["cosineEmbeddingLoss", [13, 71, 333], { reduction: "none", hasUpstream: true }],
    ],
  )("%s, shape %j, %j", async (name, shape, { isWeighted, hasUpstream, ...given }) => {
    const rows = shape.slice(0, -1);
    const rowCount = rows.reduce((a, b) => a * b);
    const options = {
      ...given,
      ...(isWeighted && { sampleWeight: weightsOf(rowCount) }),
      ...(hasUpstream && { gradOutput: tensor(weightsOf(rowCount), rows) }),
    };
    const loss = (losses as unknown as Record<string, AnyLoss>)[name];
    const length = shape.reduce((a, b) => a * b);
    const labels = Int8Array.from({ length: rowCount }, (_, i) => (i % 3 === 0 ? 1 : -1));
    const argumentsIn = (kind: string) => {
      const vectors = [1, 2, 3].slice(0, name === "tripletMarginLoss" ? 3 : 2).map((seed) => {
        const r = random(seed);
        const data = memories[kind](length);
        for (let k = 0; k < length; k++) data[k] = r.uniform();
        return tensor(data, shape);
      });
      return name === "cosineEmbeddingLoss" ? [...vectors, { data: labels, shape: rows }] : vectors;
    };
    const { gradOutput: _gradOutput, ...valueOptions } = options as Record<string, unknown>;
    const expectedValue = copyOf(loss(...argumentsIn("ordinary"), valueOptions));
    const expected = results(loss, argumentsIn("ordinary"), options);
    await useWorkers(2);
    for (const kind of Object.keys(memories)) {
      const args = argumentsIn(kind);
      await shared(
        () => copyOf(loss(...args, valueOptions)),
        (value) => expectSameValue(value, expectedValue),
      );
      await shared(
        () => results(loss, args, options),
        (actual) => expectSame(actual, expected),
      );
    }
  });
});

describe("a loss of elements has the same bits on several threads", () => {
  afterEach(() => useWorkers(0));

  const shape = [3001, 100];
  const full = () => tensor(weightsOf(300_100), shape);
  const column = () => tensor(weightsOf(3001), [3001, 1]);
  const row = () => tensor(weightsOf(100), [100]);
  const labels = Uint8Array.from({ length: 300_100 }, (_, i) => i & 1);

  it.each<[string, string, { target?: unknown; [option: string]: unknown }]>([
    ["binaryCrossEntropyWithLogits", "one weight per class", { posWeight: row() }],
    ["binaryCrossEntropyWithLogits", "weights of one row", { posWeight: row(), weight: column() }],
    ["binaryCrossEntropyWithLogits", "nested weights", { posWeight: [[2]], weight: [[0.5]] }],
    ["binaryCrossEntropyWithLogits", "all weights", { posWeight: full(), weight: full() }],
    ["binaryCrossEntropyWithLogits", "weights of the sum", { weight: row(), sampleWeight: full() }],
    ["binaryCrossEntropyWithLogits", "labels", { target: { data: labels, shape } }],
    ["binaryCrossEntropy", "one weight per class", { weight: row() }],
    [
      "binaryCrossEntropy",
      "float64",
      { weight: tensor(new Float64Array(300_100).fill(0.1), shape) },
    ],
    ["binaryCrossEntropy", "a repeated target", { target: tensor(Float32Array.of(0.3), [1, 1]) }],
    ["huberLoss", "one weight per class", { weight: row(), delta: 0.3 }],
    ["huberLoss", "all weights", { weight: full() }],
    ["huberLoss", "a repeated target", { target: row(), differentiate: ["input"] }],
    ["mseLoss", "a repeated target", { target: column(), differentiate: ["input"] }],
    ["klDiv", "a repeated target", { target: row(), differentiate: ["input"] }],
  ])("%s with %s", async (name, _, { target, differentiate, ...options }) => {
    const loss = (losses as unknown as Record<string, AnyLoss>)[name];
    const calls = (kind: string) => {
      const [input, other] = argumentsOf(name, 300_100, kind).map((data) => tensor(data, shape));
      const args = [input, target ?? other];
      const selected = differentiate ?? (target === undefined ? ["input", "target"] : ["input"]);
      const [none, gradOutput] = [{ ...options, reduction: "none" }, input];
      return {
        value: () => copyOf(loss(...args, options)),
        losses: () => copyOf(loss(...args, none)),
        gradients: () => results(loss, args, { ...options, differentiate: selected }),
        each: () => results(loss, args, { ...none, differentiate: selected, gradOutput }),
      };
    };
    const alone = calls("ordinary");
    const expected = {
      value: alone.value(),
      losses: alone.losses(),
      gradients: alone.gradients(),
      each: alone.each(),
    };
    await useWorkers(2);
    for (const kind of Object.keys(memories)) {
      const { value, losses, gradients, each } = calls(kind);
      await shared(value, (actual) => expectSameValue(actual, expected.value));
      await shared(losses, (actual) => expectSameValue(actual, expected.losses));
      await shared(gradients, (actual) => expectSame(actual, expected.gradients));
      // More than four arrays stay on one thread.
      if (name === "binaryCrossEntropyWithLogits" && options.weight && options.posWeight) {
        expectSame(each(), expected.each);
      } else await shared(each, (actual) => expectSame(actual, expected.each));
    }
  });
});

describe.each(Object.keys(memories))("%s arrays", (kind) => {
  /** Returns calls with default options, with others, and with weights. */
  const callsOf = (name: string, loss: AnyLoss) => {
    const args = argumentsOf(name, count, kind).map((data) => tensor(data, [count]));
    const sampleWeight = weightsOf(count);
    // Losses of weight 0 are not numbers.
    const partlyIgnored = argumentsOf(name, count, kind).map((data) => {
      for (let k = 0; k < count; k += 7) data[k] = Number.NaN;
      return tensor(data, [count]);
    });
    return [
      { args, options: { reduction: "sum" } },
      { args, options: otherOptions[name] ?? {} },
      { args: partlyIgnored, options: { sampleWeight } },
      { args, options: { reduction: "none" } },
      { args: partlyIgnored, options: { sampleWeight, reduction: "none" }, gradOutput: 3 },
      { args, options: { reduction: "none" }, gradOutput: args[0] },
    ].map(({ args, options, ...upstream }) => ({
      value: () => copyOf(loss(...args, options)),
      valueAndGrad: () => results(loss, args, { ...options, ...upstream }),
    }));
  };
  const expected = new Map<string, { value: number | Buffer; valueAndGrad: Results }[]>();

  beforeAll(async () => {
    for (const [name, loss] of elementLosses) {
      const alone = callsOf(name, loss).map(({ value, valueAndGrad }) => ({
        value: value(),
        valueAndGrad: valueAndGrad(),
      }));
      expected.set(name, alone);
    }
    await useWorkers(2);
  });
  afterAll(() => useWorkers(0));

  it.each(elementLosses)("%s has the same bits on several threads", async (name, loss) => {
    for (const [i, { value, valueAndGrad }] of callsOf(name, loss).entries()) {
      const alone = expected.get(name)?.[i];
      if (alone === undefined) throw new Error(`There are no results of ${name}.`);
      expect(alone.value).not.toBeNaN();
      await shared(value, (actual) => expectSameValue(actual, alone.value));
      await shared(valueAndGrad, (actual) => expectSame(actual, alone.valueAndGrad));
    }
  });
});

const composedLosses = [
  "focalLoss",
  "generalizedCrossEntropy",
  "polyLoss",
  "symmetricCrossEntropy",
];

/** The losses of classes that are computed by their formula, at least for some targets. */
const formulaLosses = [...composedLosses, "multiMarginLoss", "sparsemaxLoss"];

describe.each(formulaLosses)("%s has the same bits on several threads", (name) => {
  const loss = (losses as unknown as Record<string, AnyLoss>)[name];
  const otherOptions: Record<string, object> = {
    focalLoss: { gamma: 0.5 },
    generalizedCrossEntropy: { q: 0.3 },
    multiMarginLoss: { p: 2, margin: 0.5 },
    polyLoss: { epsilon: -0.4 },
    symmetricCrossEntropy: { alpha: 0.1, logZero: -6 },
  };

  afterEach(() => useWorkers(0));

  const smoothing = { labelSmoothing: 0.1 };
  const weight = Array.from({ length: 10 }, (_, j) => j % 3);
  const soft = { hasProbabilities: true };

  it.each<[string, number[], { hasProbabilities?: boolean; [option: string]: unknown }]>([
    ["short rows", [30_003, 10], otherOptions[name] ?? {}],
    ["long rows", [301, 1000], { sampleWeight: tensor(new Float32Array(301).fill(3), [301]) }],
    ["few rows", [3, 131_073], {}],
    ["columns", [3, 21, 5003], { axis: 1, reduction: "none" }],
    ["class weights", [30_003, 10], { weight }],
    ["label smoothing", [10_007, 27], { ...smoothing, ...otherOptions[name] }],
    ["smoothed weights", [30_003, 10], { ...smoothing, weight, sampleWeight: weightsOf(30_003) }],
    ["class probabilities", [30_003, 10], { ...soft, reduction: "none" }],
    ["probabilities of columns", [6, 10, 5003], { ...soft, weight, axis: 1 }],
    ["upstream gradients beyond the kernels' range", [30_003, 10], { gradOutput: 1e-30 }],
  ])("%s", async (_, shape, { hasProbabilities, ...options }) => {
    const rows = shape.filter((_, axis) => axis !== ("axis" in options ? 1 : shape.length - 1));
    const [length, rowCount] = [shape, rows].map((sizes) => sizes.reduce((a, b) => a * b));
    const classes = length / rowCount;
    const indices = { data: new Int32Array(rowCount), shape: rows };
    for (let i = 0; i < rowCount; i++) indices.data[i] = i % 7 === 0 ? -100 : i % classes;
    const logitsOf = (kind: string) => {
      const r = random(length);
      const logits = memories[kind](length);
      for (let k = 0; k < length; k++) logits[k] = 8 * r.uniform() - 4;
      return logits;
    };
    const probabilities = tensor(weightsOf(length), shape);
    const target = hasProbabilities ? probabilities : indices;
    const { gradOutput: _gradOutput, ...valueOptions } = options;
    const lossOf = (logits: Float32Array) => loss(tensor(logits, shape), target, valueOptions);
    const inPlace = (kind: string) => {
      const logits = logitsOf(kind);
      const out = tensor(logits, shape);
      const { value } = loss.valueAndGrad(out, target, { ...options, out });
      return { value, gradient: Float32Array.from(logits) };
    };
    const expectedValue = lossOf(logitsOf("ordinary"));
    const expected = inPlace("ordinary");
    await useWorkers(2);
    for (const kind of Object.keys(memories)) {
      const logits = logitsOf(kind);
      await shared(
        () => lossOf(logits),
        (value) => expect(isSame({ value }, { value: expectedValue })).toBe(true),
      );
      await shared(
        () => inPlace(kind),
        (actual) => expect(isSame(actual, expected)).toBe(true),
      );
    }
  });
});

it.each(composedLosses)(
  "%s has the same bits before its losses are rounded to float32",
  async (name) => {
    const options = { gamma: 2, q: 0.7, epsilon: 1, alpha: 1, beta: 1, logZero: -4 };
    const layout = { outer: 30_003, size: 10, inner: 1 };
    const x = Float32Array.from({ length: 300_030 }, (_, i) => 4 * Math.sin(i));
    const kernel = composedLossNamed(name, options, layout.outer);
    const call = (compute: (rows: RowData) => unknown) => {
      const values = new Float64Array(layout.outer);
      const isComputed = compute({
        load: (_, count, targets) => void targets.fill(3, 0, count),
        store: (first, count, losses) => values.set(losses.subarray(0, count), first),
      });
      return { values, isComputed };
    };
    const expected = call((rows) => kernel(x, layout, rows, undefined));
    await useWorkers(2);
    const backend = registeredBackend();
    const rest = { loss: { name, version, options }, total: layout.outer, gradient: undefined };
    await shared(
      () => call((rows) => backend?.composedCrossEntropy?.({ ...rest, x, layout, rows, kernel })),
      ({ isComputed, values }) => {
        expect(isComputed).toBe(true);
        expect(isSame(values, expected.values)).toBe(true);
      },
    );
    await useWorkers(0);
  },
);

/** Returns whether two results hold the same numbers. */
function isSame(a: object, b: object): boolean {
  return Buffer.compare(serialize(a), serialize(b)) === 0;
}

describe("calls", () => {
  afterEach(() => useWorkers(0));

  it.each<[string, object]>([
    ["repeated along an axis", { sampleWeight: tensor(weightsOf(300), [300, 1]) }],
    [
      "multiplied by others",
      {
        sampleWeight: tensor(weightsOf(300), [300, 1]),
        weight: tensor(weightsOf(1001), [1, 1001]),
      },
    ],
    ["so small that they are balanced", { sampleWeight: [[1e-300]] }],
    ["that are all 0", { sampleWeight: [[0]] }],
  ])("take weights %s", async (_, options) => {
    const [input, target] = argumentsOf("mseLoss", 300_300, "ordinary").map((data) =>
      tensor(data, [300, 1001]),
    );
    const call = () => results(losses.mseLoss as unknown as AnyLoss, [input, target], options);
    const expected = call();
    await useWorkers(2);
    await shared(call, (actual) => expectSame(actual, expected));
  });

  it.each(Object.keys(memories))(
    "overwrites arguments that are outputs: %s arrays",
    async (kind) => {
      const call = (outOf: (args: Tensor[]) => object) => {
        const args = argumentsOf("mseLoss", count, kind).map((data) => tensor(data, [count]));
        return results(losses.mseLoss as unknown as AnyLoss, args, { out: outOf(args) });
      };
      for (const outOf of [
        ([input, target]: Tensor[]) => ({ input, target }),
        ([input, target]: Tensor[]) => ({ input: target, target: input }),
        ([, target]: Tensor[]) => ({ input: target }),
      ]) {
        await useWorkers(0);
        const expected = call(outOf);
        await useWorkers(2);
        await shared(
          () => call(outOf),
          (actual) => expectSame(actual, expected),
        );
      }
    },
  );

  it.each(Object.keys(memories))(
    "overwrites an argument by its losses, and upstream gradients by gradients: %s arrays",
    async (kind) => {
      const call = () => {
        const args = argumentsOf("gaussianNllLoss", count, kind);
        const [input, target, upstream] = args.map((data) => tensor(data, [count]));
        const options = { reduction: "none", gradOutput: upstream, out: upstream } as const;
        const { value, grads } = losses.mseLoss.valueAndGrad(input, target, options);
        losses.mseLoss(input, target, { reduction: "none", out: target });
        const results = [input, target, upstream, value, grads.target];
        return Buffer.concat(results.map((result) => Buffer.from(bytesOf(result as Tensor))));
      };
      const expected = call();
      await useWorkers(2);
      await shared(call, (actual) => expectSameValue(actual, expected));
    },
  );

  it("are computed where there is no room for shared memory", async () => {
    const args = argumentsOf("mseLoss", count, "ordinary").map((data) => tensor(data, [count]));
    const call = () => results(losses.mseLoss as unknown as AnyLoss, args, {});
    const expected = call();
    await useWorkers(1);
    const api = webAssembly() as WebAssemblyApi;
    let refusals = 0;
    class PrivateMemory extends api.Memory {
      constructor(size: ConstructorParameters<WebAssemblyApi["Memory"]>[0]) {
        if (size.shared) {
          refusals++;
          throw new RangeError("could not allocate memory");
        }
        super(size);
      }
    }
    vi.stubGlobal("WebAssembly", Object.create(api, { Memory: { value: PrivateMemory } }));
    expectSame(call(), expected);
    vi.unstubAllGlobals();
    expect(refusals).toBe(1);
    await shared(call, (actual) => expectSame(actual, expected));
  });

  it("computes only the gradients that are asked for", async () => {
    const args = argumentsOf("gaussianNllLoss", count, "ordinary").map((data) =>
      tensor(data, [count]),
    );
    const call = () =>
      results(losses.gaussianNllLoss as unknown as AnyLoss, args, {
        differentiate: ["input", "variance"],
      });
    const expected = call();
    expect(expected.gradients.map(([name]) => name)).toEqual(["input", "variance"]);
    await useWorkers(1);
    await shared(call, (actual) => expectSame(actual, expected));
  });

  describe("stays on one thread", () => {
    const shape = [3001, 100];
    const [x, y] = argumentsOf("mseLoss", 300_100, "ordinary").map((data) => tensor(data, shape));
    const bce = losses.binaryCrossEntropyWithLogits;
    const mse = losses.mseLoss;

    it.each<[string, () => unknown]>([
      [
        "for the gradient of an argument that is repeated",
        () => mse.valueAndGrad(x, tensor(new Float32Array(100), [100])),
      ],
      [
        "where every argument is repeated",
        () =>
          mse(tensor(x.data.subarray(0, 3001), [3001, 1]), tensor(new Float32Array(100), [100])),
      ],
      [
        "with more than four arrays of one number per element",
        () => {
          const options = { weight: y, posWeight: y, reduction: "none", gradOutput: x } as const;
          return bce.valueAndGrad(x, y, options).grads.input;
        },
      ],
      [
        "with upstream gradients of float64",
        () => {
          const gradOutput = tensor(Float64Array.from(x.data), shape);
          return mse.valueAndGrad(x, y, { reduction: "none", gradOutput }).grads.input;
        },
      ],
      ["for vectors along another axis", () => losses.jensenShannonDivergence(x, y, { axis: 0 })],
      [
        "in float64",
        () =>
          mse(tensor(Float64Array.from(x.data), shape), tensor(Float64Array.from(y.data), shape)),
      ],
    ])("%s", async (_, call) => {
      const expected = call();
      await useWorkers(1);
      expect(call()).toEqual(expected);
      expect(threadedCalls()).toBe(0);
    });

    it("if it is another loss of the same name", async () => {
      const tripled = losses.defineElementLoss({
        kind: "element",
        name: "mseLoss",
        neverThrows: true,
        formula: () => ({
          block({ count, losses, gradients }, input, target) {
            squaredDifferenceKernel(input, target, losses, gradients?.input, count);
            for (let i = 0; i < count; i++) losses[i] *= 3;
          },
        }),
      });
      const expected = tripled(x, y);
      expect(expected).toBeCloseTo(3 * mse(x, y));
      await useWorkers(1);
      expect(tripled(x, y)).toBe(expected);
      expect(threadedCalls()).toBe(0);
    });

    it("if the workers have the losses of another version", async () => {
      const expected = mse(x, y);
      vi.spyOn(Pool.prototype, "lossVersion").mockReturnValue("0.0.0-other");
      await useWorkers(1);
      expect(mse(x, y)).toBe(expected);
      expect(threadedCalls()).toBe(0);
      vi.mocked(Pool.prototype.lossVersion).mockRestore();
    });
  });
});

it("has no text of options that JSON would change", () => {
  const text = (options: object) => lossText({ name: "huberLoss", version: "1.0.0", options });
  expect(text({ delta: 0.1, full: true, none: undefined })).toBeDefined();
  expect(text({ delta: Number.POSITIVE_INFINITY })).toBeUndefined();
  expect(text({ delta: Number.NaN })).toBeUndefined();
  expect(text({ delta: -0 })).toBeUndefined();
  expect(text({ distance: () => 1 })).toBeUndefined();
  expect(lossText({ name: "x".repeat(2000), version: "1.0.0", options: {} })).toBeUndefined();
});

it("knows no loss of another kind", () => {
  expect(() => blockLossNamed({ name: "crossEntropy", options: {} }, [])).toThrow(
    new TypeError("blockLossNamed: there is no loss of elements or vectors named crossEntropy."),
  );
  expect(() => composedLossNamed("mseLoss", {}, 1)).toThrow(
    new TypeError("composedLossNamed: no loss named mseLoss is a function of the cross-entropy."),
  );
});
