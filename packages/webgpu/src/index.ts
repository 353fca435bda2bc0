export type { Gpu } from "./gpu.ts";
export { GpuError } from "./gpuError.ts";
export { type GpuOptions, isGpuAvailable, onGpu } from "./onGpu.ts";
export type { GpuData, GpuTensor, GpuType, TensorOptions } from "./tensor.ts";
