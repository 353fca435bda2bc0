import { create, globals } from "webgpu";
import { type Gpu, onGpu } from "../src/index.ts";

// Dawn ends with the last reference to what `create` returns.
let gpu: GPU | undefined;

/**
 * Dawn may leave it to the Vulkan driver to fill workgroup memory with zeros. SwiftShader compiles that to one store
 * for each element, which is most of its time for a kernel. Without the extension, Dawn's shader fills it in a loop.
 */
const toggle = "disable-dawn-features=use_vulkan_zero_initialize_workgroup_memory_extension";

/** Returns a device of Dawn. Without one, the error says what to install. */
export async function requestDevice(limits: Record<string, number> = {}): Promise<GPUDevice> {
  Object.assign(globalThis, globals);
  gpu ??= create([toggle]);
  const adapter = await gpu.requestAdapter();
  if (adapter === null) {
    throw new Error(
      "There is no GPU and no SwiftShader. Install Debian's chromium (apt-get install chromium), which brings one in software, or name a Vulkan driver in VK_ICD_FILENAMES.",
    );
  }
  const wanted = ["subgroups", "shader-f16"];
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  return adapter.requestDevice({
    requiredFeatures: wanted.filter((name) => adapter.features.has(name)) as GPUFeatureName[],
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize, ...limits },
  });
}

let shared: Promise<Gpu> | undefined;

/** Returns the functions on a device that all test files share: each kernel is compiled once. */
export function sharedGpu(): Promise<Gpu> {
  shared ??= requestDevice().then((device) => onGpu(device));
  return shared;
}
