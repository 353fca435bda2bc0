import { allocate, type Tensor, tensor } from "@surprisal/core";
import { squaredDifferenceKernel } from "@surprisal/core/authoring";
import * as losses from "@surprisal/losses";
import { elementLossNamed } from "@surprisal/losses/elementLosses";
import { random } from "@surprisal/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { useThreads } from "../src/index.ts";
import { lossText } from "../src/namedLoss.ts";
import { operationNumber } from "../src/operations.ts";
import { Pool } from "../src/pool.ts";
import { Scheduler } from "../src/scheduler.ts";
import { SpeedupMonitor } from "../src/speedup.ts";

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

const elementLosses = Object.entries(losses as unknown as Record<string, AnyLoss>).filter(
  ([name, loss]) => "valueAndGrad" in loss && isElementLoss(name),
);

function isElementLoss(name: string): boolean {
  try {
    elementLossNamed(name, {});
    return true;
  } catch {
    return false;
  }
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

/** Returns the value and, as copies of their bytes, the gradients. */
function results(loss: AnyLoss, args: unknown[], options: object) {
  const { value, grads, grad } = loss.valueAndGrad(...args, options) as {
    value: number;
    grad: Tensor;
    grads?: Record<string, Tensor>;
  };
  const gradients = Object.entries(grads ?? { input: grad });
  return {
    value,
    gradients: gradients.map(([name, tensor]) => [name, Buffer.from(bytesOf(tensor))] as const),
  };
}

type Results = ReturnType<typeof results>;

function expectSame(actual: Results, expected: Results): void {
  expect(actual.value).toBe(expected.value);
  expect(actual.gradients.map(([name]) => name)).toEqual(expected.gradients.map(([name]) => name));
  actual.gradients.forEach(([name, bytes], i) => {
    expect(Buffer.compare(bytes, expected.gradients[i][1]), name).toBe(0);
  });
}

const run = vi.spyOn(Scheduler.prototype, "run");

/** Returns how many losses of elements the threads have computed since the last call. */
function threadedCalls(): number {
  const isElementCall = (i: number) =>
    run.mock.calls[i][0].operation === operationNumber("elementLoss") &&
    run.mock.results[i].value === true;
  const count = run.mock.calls.filter((_, i) => isElementCall(i)).length;
  run.mockClear();
  return count;
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

describe.each(Object.keys(memories))("%s arrays", (kind) => {
  /** Computes a loss with default options, and with others. */
  const compute = (name: string, loss: AnyLoss) =>
    [{ reduction: "sum" }, otherOptions[name] ?? {}].map((options) => {
      const args = argumentsOf(name, count, kind).map((data) => tensor(data, [count]));
      return { ...results(loss, args, options), alone: loss(...args, options) };
    });
  let expected: Map<string, ReturnType<typeof compute>>;

  beforeAll(async () => {
    await useThreads(1);
    expected = new Map(elementLosses.map(([name, loss]) => [name, compute(name, loss)]));
    await useThreads(3);
  });
  afterAll(() => useThreads(1));

  it.each(elementLosses)("%s has the same bits on several threads", (name, loss) => {
    compute(name, loss).forEach((actual, i) => {
      const one = expected.get(name)?.[i] as typeof actual;
      expectSame(actual, one);
      expect(actual.alone).toBe(one.alone);
    });
    expect(threadedCalls()).toBe(4);
  });
});

describe("calls", () => {
  afterEach(() => useThreads(1));

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
        await useThreads(1);
        const expected = call(outOf);
        await useThreads(3);
        expectSame(call(outOf), expected);
        expect(threadedCalls()).toBe(1);
      }
    },
  );

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
    await useThreads(2);
    expectSame(call(), expected);
    expect(threadedCalls()).toBe(1);
  });

  describe("stays on one thread", () => {
    const shape = [3001, 100];
    const [x, y] = argumentsOf("mseLoss", 300_100, "ordinary").map((data) => tensor(data, shape));
    const bce = losses.binaryCrossEntropyWithLogits;
    const mse = losses.mseLoss;

    it.each<[string, () => unknown]>([
      [
        "with sampleWeight",
        () =>
          mse(x, y, { sampleWeight: tensor(new Float32Array(3001).fill(2), [3001, 1]) } as object),
      ],
      ["with weights", () => bce(x, y, { weight: y })],
      ["with one weight per column", () => bce(x, y, { posWeight: new Float32Array(100).fill(3) })],
      [
        "where an argument is broadcast",
        () => mse.valueAndGrad(x, tensor(new Float32Array(100), [100])),
      ],
      [
        "where an argument holds integers",
        () => mse(x, { data: new Int32Array(300_100), shape } as never),
      ],
      ["without a reduction", () => mse(x, y, { reduction: "none" })],
      [
        "with one upstream gradient per loss",
        () => mse.valueAndGrad(x, y, { reduction: "none", gradOutput: y }),
      ],
      [
        "in float64",
        () =>
          mse(tensor(Float64Array.from(x.data), shape), tensor(Float64Array.from(y.data), shape)),
      ],
    ])("%s", async (_, call) => {
      const expected = call();
      await useThreads(2);
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
      await useThreads(2);
      expect(tripled(x, y)).toBe(expected);
      expect(threadedCalls()).toBe(0);
    });

    it("if the workers have the losses of another version", async () => {
      const expected = mse(x, y);
      vi.spyOn(Pool.prototype, "lossVersion").mockReturnValue("0.0.0-other");
      await useThreads(2);
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
  expect(text({ distance: () => 1 })).toBeUndefined();
  expect(lossText({ name: "x".repeat(2000), version: "1.0.0", options: {} })).toBeUndefined();
});

it("knows no loss of another kind", () => {
  expect(() => elementLossNamed("crossEntropy", {})).toThrow(
    new TypeError("elementLossNamed: there is no loss of elements named crossEntropy."),
  );
});
