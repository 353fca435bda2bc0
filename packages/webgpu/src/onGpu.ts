import { boolean, formatValue, optionsParser } from "@surprisal/core/authoring";
import { createContext } from "./context.ts";
import { createGpu } from "./gpu.ts";
import { GpuError } from "./gpuError.ts";
import type { Gpu } from "./gpuTypes.ts";
import type { GpuDevice } from "./platformTypes.ts";

/** Options of `onGpu`. */
export interface GpuOptions {
  /**
   * Whether kernels may use subgroup operations, where the device has them.
   *
   * @defaultValue true
   */
  subgroups?: boolean | undefined;
}

const parseOptions = /* @__PURE__ */ optionsParser({ subgroups: boolean(true) });

const advice =
  "In a browser, WebGPU needs a secure page (https or localhost) and a browser that supports it. In Node, the npm package webgpu provides it: pass its device, onGpu(device).";

/**
 * Returns the functions of this package on a GPU: on the device of the logits, or on a new one.
 *
 * A new device is asked for the largest buffers that the adapter allows.
 *
 * @param device a `GPUDevice`. Tensors and other buffers of this device can be used together.
 * @param options subgroups.
 * @returns the functions.
 * @throws TypeError if the device is not a `GPUDevice`.
 * @throws GpuError if no device is given and no GPU is found.
 *
 * @example
 * ```ts
 * import { onGpu } from "@surprisal/webgpu";
 *
 * const gpu = await onGpu();
 * const logits = gpu.tensor([[2, 1, 0], [0, 1, 2]]);
 * const loss = gpu.crossEntropy(logits, [0, 2]);
 * await loss.read(); // 0.4076…
 * ```
 *
 * Source: W3C, "WebGPU" and "WebGPU Shading Language".
 */
export async function onGpu(device?: GpuDevice, options: GpuOptions = {}): Promise<Gpu> {
  if (device !== undefined && !isDevice(device)) {
    throw new TypeError(
      `onGpu: device must be a GPUDevice, got ${formatValue(device)}. Get one with adapter.requestDevice(), or leave it out.`,
    );
  }
  const { subgroups } = parseOptions("onGpu", options);
  const gpuDevice = (device ?? (await requestDevice())) as GPUDevice;
  return createGpu(createContext(gpuDevice, subgroups && (await hasSubgroups(gpuDevice))));
}

/**
 * Returns whether kernels of a device can use subgroups as ours do. Older browsers have the feature, but not the
 * built-in value `subgroup_id`.
 */
async function hasSubgroups(device: GPUDevice): Promise<boolean> {
  if (!device.features.has("subgroups")) return false;
  device.pushErrorScope("validation");
  device.createShaderModule({
    code: "enable subgroups; @compute @workgroup_size(1) fn main(@builtin(subgroup_id) id: u32) { _ = id; }",
  });
  // The scope of a lost device fails. The first call says that it is lost.
  return device.popErrorScope().then(
    (error) => error === null,
    () => false,
  );
}

/** Returns whether `onGpu()` finds a GPU. */
export async function isGpuAvailable(): Promise<boolean> {
  try {
    return (await findAdapter()) !== null;
  } catch {
    return false;
  }
}

function isDevice(value: unknown): value is GPUDevice {
  return (
    typeof value === "object" && value !== null && "createShaderModule" in value && "queue" in value
  );
}

async function findAdapter(): Promise<GPUAdapter | null> {
  const { navigator } = globalThis as { navigator?: { gpu?: GPU } };
  if (navigator?.gpu === undefined) return null;
  return navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
}

async function requestDevice(): Promise<GPUDevice> {
  const adapter = await findAdapter();
  if (adapter === null) throw new GpuError(`onGpu: no GPU was found. ${advice}`);
  const features = (["subgroups", "shader-f16"] as const).filter((name) =>
    adapter.features.has(name),
  );
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  return adapter.requestDevice({
    requiredFeatures: features,
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
  });
}
