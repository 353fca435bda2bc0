// Values of GPUBufferUsage and GPUMapMode, which Node has no globals for.
export const bufferUsage = {
  mapRead: 0x1,
  copySource: 0x4,
  copyDestination: 0x8,
  uniform: 0x40,
  storage: 0x80,
} as const;

/** The usage of a tensor's buffer: kernels read and write it, and it is copied from and to. */
export const tensorUsage =
  bufferUsage.storage | bufferUsage.copySource | bufferUsage.copyDestination;

export const mapModeRead = 0x1;

/** The stage of a compute shader in GPUShaderStage. */
export const computeStage = 0x4;
