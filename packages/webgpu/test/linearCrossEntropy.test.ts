import { linearCrossEntropy } from "@surprisal/language";
import { random } from "@surprisal/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { blockSize, recordBytes } from "../src/functions/blockSize.ts";
import type { Gpu, GpuTensor } from "../src/index.ts";
import { sharedGpu } from "./device.ts";
import { type AnyLoss, elementsOf } from "./fixtures.ts";

let gpu: Gpu;

beforeAll(async () => {
  gpu = await sharedGpu();
});

const { normal, uniform, below } = random(23);

interface Matrix {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

function matrix(shape: readonly number[], draw: () => number = normal): Matrix {
  const size = shape.reduce((a, b) => a * b, 1);
  return { data: Float32Array.from({ length: size }, draw), shape };
}

const [positions, depth, vocabulary] = [9, 13, 57];
const hidden = matrix([positions, depth]);
const weight = matrix([vocabulary, depth]);
const bias = matrix([vocabulary]);
const ids = Int32Array.from({ length: positions }, (_, t) => (t === 3 ? -100 : below(vocabulary)));
const probabilities = matrix([positions, vocabulary], uniform);
const exact = ({ data, shape }: Matrix) => ({ data: Float64Array.from(data), shape });
const onGpuTensor = ({ data, shape }: Matrix) => gpu.tensor(data, shape);
const numbersOf = (value: unknown) =>
  typeof value === "number" ? [value] : Array.from((value as Matrix).data);

function expectClose(actual: readonly number[], expected: readonly number[], label: string): void {
  const scale = Math.max(...expected.map((x) => (Number.isFinite(x) ? Math.abs(x) : 0)));
  expect(actual.length, label).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    if (Number.isNaN(expected[i])) expect(actual[i], label).toBeNaN();
    else expect(Math.abs(actual[i] - expected[i]), `${label} ${i}`).toBeLessThan(3e-6 * scale);
  }
}

/** Compares the loss and all gradients with the CPU's in float64. */
async function check(
  [x, w, b]: readonly [Matrix, Matrix, Matrix | undefined],
  target: unknown,
  options: Readonly<Record<string, unknown>> = {},
  place: (value: unknown) => unknown = (value) => value,
): Promise<void> {
  const cpu = (linearCrossEntropy as AnyLoss).valueAndGrad(exact(x), exact(w), target, {
    ...options,
    ...(b && { bias: exact(b) }),
  });
  const ours = (gpu.linearCrossEntropy as AnyLoss).valueAndGrad(
    onGpuTensor(x),
    onGpuTensor(w),
    place(target),
    { ...options, ...(b && { bias: onGpuTensor(b) }) },
  );
  expectClose(await elementsOf(ours.value), numbersOf(cpu.value), "value");
  for (const [name, gradient] of Object.entries(cpu.grads)) {
    expectClose(await elementsOf(ours.grads[name] as GpuTensor), numbersOf(gradient), name);
  }
  expect(Object.keys(ours.grads)).toEqual(Object.keys(cpu.grads));
}

/** Compares a call whose options are on the GPU with that of the CPU. */
async function checkOnGpu(
  [x, w, b]: readonly [Matrix, Matrix, Matrix],
  target: unknown,
  options: object,
  arrays: Readonly<Record<string, Matrix | { data: Int32Array; shape: number[] }>>,
): Promise<void> {
  const onGpu = Object.entries(arrays).map(([name, { data, shape }]) => {
    const type = data instanceof Int32Array ? "int32" : "float32";
    return [name, gpu.tensor(data, shape, { type })];
  });
  const args = [onGpuTensor(x), onGpuTensor(w), target];
  const call = { ...options, bias: onGpuTensor(b) };
  const ours = (gpu.linearCrossEntropy as AnyLoss).valueAndGrad(...args, {
    ...call,
    ...Object.fromEntries(onGpu),
  });
  const cpu = (linearCrossEntropy as AnyLoss).valueAndGrad(exact(x), exact(w), target, {
    ...options,
    bias: exact(b),
    ...arrays,
  });
  expectClose(await elementsOf(ours.value), numbersOf(cpu.value), "value");
  for (const [name, gradient] of Object.entries(cpu.grads)) {
    expectClose(await elementsOf(ours.grads[name]), numbersOf(gradient), name);
  }
}

describe("linearCrossEntropy equals that of the CPU", () => {
  const all = [hidden, weight, bias] as const;

  it("with ids, with and without a bias", async () => {
    await check(all, ids);
    await check([hidden, weight, undefined], ids, { reduction: "sum", gradOutput: 0.7 });
  });

  it("one loss for each position, with an upstream gradient for each", async () => {
    const gradOutput = Float64Array.from({ length: positions }, normal);
    const sampleWeight = Float64Array.from({ length: positions }, (_, t) => t % 3);
    await check(all, ids, { reduction: "none", gradOutput, sampleWeight });
  });

  it("options of class losses", async () => {
    const classWeight = Float64Array.from({ length: vocabulary }, (_, j) => j % 4);
    await check(all, ids, { labelSmoothing: 0.1, weight: classWeight, zLoss: 0.01 });
    await check(all, ids, { softcap: 3 });
  });

  it("probabilities, whose rows begin anywhere", async () => {
    await check(all, exact(probabilities), { labelSmoothing: 0.2 });
  });

  it("shifted, with targets of the CPU and of the GPU", async () => {
    const onGpuIds = () => gpu.tensor(ids, [positions], { type: "int32" });
    const sampleWeight = Float64Array.from({ length: positions }, (_, t) => 1 + (t % 3));
    for (const place of [(value: unknown) => value, onGpuIds]) {
      await check(all, ids, { shift: true, sampleWeight }, place);
    }
    const gradOutput = Float64Array.from({ length: positions - 1 }, normal);
    await check(all, ids, { shift: true, reduction: "none", gradOutput });
    await check(all, exact(probabilities), { shift: true }, () => onGpuTensor(probabilities));
  });

  it("shifted, with weights and upstream gradients of the GPU", async () => {
    const texts = [matrix([2, 4, depth]), weight, bias] as const;
    const tokens = { data: Int32Array.from({ length: 8 }, () => below(vocabulary)), shape: [2, 4] };
    const gradOutput = matrix([2, 3]);
    for (const sampleWeight of [
      matrix([2, 4], uniform),
      matrix([1, 4], uniform),
      matrix([2, 1], uniform),
    ]) {
      const options = { shift: true, reduction: "none" };
      await checkOnGpu(texts, tokens, options, { sampleWeight, gradOutput });
    }
    const mask = { data: Int32Array.of(1, 1, 1, 0, 1, 1, 0, 0), shape: [2, 4] };
    await checkOnGpu(texts, tokens, { shift: true }, { sampleWeight: mask });
  });

  it("hidden states of ignored positions may hold anything", async () => {
    const data = hidden.data.slice();
    data.fill(NaN, 3 * depth, 4 * depth);
    await check([{ ...hidden, data }, weight, bias], ids);
  });

  it("several blocks of positions and of the vocabulary", async () => {
    const [rows, columns, tokens] = [131, 8, 3130];
    const size = blockSize(rows, tokens);
    expect([rows > size.rows, size.across > 1]).toEqual([true, true]);
    const large = [matrix([rows, columns]), matrix([tokens, columns]), matrix([tokens])] as const;
    const target = Int32Array.from({ length: rows }, () => below(tokens));
    await check(large, target, { labelSmoothing: 0.1 });
  }, 120_000);

  it("transposed float16 hidden states and weight", async () => {
    // The numbers 1 to 6, column by column.
    const columns = Uint16Array.of(0x3c00, 0x4200, 0x4500, 0x4000, 0x4400, 0x4600);
    const strided = (shape: readonly number[]) => {
      const { buffer } = gpu.tensor(columns, [6], { type: "float16" });
      return gpu.tensor(buffer, shape, { type: "float16", strides: [1, shape[0]] });
    };
    const rows = [
      [1, 2],
      [3, 4],
      [5, 6],
    ];
    const states = [
      [0.5, -0.25],
      [1, 0.5],
    ];
    const onCpu = linearCrossEntropy(states, rows, [1, 2]);
    const tall = gpu.linearCrossEntropy(gpu.tensor(states), strided([3, 2]), [1, 2]);
    expectClose(await elementsOf(tall), [onCpu], "weight");
    const ofStates = linearCrossEntropy(rows, states, [0, 1, 0]);
    const wide = gpu.linearCrossEntropy(strided([3, 2]), gpu.tensor(states), [0, 1, 0]);
    expectClose(await elementsOf(wide), [ofStates], "input");
  });

  it("no hidden states: the gradients are 0, also in out", async () => {
    const out = {
      weight: gpu.tensor([
        [7, 7],
        [7, 7],
      ]),
      bias: gpu.tensor([7, 7]),
    };
    const { grads } = gpu.linearCrossEntropy.valueAndGrad(
      gpu.empty([0, 2]),
      gpu.tensor([
        [1, 2],
        [3, 4],
      ]),
      [],
      { bias: gpu.tensor([1, 2]), reduction: "sum", out },
    );
    expect(await elementsOf(grads.weight as GpuTensor)).toEqual([0, 0, 0, 0]);
    expect(await elementsOf(grads.bias as GpuTensor)).toEqual([0, 0]);
  });

  it("float16 hidden states and weight", async () => {
    const halves = { data: Uint16Array.of(0x3c00, 0, 0, 0x3c00), shape: [2, 2] };
    const rows = { data: Uint16Array.of(0x4000, 0, 0x3c00, 0x3c00, 0, 0x4000), shape: [3, 2] };
    const type = "float16" as const;
    const cpu = linearCrossEntropy.valueAndGrad(
      [
        [1, 0],
        [0, 1],
      ],
      [
        [2, 0],
        [1, 1],
        [0, 2],
      ],
      [0, 2],
    );
    const { value, grad, grads } = gpu.linearCrossEntropy.valueAndGrad(
      gpu.tensor(halves.data, halves.shape, { type }),
      gpu.tensor(rows.data, rows.shape, { type }),
      [0, 2],
    );
    expectClose(await elementsOf(value), [cpu.value as number], "value");
    expectClose(await elementsOf(grad), (cpu.grad as number[][]).flat(), "input");
    const gradWeight = await elementsOf(grads.weight as GpuTensor);
    expectClose(gradWeight, (cpu.grads.weight as number[][]).flat(), "weight");
  });
});

it("never holds the logits of all positions: blocks stay below 4 MiB for any size", () => {
  for (const rows of [1, 100, 512, 40_000, 10 ** 6]) {
    for (const tokens of [1, 10, 1000, 32_000, 152_064, 10 ** 6]) {
      const size = blockSize(rows, tokens);
      const records = size.rows * (size.across + 1) * recordBytes;
      const bytes = 2 * 4 * size.rows * size.columns + records;
      expect(bytes, `${rows} rows of ${tokens}`).toBeLessThan(4 * 2 ** 20);
      expect(size.columns * size.across).toBeGreaterThanOrEqual(tokens);
    }
  }
});

it("checks its arguments", () => {
  const [x, w] = [onGpuTensor(hidden), onGpuTensor(weight)];
  const call = gpu.linearCrossEntropy as AnyLoss;
  expect(() => call(x, onGpuTensor(hidden).shape, ids)).toThrow(TypeError);
  expect(() => call(x, onGpuTensor(bias), ids)).toThrow(
    "linearCrossEntropy: weight must have shape [V, 13] (input [9, 13]), got [57].",
  );
  expect(() => call(x, w, ids, { bias: [1] })).toThrow("bias must have shape [57], got [1]");
  expect(() => call(x, w, [1, 2])).toThrow(RangeError);
  expect(() => call(x, w, ids, { axis: 0 })).toThrow("axis");
  expect(() => call.valueAndGrad(x, w, ids, { differentiate: ["weight"] })).toThrow(
    'differentiate must hold "input", the first argument',
  );
  expect(() => call.valueAndGrad(x, w, ids, { differentiate: ["input", "bias"] })).toThrow(
    "bias is not given",
  );
  const { grads } = call.valueAndGrad(x, w, ids, { differentiate: ["input"] });
  expect(Object.keys(grads)).toEqual(["input"]);
});
