export type {
  CallOptions,
  GpuCrossEntropyOptions,
  GpuElementOptions,
  GpuGradientOptions,
  GpuLogSumExpOptions,
  GpuLossOptions,
  GpuNllLossOptions,
  GpuNumbers,
  GpuSoftmaxOptions,
  GpuTarget,
  GpuTokenLogProbsOptions,
  GpuTokenOptions,
} from "./functions/options.ts";
export type {
  GpuArray,
  OnnxGpuTensor,
  TensorFlowGpuData,
  TransformersGpuTensor,
} from "./gpuArrays.ts";
export { GpuError } from "./gpuError.ts";
export type { Gpu, GpuAxisOptions, GpuLoss } from "./gpuTypes.ts";
export { type GpuOptions, isGpuAvailable, onGpu } from "./onGpu.ts";
export type { GpuBuffer, GpuCommandEncoder, GpuDevice } from "./platformTypes.ts";
export type { GpuData, GpuTensor, GpuType, TensorOptions } from "./tensorTypes.ts";
