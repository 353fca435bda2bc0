import type { Tensor } from "@surprisal/core";
import { binaryCrossEntropyWithLogits, huberLoss, klDiv, mseLoss } from "@surprisal/losses";
import { random, relativeError } from "@surprisal/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { type Gpu, type GpuTensor, onGpu } from "../src/index.ts";
import { requestDevice, sharedGpu } from "./device.ts";
import {
  type AnyLoss,
  argumentsOf,
  elementsOf,
  expectClose,
  type Fixture,
  float32Fixtures,
  optionsOf,
  upstreamOf,
} from "./fixtures.ts";

let gpu: Gpu;

beforeAll(async () => {
  gpu = await sharedGpu();
});

const names = [
  "mseLoss",
  "l1Loss",
  "smoothL1Loss",
  "huberLoss",
  "binaryCrossEntropyWithLogits",
  "softMarginLoss",
  "poissonNllLoss",
  "klDiv",
  "hingeEmbeddingLoss",
  "logCoshLoss",
] as const;

describe("equals PyTorch", () => {
  it.each(names)("%s", async (name) => {
    // Where the losses differ from PyTorch on purpose.
    const fixtures = float32Fixtures(name).filter(({ note }) => !note.includes("overflows"));
    expect(fixtures.length).toBeGreaterThan(20);
    await Promise.all(fixtures.map((fixture) => check(gpu[name], fixture)));
  });
});

async function check(loss: AnyLoss, fixture: Fixture): Promise<void> {
  const shapes: number[][] = [];
  const [input, target] = argumentsOf(fixture, ({ data, shape }, place) => {
    shapes.push(shape);
    return place === 0
      ? gpu.tensor(Float32Array.from(data), shape)
      : { data: Float64Array.from(data), shape };
  });
  const label = `${fixture.note}, [${shapes.join("] [")}]`;
  const gradOutput = upstreamOf(fixture);
  const options = { ...optionsOf(fixture), gradOutput };
  const { value, grad, grads = {} } = loss.valueAndGrad(input, target, options);
  expectClose(await elementsOf(value), fixture.value, `value of ${label}`);
  expectClose(await elementsOf(grad), fixture.grad, `gradient of ${label}`);
  const expected = fixture.grads ?? {};
  expect(Object.keys(grads)).toEqual(Object.keys(expected));
  for (const [name, gradient] of Object.entries(expected)) {
    expectClose(await elementsOf(grads[name]), gradient, `gradient of ${name} of ${label}`);
  }
}

const r = random(41);
const uniform = (shape: readonly number[]) => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => r.uniform() + 0.1),
  shape,
});

const onCpu = { binaryCrossEntropyWithLogits, klDiv, mseLoss };

/** Compares the loss and its gradients with the CPU's in float64. */
async function checkBeside(
  name: keyof typeof onCpu,
  shapes: readonly [input: readonly number[], target: readonly number[]],
  options: object,
  optionsOnGpu: Readonly<Record<string, { data: Float32Array; shape: readonly number[] }>> = {},
): Promise<void> {
  const args = shapes.map(uniform);
  const exact = args.map(({ data, shape }) => ({ data: Float64Array.from(data), shape }));
  const onGpu = Object.entries(optionsOnGpu).map(([option, { data, shape }]) => [
    option,
    gpu.tensor(data, shape),
  ]);
  const ours = (gpu[name] as AnyLoss).valueAndGrad(
    ...args.map(({ data, shape }) => gpu.tensor(data, shape)),
    { ...options, ...Object.fromEntries(onGpu) },
  );
  const cpu = (onCpu[name] as AnyLoss).valueAndGrad(...exact, { ...options, ...optionsOnGpu });
  const expectEqual = async (actual: GpuTensor, expected: unknown, label: string) => {
    expect(actual.shape, label).toEqual((expected as { shape?: number[] }).shape ?? []);
    const numbers =
      typeof expected === "number" ? [expected] : Array.from((expected as Tensor).data);
    const scale = Math.max(...numbers.map(Math.abs));
    expect(relativeError(await elementsOf(actual), numbers, scale), label).toBeLessThan(1e-6);
  };
  const label = `${name} [${shapes.join("] [")}]`;
  await expectEqual(ours.value, cpu.value, label);
  for (const [argument, gradient] of Object.entries(cpu.grads ?? { input: cpu.grad })) {
    await expectEqual((ours.grads ?? { input: ours.grad })[argument], gradient, label);
  }
}

describe("repeats arguments, and adds their gradients, as on the CPU", () => {
  it.each([
    [[2, 3], [3]],
    [[3], [2, 3]],
    [[], [4]],
    [
      [2, 1, 3],
      [1, 4, 1],
    ],
    [[2, 300, 3], [3]],
  ] as [number[], number[]][])("%j and %j", async (input, target) => {
    await checkBeside("mseLoss", [input, target], { reduction: "mean" });
    await checkBeside("klDiv", [input, target], { reduction: "none" });
    await checkBeside("klDiv", [input, target], { reduction: "batchmean" });
  });

  it("with weights, as many as a kernel has buffers for, and more", async () => {
    const shape = [2, 3];
    const [sampleWeight, weight, posWeight] = [uniform(shape), uniform([3]), uniform([1])];
    const options = { sampleWeight, weight, posWeight };
    await checkBeside("binaryCrossEntropyWithLogits", [shape, [3]], options);
    await checkBeside("binaryCrossEntropyWithLogits", [shape, shape], { posWeight, weight });
  });

  it("without what has weight 0, even if its loss is infinite", async () => {
    const input = [Number.NEGATIVE_INFINITY, 1];
    const target = [1, 0];
    const options = { weight: [0, 2], reduction: "sum" } as const;
    const pairs: [AnyLoss, AnyLoss][] = [
      [gpu.binaryCrossEntropyWithLogits, binaryCrossEntropyWithLogits],
      [gpu.huberLoss, huberLoss],
    ];
    for (const [onGpu, onCpu] of pairs) {
      const expected = onCpu.valueAndGrad(input, target, options);
      const { value, grad } = onGpu.valueAndGrad(
        gpu.tensor(Float32Array.from(input), [2]),
        target,
        options,
      );
      expect(await elementsOf(value)).toEqual([expect.closeTo(expected.value as number, 5)]);
      const slopes = (expected.grad as number[]).map((slope) => expect.closeTo(slope, 5));
      expect([...(await elementsOf(grad))]).toEqual(slopes);
    }
  });

  it("with weights of the GPU, of any shape that fits", async () => {
    const shape = [2, 3];
    const name = "binaryCrossEntropyWithLogits";
    for (const [rows, columns] of [
      [[2, 1], [3]],
      [[1, 3], []],
      [
        [2, 3],
        [2, 1],
      ],
    ] as [number[], number[]][]) {
      const [sampleWeight, weight, posWeight] = [uniform(rows), uniform(columns), uniform([3])];
      await checkBeside(name, [shape, shape], {}, { sampleWeight, weight, posWeight });
    }
    const [sampleWeight, weight] = [uniform([2, 1]), uniform([1, 3])];
    for (const reduction of ["mean", "none"]) {
      await checkBeside("mseLoss", [shape, [3]], { reduction }, { sampleWeight, weight });
    }
    await checkBeside("mseLoss", [shape, shape], { sampleWeight }, { weight });
    const refused = () => gpu.mseLoss(gpu.empty(shape), 0, { sampleWeight: gpu.empty([3]) });
    expect(refused).toThrow(
      "mseLoss: sampleWeight must have the losses' shape [2, 3], or size 1 along axes that repeat its weights, got [3].",
    );
    const factor = () => gpu.huberLoss(gpu.empty(shape), 0, { weight: gpu.empty([2]) });
    expect(factor).toThrow(
      "huberLoss: weight must have shape [2, 3] or be broadcastable to it, got [2].",
    );
  });

  it("the gradient of the input alone, if that is asked for", () => {
    const input = gpu.tensor([1, 2]);
    const { grads } = (gpu.mseLoss as AnyLoss).valueAndGrad(input, input, {
      differentiate: ["input"],
    });
    expect(Object.keys(grads)).toEqual(["input"]);
    const integers = (gpu.mseLoss as AnyLoss).valueAndGrad(input, Int32Array.of(1, 2));
    expect(Object.keys(integers.grads)).toEqual(["input"]);
  });
});

it("reads elements one by one where they do not begin with a vector", async () => {
  const device = gpu.device as GPUDevice;
  const buffer = device.createBuffer({ size: 44, usage: 0x80 | 0x4 | 0x8 });
  device.queue.writeBuffer(
    buffer,
    0,
    Float32Array.from({ length: 11 }, (_, i) => i),
  );
  const input = gpu.tensor(buffer, [9], { offset: 1 });
  const target = gpu.tensor(new Float32Array(9));
  const { value, grad } = gpu.mseLoss.valueAndGrad(input, target, { reduction: "sum" });
  expect(await value.read()).toBe(285);
  expect(await elementsOf(grad)).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18]);
});

it("reads arguments at any distances, and of other types", async () => {
  const data = Float32Array.of(1, 2, 3, 4, 5, 6);
  const { buffer } = gpu.tensor(data);
  const transposed = gpu.tensor(buffer, [3, 2], { strides: [1, 3] });
  const integers = gpu.tensor([1, 1, 1], [3, 1], { type: "int64" });
  const { grads } = gpu.mseLoss.valueAndGrad(transposed, integers, { reduction: "sum" });
  expect(await elementsOf(grads.input)).toEqual([0, 6, 2, 8, 4, 10]);
  expect(grads.target).toBeUndefined();
  const halves = gpu.tensor(Uint16Array.of(0x3c00, 0x4000, 0x4200), [3], { type: "float16" });
  expect(await elementsOf(gpu.l1Loss(halves, [0, 0, -1], { reduction: "none" }))).toEqual([
    1, 2, 4,
  ]);
});

it("averages losses whose sum is too large for a float", async () => {
  const large = gpu.tensor([3e38, 3e38]);
  const labels = Int32Array.of(1, 1);
  const rows = gpu.tensor([3e38, 0, 3e38, 0], [2, 2]);
  const negative = gpu.tensor([0, -3e38, 0, -3e38], [2, 2]);
  for (const [reduction, expected] of [
    ["mean", Math.fround(3e38)],
    ["sum", Infinity],
  ] as const) {
    expect(await gpu.l1Loss(large, [0, 0], { reduction }).read()).toBe(expected);
    expect(await gpu.crossEntropy(rows, labels, { reduction }).read()).toBe(expected);
    expect(await gpu.nllLoss(negative, labels, { reduction }).read()).toBe(expected);
  }
});

it("treats NaN like the CPU", async () => {
  const labels = [Number.NaN, Number.NaN];
  const losses = gpu.hingeEmbeddingLoss(gpu.tensor([0.25, 3]), labels, { reduction: "none" });
  expect(await elementsOf(losses)).toEqual([1, 3]);
  const infinite = gpu.tensor([-Infinity]);
  for (const name of ["smoothL1Loss", "huberLoss"] as const) {
    const { grad } = (gpu[name] as AnyLoss).valueAndGrad(infinite, infinite);
    expect(await elementsOf(grad)).toEqual([Number.NaN]);
  }
});

it("never stores a component of a vector, which may overwrite what neighbours store", async () => {
  const device = await requestDevice();
  const create = device.createShaderModule.bind(device);
  const shaders: string[] = [];
  device.createShaderModule = (descriptor) => {
    shaders.push(descriptor.code);
    return create(descriptor);
  };
  const own = await onGpu(device);
  const rows = own.tensor(new Float32Array(12), [4, 3]);
  own.softmaxBackward(rows, own.softmax(rows));
  own.crossEntropy.valueAndGrad(rows, Int32Array.of(0, 1, 2, 0));
  expect(shaders.length).toBeGreaterThan(2);
  for (const code of shaders) {
    for (const [, name] of code.matchAll(/read_write> (\w+): array<vec/g)) {
      expect(code).not.toMatch(new RegExp(`\\b${name}\\[[^\\]]*\\](\\.\\w|\\[\\w+\\]) = `));
    }
  }
});
