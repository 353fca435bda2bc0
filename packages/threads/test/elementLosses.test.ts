import { type Tensor, tensor } from "@surprisal/core";
import { squaredDifferenceKernel } from "@surprisal/core/authoring";
import * as losses from "@surprisal/losses";
import { blockLossNamed, composedLossNamed } from "@surprisal/losses/threads";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { lossText } from "../src/namedLoss.ts";
import { operationNumber } from "../src/operations.ts";
import { Pool } from "../src/pool.ts";
import { Scheduler } from "../src/scheduler.ts";
import { type WebAssemblyApi, webAssembly } from "../src/webAssembly.ts";
import {
  type AnyLoss,
  argumentsOf,
  bytesOf,
  copyOf,
  count,
  expectSame,
  expectSameValue,
  giveWorkersTheirShare,
  memories,
  ofThree,
  type Results,
  results,
  shared,
  signed,
  useWorkers,
  weightsOf,
} from "./lossCalls.ts";

giveWorkersTheirShare();

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

beforeEach(() => void run.mockClear());

it("there are losses of elements", () => {
  expect(elementLosses.map(([name]) => name)).toEqual(
    expect.arrayContaining([...Object.keys(otherOptions), ...signed, ...ofThree, "mseLoss"]),
  );
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
