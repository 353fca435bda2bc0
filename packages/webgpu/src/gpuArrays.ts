import { formatValue } from "@surprisal/core/authoring";
import type { GpuBuffer } from "./platformTypes.ts";
import type { GpuType } from "./tensorTypes.ts";

/** A tensor of onnxruntime-web whose location is "gpu-buffer". */
export interface OnnxGpuTensor {
  readonly location: string;
  readonly gpuBuffer: GpuBuffer;
  readonly dims: readonly number[];
  readonly type: string;
}

/** A tensor of transformers.js. It holds one of onnxruntime-web. */
export interface TransformersGpuTensor {
  readonly location: string;
  readonly ort_tensor: { readonly dims: readonly number[]; readonly type: string };
}

/** What `dataToGPU()` of TensorFlow.js returns on its WebGPU backend. */
export interface TensorFlowGpuData {
  readonly tensorRef: { readonly shape: readonly number[]; readonly dtype: string };
  readonly buffer?: GpuBuffer;
}

/** An array on the GPU that another library has made. */
export type GpuArray = OnnxGpuTensor | TransformersGpuTensor | TensorFlowGpuData;

/** A buffer, with the shape and the type that its library gives it. */
interface BufferOfArray {
  readonly buffer: unknown;
  readonly shape: readonly number[];
  readonly type: GpuType;
}

const types: Readonly<Record<string, GpuType>> = {
  float32: "float32",
  float16: "float16",
  int32: "int32",
  uint32: "uint32",
  int64: "int64",
};

/** Returns the buffer of another library's array, or undefined if the value is none that is on the GPU. */
export function readGpuArray(value: unknown): BufferOfArray | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if ("tensorRef" in value) return readTensorFlow(value as TensorFlowGpuData);
  if ("dataToGPU" in value) {
    throw new TypeError(
      `tensor: data must be the buffer of a tf.Tensor, got ${formatValue(value)}. Pass its dataToGPU(), on the WebGPU backend, or await its data().`,
    );
  }
  const held = "ort_tensor" in value ? value.ort_tensor : value;
  const isOnnx = typeof held === "object" && held !== null && "location" in held && "dims" in held;
  if (!isOnnx || held.location !== "gpu-buffer") return undefined;
  const { gpuBuffer, dims, type } = held as OnnxGpuTensor;
  return { buffer: gpuBuffer, shape: dims, type: typeOf(type, "await its getData()") };
}

function readTensorFlow({ tensorRef, buffer }: TensorFlowGpuData): BufferOfArray {
  if (buffer === undefined) {
    throw new TypeError(
      'tensor: the data of dataToGPU() has no GPUBuffer, which only the WebGPU backend of TensorFlow.js gives. Begin with await tf.setBackend("webgpu").',
    );
  }
  return { buffer, shape: tensorRef.shape, type: typeOf(tensorRef.dtype, "await its data()") };
}

function typeOf(type: string, otherwise: string): GpuType {
  if (Object.hasOwn(types, type)) return types[type];
  throw new TypeError(
    `tensor: the elements must be float32, float16, int32, uint32 or int64, got ${formatValue(type)}. Convert them in the model, or ${otherwise} and pass that.`,
  );
}
