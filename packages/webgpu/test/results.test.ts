import { crossEntropy } from "@surprisal/losses";
import { beforeAll, expect, it } from "vitest";
import type { Gpu } from "../src/index.ts";
import { sharedGpu } from "./device.ts";
import { type AnyLoss, elementsOf } from "./fixtures.ts";

let gpu: Gpu;

beforeAll(async () => {
  gpu = await sharedGpu();
});

const rows = () => gpu.tensor([2, 1, 0, 0, 1, 2], [2, 3]);
const labels = (...indices: number[]) => gpu.tensor(indices, [2], { type: "int32" });

it("can be destroyed one by one, in any order, and twice", async () => {
  const expected = crossEntropy.valueAndGrad(
    { data: Float32Array.of(2, 1, 0, 0, 1, 2), shape: [2, 3] },
    [0, 2],
  );
  for (const first of ["value", "grad"] as const) {
    const results = gpu.crossEntropy.valueAndGrad(rows(), labels(0, 2));
    const second = first === "value" ? "grad" : "value";
    results[first].destroy();
    results[first].destroy();
    const [element] = [await elementsOf(results[second])].flat();
    const [onCpu] = [second === "value" ? expected.value : [...expected.grad.data]].flat();
    expect(element).toBeCloseTo(onCpu as number, 6);
    results[second].destroy();
  }
  const scores = gpu.tokenLogProbs(rows(), labels(0, 2), { shift: true });
  expect(await elementsOf(scores)).toHaveLength(1);
  scores.destroy();
  await expect(scores.read()).rejects.toThrow("read: the GPU refused to copy");
});

it("report a wrong index in the caller's tensors, too", async () => {
  const out = gpu.empty([2]);
  const options = { reduction: "none", out } as const;
  const message = /crossEntropy: target at row 1 is neither a whole number from 0 to 2/;
  const losses = gpu.crossEntropy(rows(), labels(0, 7), options);
  expect(losses.buffer).toBe(out.buffer);
  await expect(losses.read()).rejects.toThrow(message);
  const { value, grad } = gpu.crossEntropy.valueAndGrad(rows(), labels(0, 7), {
    out: gpu.empty([2, 3]),
  });
  await expect(grad.read()).rejects.toThrow(/target at row 1 is neither/);
  await expect(value.read()).rejects.toThrow(/target at row 1 is neither/);
  // The next call with the same tensor has no error.
  const right = await elementsOf(gpu.crossEntropy(rows(), labels(0, 2), options));
  expect(right).toEqual(await elementsOf(out));
  await expect(gpu.tokenLogProbs(rows(), labels(0, 7)).read()).rejects.toThrow(
    "tokenLogProbs: ids at row 1 is neither",
  );
});

it("free the caller's tensor when they are destroyed, also after many calls", async () => {
  const first = gpu.empty([2, 3]);
  let result = first;
  for (let i = 0; i < 3; i++) result = gpu.softmax(rows(), { out: result });
  expect(await elementsOf(first)).toEqual(await elementsOf(result));
  result.destroy();
  for (const tensor of [first, result]) {
    await expect(tensor.read()).rejects.toThrow("read: the GPU refused to copy");
  }
});

it("are right for probabilities in a buffer whose size is no multiple of four floats", async () => {
  const device = gpu.device as GPUDevice;
  for (const [classes, count] of [
    [3, 2],
    [5, 3],
    [4, 2],
  ] as const) {
    const size = classes * count;
    const probabilities = Float32Array.from({ length: size }, (_, i) => ((i % classes) + 1) / 10);
    const logits = Float32Array.from({ length: size }, (_, i) => Math.sin(7 * i));
    const buffer = device.createBuffer({ size: 4 * size, usage: 0x80 | 0x4 | 0x8 });
    device.queue.writeBuffer(buffer, 0, probabilities);
    const shape = [count, classes];
    const onGpu = gpu.crossEntropy.valueAndGrad(
      gpu.tensor(logits, shape),
      gpu.tensor(buffer, shape),
    );
    const onCpu = crossEntropy.valueAndGrad(
      { data: logits, shape },
      { data: probabilities, shape },
    );
    expect(await onGpu.value.read()).toBeCloseTo(onCpu.value, 5);
    const gradient = await elementsOf(onGpu.grad);
    for (let i = 0; i < size; i++) expect(gradient[i]).toBeCloseTo(onCpu.grad.data[i] as number, 6);
  }
});

it("are of the arguments that differentiate names, however often", async () => {
  const [x, t] = [gpu.tensor([1, 2], [2]), gpu.tensor([0, 0], [2])];
  const call = (gpu.mseLoss as AnyLoss).valueAndGrad;
  const twice = call(x, t, { differentiate: ["target", "input", "input"] });
  expect(Object.keys(twice.grads)).toEqual(["input", "target"]);
  expect(await elementsOf(twice.grads.input)).toEqual([1, 2]);
  const integers = gpu.tensor([0, 0], [2], { type: "int32" });
  expect(() => call(x, integers, { differentiate: ["input", "target"] })).toThrow(
    "mseLoss.valueAndGrad: target is not given or holds integers, so it has no gradient.",
  );
});

it("need tensors whose options have the right names", () => {
  const tensor = gpu.tensor as AnyLoss;
  expect(() => tensor([1, 2], [2], { dtype: "float16" })).toThrow(
    'tensor: unknown option "dtype", expected one of type, offset, strides.',
  );
  expect(() => tensor([1, 2], [2], null)).toThrow(
    "tensor: options must be a plain object, got null.",
  );
});

it("are those without a softcap if float32 does not hold it", async () => {
  const plain = await gpu.crossEntropy(rows(), [0, 2]).read();
  expect(await gpu.crossEntropy(rows(), [0, 2], { softcap: 1e39 }).read()).toBe(plain);
});
