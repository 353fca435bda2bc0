export type { CallOptions } from "./functions/arguments.ts";
export type { GpuLogSumExpOptions } from "./functions/logSumExp.ts";
export type {
  GpuCrossEntropyOptions,
  GpuElementOptions,
  GpuGradientOptions,
  GpuLossOptions,
  GpuNllLossOptions,
  GpuNumbers,
  GpuTarget,
} from "./functions/options.ts";
export type { GpuSoftmaxOptions } from "./functions/softmax.ts";
export type { GpuTokenLogProbsOptions, GpuTokenOptions } from "./functions/tokens.ts";
export { GpuError } from "./gpuError.ts";
export type { Gpu, GpuAxisOptions, GpuLoss } from "./gpuTypes.ts";
export { type GpuOptions, isGpuAvailable, onGpu } from "./onGpu.ts";
export type { GpuBuffer, GpuCommandEncoder, GpuDevice } from "./platformTypes.ts";
export type { GpuData, GpuTensor, GpuType, TensorOptions } from "./tensor.ts";
