import { formatValue } from "@surprisal/core/authoring";
import { bufferUsage } from "./constants.ts";
import type { Failure } from "./failures.ts";
import { GpuError } from "./gpuError.ts";

/** A device, and the objects that are kept for it. */
export interface Context {
  readonly device: GPUDevice;
  /** Whether kernels reduce within subgroups. */
  readonly subgroups: boolean;
  /** Compiled kernels by their source. */
  readonly pipelines: Map<string, Pipeline>;
  /** The error of each buffer that was wrapped, if it belongs to another device. */
  readonly owners: WeakMap<GPUBuffer, Failure>;
  /** The error of the call that last wrote to a buffer. */
  readonly writers: WeakMap<GPUBuffer, Failure>;
  /** Why the device was lost, once it is. */
  lost: string | undefined;
}

export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** Wraps a device. */
export function createContext(device: GPUDevice, subgroups: boolean): Context {
  const context: Context = {
    device,
    subgroups,
    pipelines: new Map(),
    owners: new WeakMap(),
    writers: new WeakMap(),
    lost: undefined,
  };
  void device.lost.then(({ reason, message }) => {
    context.lost = [reason, message].filter((part) => part && part !== "unknown").join(": ");
  });
  return context;
}

/** Throws if the device is lost. */
export function checkDevice(functionName: string, { lost }: Context): void {
  if (lost === undefined) return;
  throw new GpuError(
    `${functionName}: the GPU device was lost (${lost || "no reason given"}). Make another device with onGpu(), and then new tensors.`,
  );
}

/** Creates a buffer of at least `bytes`. Kernels read four elements at once, so it is a multiple of 16 bytes. */
export function createBuffer(
  functionName: string,
  { device }: Context,
  bytes: number,
  usage: number,
  mappedAtCreation = false,
): GPUBuffer {
  const size = Math.max(16, Math.ceil(bytes / 16) * 16);
  checkBinding(functionName, device, size);
  try {
    return device.createBuffer({ size, usage, mappedAtCreation });
  } catch (error) {
    throw new GpuError(
      `${functionName}: the GPU could not provide ${size} bytes (${formatValue(String(error))}).`,
    );
  }
}

/** Throws if a buffer is larger than a kernel of this device may read or write. */
export function checkBinding(functionName: string, { limits }: GPUDevice, bytes: number): void {
  for (const limit of ["maxStorageBufferBindingSize", "maxBufferSize"] as const) {
    if (bytes <= limits[limit]) continue;
    throw new RangeError(
      `${functionName}: a buffer of ${bytes} bytes is larger than the device's ${limit}, ${limits[limit]}. Request the device with a higher limit, as onGpu() does, or compute fewer rows at once.`,
    );
  }
}

/** Creates a buffer that holds these bytes. */
export function uploadBytes(
  functionName: string,
  context: Context,
  data: ArrayBufferView,
  usage: number = bufferUsage.storage | bufferUsage.copySource | bufferUsage.copyDestination,
): GPUBuffer {
  const buffer = createBuffer(functionName, context, data.byteLength, usage, true);
  const mapped = new Uint8Array(buffer.getMappedRange());
  mapped.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  buffer.unmap();
  return buffer;
}
