import { Tensor as TransformersTensor } from "@huggingface/transformers";
import { beforeAll, expect, it } from "vitest";
import { type Gpu, onGpu } from "../src/index.ts";
import { requestDevice } from "./device.ts";
import type { AnyLoss } from "./fixtures.ts";

let gpu: Gpu;
let buffer: GPUBuffer;

beforeAll(async () => {
  const device = await requestDevice();
  gpu = await onGpu(device);
  buffer = device.createBuffer({ size: 32, usage: 0x80 | 0x4 | 0x8 });
  device.queue.writeBuffer(buffer, 0, Float32Array.of(2, 1, 0, 0, 1, 2));
});

it("takes shape and type from the array of another library", async () => {
  const onnx = { location: "gpu-buffer", gpuBuffer: buffer, dims: [2, 3], type: "float32" };
  const tensorFlow = { tensorRef: { shape: [2, 3], dtype: "float32" }, buffer };
  for (const data of [onnx, tensorFlow]) {
    const tensor = gpu.tensor(data);
    expect(await tensor.read()).toEqual({ data: Float32Array.of(2, 1, 0, 0, 1, 2), shape: [2, 3] });
    expect(tensor.buffer).toBe(buffer);
  }
  for (const type of ["int32", "int64"]) {
    expect(gpu.tensor({ ...onnx, dims: [3], type }).type).toBe(type);
  }
  // A shape of one's own counts, and a part of a buffer can be wrapped.
  const lastRow = gpu.tensor(onnx, [3], { offset: 3 });
  expect(await lastRow.read()).toEqual({ data: Float32Array.of(0, 1, 2), shape: [3] });
});

it("takes a tensor of transformers.js, which holds one of ONNX Runtime", async () => {
  const { ort_tensor: onCpu } = new TransformersTensor("float32", [0], [1]);
  const OnnxTensor = onCpu.constructor as AnyLoss;
  const onnx = OnnxTensor.fromGpuBuffer(buffer, { dataType: "float32", dims: [2, 3] });
  const tensor = gpu.tensor(new TransformersTensor(onnx));
  expect(tensor.shape).toEqual([2, 3]);
  expect(tensor.buffer).toBe(buffer);
});

it("copies a tensor of ONNX Runtime that is on the CPU", async () => {
  const onCpu = { location: "cpu", data: Float32Array.of(1, 2), dims: [2], type: "float32" };
  expect(await gpu.tensor(onCpu).read()).toEqual({ data: Float32Array.of(1, 2), shape: [2] });
});

it.each([
  [
    { location: "gpu-buffer", gpuBuffer: {}, dims: [2], type: "uint8" },
    'must be float32, float16, int32, uint32 or int64, got "uint8". Convert them in the model, or await its getData()',
  ],
  [
    { tensorRef: { shape: [2], dtype: "bool" }, buffer: {} },
    'got "bool". Convert them in the model, or await its data()',
  ],
  [{ tensorRef: { shape: [2], dtype: "float32" }, texture: {} }, 'await tf.setBackend("webgpu")'],
  [{ shape: [2], dtype: "float32", dataToGPU() {} }, "Pass its dataToGPU()"],
  [
    { location: "gpu-buffer", gpuBuffer: {}, dims: [2], type: "float32" },
    "the data must be in a GPUBuffer",
  ],
])("%o is refused", (data, message) => {
  expect(() => (gpu as AnyLoss).tensor(data)).toThrow(TypeError);
  expect(() => (gpu as AnyLoss).tensor(data)).toThrow(message);
});

it("reports the buffer of another device, of a tensor and of a result", async () => {
  const other = await onGpu(await requestDevice());
  const foreign = other.tensor(buffer, [2, 3]);
  const message = /^tensor: the buffer cannot be used on this device/;
  await expect(foreign.read()).rejects.toThrow(message);
  await expect(other.logSumExp(foreign).read()).rejects.toThrow(message);
  // The buffer is still usable on its own device.
  expect(await gpu.tensor(buffer, [1]).read()).toEqual({ data: Float32Array.of(2), shape: [1] });
});
