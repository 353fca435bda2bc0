import { beforeAll, describe, expect, it } from "vitest";
import { type Gpu, type GpuTensor, onGpu } from "../src/index.ts";
import { type ByteCounts, countBytes } from "./countBytes.ts";
import { requestDevice } from "./device.ts";

let gpu: Gpu;
let count: (call: () => unknown) => Promise<ByteCounts>;

beforeAll(async () => {
  const device = await requestDevice({ maxStorageBuffersPerShaderStage: 9 });
  const countRun = countBytes(device);
  // The result is read, so that an error of the call is thrown.
  count = (call) => countRun(() => firstResult(call()).read());
  gpu = await onGpu(device);
});

function firstResult(result: unknown): GpuTensor {
  const { value, indices } = result as { value?: GpuTensor; indices?: GpuTensor };
  return value ?? indices ?? (result as GpuTensor);
}

/** Bytes of an element of a float32 tensor. */
const once = 4;
const twice = 8;
/** The target's logit is read on its own, in a vector, and so is the class. */
const perRow = 16;

interface Place {
  readonly note: string;
  readonly rows: number;
  readonly classes: number;
}

const places: Place[] = [
  { note: "a workgroup a row", rows: 3, classes: 4096 },
  { note: "rows that share a workgroup", rows: 64, classes: 12 },
  { note: "a row in several parts", rows: 1, classes: 16_384 },
];

describe.each(places)("$note: the bytes of an element are the fewest", ({ rows, classes }) => {
  const size = rows * classes;
  let logits: GpuTensor;
  const ids = Int32Array.from({ length: rows }, (_, i) => (i * 7) % classes);
  const none = { reduction: "none" } as const;

  beforeAll(() => {
    const data = Float32Array.from({ length: size }, (_, i) => Math.sin(i * 0.7) * 4);
    logits = gpu.tensor(data, [rows, classes]);
  });

  it("one number a row: each logit is read once", async () => {
    const calls: (() => unknown)[] = [
      () => gpu.logSumExp(logits),
      () => gpu.crossEntropy(logits, ids, none),
      () => gpu.tokenLogProbs(logits, ids),
      () => gpu.tokenEntropy(logits),
    ];
    for (const call of calls) {
      const { input } = await count(call);
      expect(input.written).toBe(0);
      expect(input.read).toBeGreaterThanOrEqual(once * size);
      expect(input.read).toBeLessThanOrEqual(once * size + perRow * rows);
    }
  });

  it("a result of the input's size: it is read twice and written once", async () => {
    const calls: (() => unknown)[] = [
      () => gpu.softmax(logits),
      () => gpu.logSoftmax(logits),
      () => gpu.crossEntropy.valueAndGrad(logits, ids, none),
    ];
    for (const call of calls) {
      const { input, output } = await count(call);
      // The parts of split rows go through a buffer that is the output of their kernel.
      const partBytes = rows === 1 ? 2 * 48 : 0;
      expect(output.written).toBe(once * size + partBytes);
      expect(input.read).toBeGreaterThanOrEqual(twice * size);
      expect(input.read).toBeLessThanOrEqual(twice * size + 2 * perRow * rows);
    }
  });
});

describe("other kernels", () => {
  const shape = [3, 1000];
  const size = 3000;
  const tensor = () => gpu.tensor(new Float32Array(size).fill(0.001), shape);

  it("backward: the upstream gradient and the output are read for the sum and for the result", async () => {
    const [g, y] = [tensor(), tensor()];
    const softmax = await count(() => gpu.softmaxBackward(g, y));
    expect(softmax.gradOutput.read).toBe(twice * size);
    expect(softmax.output.read).toBe(twice * size);
    expect(softmax.result.written).toBe(once * size);
    const logSoftmax = await count(() => gpu.logSoftmaxBackward(g, y));
    expect(logSoftmax.gradOutput.read).toBe(twice * size);
    expect(logSoftmax.output.read).toBe(once * size);
  });

  it("nllLoss: one element a row is read, and the gradient is written once", async () => {
    const counts = await count(() =>
      gpu.nllLoss.valueAndGrad(tensor(), [1, 2, 3], { reduction: "sum" }),
    );
    expect(counts.input.read).toBe(3 * once);
    // The sums' value is one word of another kernel's output.
    expect(counts.output.written).toBe(once * size + once);
    expect(counts.targets.read).toBeLessThanOrEqual(once * (3 + size / 4));
  });

  it("single elements: each argument is read once, and each gradient written once", async () => {
    const [x, t] = [tensor(), tensor()];
    const loss = await count(() => gpu.mseLoss(x, t, { reduction: "none" }));
    expect([loss.inputs.read, loss.targets.read]).toEqual([once * size, once * size]);
    expect(loss.losses.written).toBe(once * size);
    const both = await count(() => gpu.mseLoss.valueAndGrad(x, t));
    expect([both.inputs.read, both.targets.read]).toEqual([once * size, once * size]);
    expect(both.inputGradient.written).toBe(once * size);
    expect(both.targetGradient.written).toBe(once * size);
  });

  it("topLogProbs: a pass for the sum, one for each digit that is needed, and one to gather", async () => {
    const data = Float32Array.from({ length: size }, (_, i) => Math.sin(i * 0.7) * 4);
    const logits = gpu.tensor(data, shape);
    const { input } = await count(() => gpu.topLogProbs(logits, 5));
    expect(input.read / (once * size)).toBeGreaterThanOrEqual(3);
    expect(input.read / (once * size)).toBeLessThanOrEqual(6);
  });
});
