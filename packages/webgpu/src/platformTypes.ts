// The types of WebGPU, if the program that is compiled knows them: TypeScript's library "DOM" and @webgpu/types
// declare them as global. A package that named them would force one of the two on every program.

type Globals = typeof globalThis;

/** `GPUDevice`, where it is declared. */
export type GpuDevice = Globals extends { GPUDevice: { prototype: infer Device } }
  ? Device
  : object;

/** `GPUBuffer`, where it is declared. */
export type GpuBuffer = Globals extends { GPUBuffer: { prototype: infer Buffer } }
  ? Buffer
  : object;

/** `GPUCommandEncoder`, where it is declared. */
export type GpuCommandEncoder = Globals extends { GPUCommandEncoder: { prototype: infer Encoder } }
  ? Encoder
  : object;
