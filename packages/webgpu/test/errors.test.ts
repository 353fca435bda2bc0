import { beforeAll, describe, expect, it } from "vitest";
import { type Gpu, GpuError, isGpuAvailable, onGpu } from "../src/index.ts";
import { requestDevice, sharedGpu } from "./device.ts";
import type { AnyLoss } from "./fixtures.ts";

let gpu: Gpu;
let device: GPUDevice;

beforeAll(async () => {
  gpu = await sharedGpu();
  device = gpu.device as GPUDevice;
});

it("tells that there is no GPU, and how to get one", async () => {
  // Node has no navigator.gpu of its own.
  expect(await isGpuAvailable()).toBe(false);
  await expect(onGpu()).rejects.toThrow(GpuError);
  await expect(onGpu()).rejects.toThrow(/no GPU was found.*onGpu\(device\)/);
  await expect(onGpu({} as GPUDevice)).rejects.toThrow(TypeError);
});

describe("arguments are checked before anything runs", () => {
  const call = (run: (gpu: AnyLoss) => unknown) => () => run(gpu);
  it.each([
    [
      (g: AnyLoss) => g.softmax([1, 2]),
      TypeError,
      "must be a tensor of the GPU, got Array(2). Make one with gpu.tensor",
    ],
    [
      (g: AnyLoss) => g.softmax(g.tensor([1, 2]), { dim: 0 }),
      TypeError,
      'it is called "axis" here',
    ],
    [
      (g: AnyLoss) => g.softmax(g.tensor([1, 2]), { mask: [1, 0] }),
      TypeError,
      "set masked elements to -Infinity",
    ],
    [
      (g: AnyLoss) => g.huberLoss(g.tensor([1, 2]), g.tensor([1, 2]), { beta: 1 }),
      TypeError,
      'it is called "delta" here',
    ],
    [
      (g: AnyLoss) => g.softmax(g.tensor([1, 2]), { axis: 1 }),
      RangeError,
      "axis 1 is out of range",
    ],
    [(g: AnyLoss) => g.tensor([1, 2], [3]), RangeError, "needs 3 elements, got 2"],
    [
      (g: AnyLoss) => g.tensor([1, 2], [2], { type: "int8" }),
      TypeError,
      '"float32", "float16", "int32", "uint32" or "int64", got "int8"',
    ],
    [
      (g: AnyLoss) => g.tensor([0.5], [1], { type: "int32" }),
      RangeError,
      "of type int32 must be whole numbers from -2147483648 to 2147483647, got 0.5",
    ],
    [
      (g: AnyLoss) => g.tensor([-1], [1], { type: "uint32" }),
      RangeError,
      "of type uint32 must be whole numbers from 0 to 4294967295, got -1",
    ],
    [
      (g: AnyLoss) => g.tensor([1, 2], [2], { offset: 1 }),
      TypeError,
      "offset and strides belong to a GPUBuffer",
    ],
    [
      (g: AnyLoss) => g.tensor([1, 2], [2, -1]),
      RangeError,
      "tensor: shape[1] must be a whole number of at least 0, got -1.",
    ],
    [
      (g: AnyLoss) => g.empty(BigInt64Array.of(2n)),
      TypeError,
      "shape[0] must be a whole number of at least 0, got 2n.",
    ],
    [(g: AnyLoss) => g.empty(Float32Array.of(2)), TypeError, "must be an array of whole numbers"],
    [
      (g: AnyLoss) => g.crossEntropy(g.tensor([1, 2]), 2),
      RangeError,
      "target 2 at row 0 is out of bounds for 2 classes",
    ],
    [
      (g: AnyLoss) => g.crossEntropy(g.tensor([[1, 2]]), [0, 1]),
      RangeError,
      "target must have shape [1]",
    ],
    [
      (g: AnyLoss) => g.crossEntropy(g.tensor([[1, 2]]), [[-1, 2]]),
      RangeError,
      "probabilities, finite and at least 0, got -1 at row 0, class 0",
    ],
    [
      (g: AnyLoss) => g.crossEntropy(g.empty([2, 1]), g.empty([2, 1])),
      RangeError,
      "the probability of a single class is always 1",
    ],
    [
      (g: AnyLoss) => g.crossEntropy(g.empty([2, 3]), g.empty([2, 3]), { ignoreIndex: 0 }),
      RangeError,
      "ignoreIndex is for class indices, got 0 with class probabilities",
    ],
    [
      (g: AnyLoss) => g.crossEntropy(g.empty([2, 3]), g.empty([2, 3]), { skipMasked: true }),
      RangeError,
      "skipMasked is for class indices on the GPU",
    ],
    [
      (g: AnyLoss) => g.crossEntropy(g.empty([1, 3]), [[0, 2, 1]]),
      RangeError,
      "it holds whole numbers such as 2. Class indices have shape [1]",
    ],
    [
      (g: AnyLoss) =>
        g.crossEntropy(g.empty([1, 3]), { data: Int8Array.of(1, 1, 0), shape: [1, 3] }),
      RangeError,
      "holds integers, so each row must be one-hot, but row 0 is not",
    ],
    [
      (g: AnyLoss) => g.tokenEntropy(g.empty([2, 0])),
      RangeError,
      "logits must have at least one logit per row, got 0",
    ],
    [
      (g: AnyLoss) => g.crossEntropy(g.tensor([1, 2]), 0, { gradOutput: 1 }),
      TypeError,
      "only valueAndGrad has",
    ],
    [
      (g: AnyLoss) => g.crossEntropy(g.tensor([1, 2]), 0, { weight: [1] }),
      RangeError,
      "weight must have shape [2]",
    ],
    [
      (g: AnyLoss) => g.mseLoss(g.tensor([1, 2]), [1, 2, 3]),
      RangeError,
      "target must have shape [2] or be broadcastable with it, got [3]",
    ],
    [
      (g: AnyLoss) => g.softmax(g.tensor([1, 2]), { out: g.empty([3]) }),
      RangeError,
      "out must have shape [2], got [3]",
    ],
    [
      (g: AnyLoss) => g.softmax(g.tensor([1, 2]), { encoder: {} }),
      TypeError,
      "encoder must be a GPUCommandEncoder",
    ],
    [(g: AnyLoss) => g.empty([2 ** 29]), RangeError, "is larger than the device's max"],
  ])("%s", (run, kind, message) => {
    expect(call(run)).toThrow(kind);
    expect(call(run)).toThrow(message);
  });

  it("an error names the function that was called, a loss or its valueAndGrad", () => {
    const losses = Object.entries<AnyLoss>(gpu as AnyLoss).filter(([, loss]) => loss?.valueAndGrad);
    expect(losses.length).toBeGreaterThanOrEqual(10);
    for (const [name, loss] of losses) {
      const input = gpu.tensor([[1, 2]]);
      const rest = name === "linearCrossEntropy" ? [input, [0]] : [[0]];
      for (const [label, compute] of [
        [name, loss],
        [`${name}.valueAndGrad`, loss.valueAndGrad],
      ]) {
        for (const options of [{ noOption: 1 }, { reduction: "all" }, { encoder: 1 }, { out: 1 }]) {
          expect(() => compute(input, ...rest, options)).toThrow(`${label}: `);
        }
        expect(() => compute([[1, 2]], ...rest)).toThrow(`${label}: input must be a tensor`);
        expect(() => compute(input, ...rest, { sampleWeight: ["a"] })).toThrow(
          `${label}: sampleWeight[0] must be a number or a boolean, got "a".`,
        );
      }
    }
  });

  const large = 1e39;
  const range = "must be within ±3.4e38, the range of float32 on the GPU, got 1e+39 at element";
  it.each<[string, (g: AnyLoss) => unknown, string]>([
    ["data", (g) => g.tensor([1, large]), `tensor: data ${range} 1.`],
    [
      "a target",
      (g) => g.mseLoss.valueAndGrad(g.tensor([1]), [large]),
      `mseLoss.valueAndGrad: target ${range} 0.`,
    ],
    [
      "probabilities",
      (g) => g.crossEntropy(g.tensor([[1, 2]]), [[large, 0]]),
      `crossEntropy: target ${range} 0.`,
    ],
    [
      "class weights",
      (g) => g.nllLoss(g.tensor([[1, 2]]), [0], { weight: [1, large] }),
      `nllLoss: weight ${range} 1.`,
    ],
    [
      "weights of rows",
      (g) => g.crossEntropy(g.tensor([[1, 2]]), [0], { sampleWeight: [large] }),
      `crossEntropy: sampleWeight ${range} 0.`,
    ],
    [
      "weights of elements",
      (g) => g.mseLoss(g.tensor([1, 2]), [0, 1], { sampleWeight: [1, large] }),
      `mseLoss: sampleWeight ${range} 1.`,
    ],
    [
      "factors of elements",
      (g) => g.binaryCrossEntropyWithLogits(g.tensor([1]), [0], { posWeight: [large] }),
      `binaryCrossEntropyWithLogits: posWeight ${range} 0.`,
    ],
    [
      "an upstream gradient",
      (g) => g.mseLoss.valueAndGrad(g.tensor([1]), [0], { reduction: "none", gradOutput: [large] }),
      `mseLoss.valueAndGrad: gradOutput ${range} 0.`,
    ],
    [
      "a bias",
      (g) => g.linearCrossEntropy(g.tensor([[1]]), g.tensor([[1], [2]]), [0], { bias: [0, large] }),
      `linearCrossEntropy: bias ${range} 1.`,
    ],
    [
      "weights of shifted tokens",
      (g) =>
        g.linearCrossEntropy(g.tensor([[1], [1]]), g.tensor([[1], [2]]), [0, 1], {
          shift: true,
          sampleWeight: [1, large],
        }),
      `linearCrossEntropy: sampleWeight ${range} 0.`,
    ],
  ])("a finite number that float32 cannot hold: %s", (_, run, message) => {
    expect(call(run)).toThrow(new RangeError(message));
  });

  it("but anything in a loss of weight 0, and infinities", async () => {
    const input = gpu.tensor([1, 2]);
    const options = { sampleWeight: [1, 0] };
    expect(await gpu.mseLoss(input, [3, large], options).read()).toBe(4);
    expect(await gpu.mseLoss(input, [3, Number.POSITIVE_INFINITY]).read()).toBe(
      Number.POSITIVE_INFINITY,
    );
    const logits = gpu.tensor([
      [0, 0],
      [1, 2],
    ]);
    const probabilities = [
      [1, 0],
      [large, 0],
    ];
    const loss = await gpu.crossEntropy(logits, probabilities, options).read();
    expect(loss).toBeCloseTo(Math.LN2, 6);
  });

  it("a result may not be an argument of the call", () => {
    const logits = gpu.tensor([1, 2, 3, 4]);
    expect(() => gpu.softmax(logits, { out: logits })).toThrow(
      "softmax: out must not share its buffer with an argument.",
    );
    const others = gpu.tensor([1, 2, 3, 4]);
    for (const out of [others, { input: others }]) {
      for (const options of [{ out }, { out, weight: others }, { out, gradOutput: others }]) {
        const target = "weight" in options || "gradOutput" in options ? [1, 0, 1, 0] : others;
        const call = () =>
          gpu.l1Loss.valueAndGrad(logits, target, { ...options, reduction: "none" });
        expect(call).toThrow(
          /^l1Loss\.valueAndGrad: out(.input)? must not share its buffer with an argument.$/,
        );
      }
    }
  });
});

it("takes a shape in a typed array, as functions of the CPU do", async () => {
  const tensor = gpu.tensor([1, 2], Int32Array.of(1, 2) as never);
  expect(await tensor.read()).toEqual({ data: Float32Array.of(1, 2), shape: [1, 2] });
});

it("wraps a buffer with an offset and strides, and leaves it to its owner", async () => {
  const data = Float32Array.of(9, 9, 2, 1, 0, 9, 0, 1, 2, 9);
  const buffer = device.createBuffer({ size: 40, usage: 0x80 | 0x4 | 0x8 });
  device.queue.writeBuffer(buffer, 0, data);
  const logits = gpu.tensor(buffer, [2, 3], { offset: 2, strides: [4, 1] });
  expect(await logits.read()).toEqual({ data: Float32Array.of(2, 1, 0, 0, 1, 2), shape: [2, 3] });
  expect(await gpu.crossEntropy(logits, [0, 2]).read()).toBeCloseTo(0.40760596, 6);
  logits.destroy();
  expect((await logits.read()) as object).toBeTypeOf("object");
  expect(() => gpu.tensor(buffer, [11])).toThrow(
    "needs 44 bytes from the start of the buffer, which has 40",
  );
  const odd = device.createBuffer({ size: 6, usage: 0x80 | 0x4 });
  expect(() => gpu.tensor(odd, [3], { type: "float16" })).toThrow(
    "tensor: the size of the buffer must be a multiple of 4 bytes, as kernels read it, got 6. Create it with 8.",
  );
  const none = device.createBuffer({ size: 0, usage: 0x80 | 0x4 });
  expect(await gpu.tensor(none, [0, 3]).read()).toEqual({
    data: new Float32Array(0),
    shape: [0, 3],
  });
  for (const strides of [null, 4]) {
    expect(() => (gpu as AnyLoss).tensor(buffer, [2], { strides })).toThrow(
      `tensor: strides must be an array, got ${strides}.`,
    );
  }
  // A number that does not fit is a wrong value, and anything else is of the wrong kind.
  for (const [item, error] of [
    [-1, RangeError],
    [0.5, RangeError],
    ["1", TypeError],
  ] as const) {
    for (const options of [{ strides: [item] }, { offset: item }, { shape: [item] }]) {
      const { shape = [2], ...rest } = options as { shape?: unknown };
      expect(() => (gpu as AnyLoss).tensor(buffer, shape, rest)).toThrow(error);
    }
  }
  expect(() => gpu.tensor(buffer, [2], { strides: [1, 1] })).toThrow("strides must be 1 whole");
  const readOnly = device.createBuffer({ size: 40, usage: 0x8 });
  expect(() => gpu.tensor(readOnly, [2])).toThrow(/usage GPUBufferUsage.STORAGE/);
});

it("reports a refused command as an error of the call when its result is read", async () => {
  const logits = gpu.tensor([1, 2, 3, 4]);
  logits.destroy();
  await expect(gpu.softmax(logits).read()).rejects.toThrow(GpuError);
  await expect(gpu.softmax(logits).read()).rejects.toThrow(/^softmax: the GPU refused a command/);
});

it("reports the error of a call also where another call has used its result", async () => {
  const gone = gpu.tensor([[1, 2, 3]]);
  gone.destroy();
  const error = /^softmax: the GPU refused a command/;
  const chained = gpu.mseLoss(gpu.logSoftmax(gpu.softmax(gone)), [[0, 0, 0]]);
  await expect(chained.read()).rejects.toThrow(error);
  const out = gpu.empty([1, 3]);
  gpu.softmax(gone, { out });
  await expect(out.read()).rejects.toThrow(error);
  // A call that succeeds makes the tensor whole again.
  gpu.softmax(gpu.tensor([[0, 0, 0]]), { out });
  expect(((await out.read()) as { data: Float32Array }).data[0]).toBeCloseTo(1 / 3, 6);
});

it("computes without subgroups where shaders cannot tell a subgroup's place", async () => {
  const other = await requestDevice();
  const { createShaderModule } = other;
  other.createShaderModule = (descriptor) => {
    const code = descriptor.code.replace("subgroup_id)", "no_such_value)");
    return createShaderModule.call(other, { ...descriptor, code });
  };
  const functions = await onGpu(other);
  const logits = functions.tensor(new Float32Array(4096), [1, 4096]);
  expect(await functions.crossEntropy(logits, [0]).read()).toBeCloseTo(Math.log(4096), 5);
  await expect((onGpu as AnyLoss)(other, { subgroup: false })).rejects.toThrow(
    'onGpu: unknown option "subgroup"',
  );
});

it("reports a lost device", async () => {
  const lost = await requestDevice();
  const other = await onGpu(lost);
  const logits = other.tensor([1, 2]);
  expect(() => gpu.softmax(logits)).toThrow(/softmax: input is on another device/);
  lost.destroy();
  await lost.lost;
  expect(() => other.softmax(logits)).toThrow(/softmax: the GPU device was lost \(destroyed/);
  await expect(logits.read()).rejects.toThrow(GpuError);
});
