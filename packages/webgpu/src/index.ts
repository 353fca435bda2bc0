export type {
  CallOptions,
  GpuCrossEntropyOptions,
  GpuElementOptions,
  GpuGradientOptions,
  GpuLinearCrossEntropyOptions,
  GpuLinearGradientOptions,
  GpuLogSumExpOptions,
  GpuLossOptions,
  GpuNllLossOptions,
  GpuNumbers,
  GpuPairGradientOptions,
  GpuSoftmaxOptions,
  GpuTarget,
  GpuTokenLogProbsOptions,
  GpuTokenOptions,
  GpuTopLogProbsOptions,
} from "./functions/options.ts";
export type {
  GpuArray,
  OnnxGpuTensor,
  TensorFlowGpuData,
  TransformersGpuTensor,
} from "./gpuArrays.ts";
export { GpuError } from "./gpuError.ts";
export type {
  Gpu,
  GpuAxisOptions,
  GpuLinearLoss,
  GpuLoss,
  GpuPairLoss,
  GpuTopLogProbs,
} from "./gpuTypes.ts";
export { type GpuOptions, isGpuAvailable, onGpu } from "./onGpu.ts";
export type { GpuBuffer, GpuCommandEncoder, GpuDevice } from "./platformTypes.ts";
export type { GpuData, GpuTensor, GpuType, TensorOptions } from "./tensorTypes.ts";
