import { create, globals } from "webgpu";

// Dawn ends with the last reference to what `create` returns.
let gpu: GPU | undefined;

/**
 * Dawn may leave it to the Vulkan driver to fill workgroup memory with zeros. SwiftShader compiles that to one store
 * for each element, which is most of its time for a kernel. Without the extension, Dawn's shader fills it in a loop.
 */
const toggle = "disable-dawn-features=use_vulkan_zero_initialize_workgroup_memory_extension";

/** Returns a device of Dawn. Without one, the error says what to install. */
export async function requestDevice(features?: readonly string[]): Promise<GPUDevice> {
  Object.assign(globalThis, globals);
  gpu ??= create([toggle]);
  const adapter = await gpu.requestAdapter();
  if (adapter === null) {
    throw new Error(
      "There is no GPU and no SwiftShader. Install Debian's chromium (apt-get install chromium), which brings one in software, or name a Vulkan driver in VK_ICD_FILENAMES.",
    );
  }
  const wanted = features ?? ["subgroups", "shader-f16"];
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  return adapter.requestDevice({
    requiredFeatures: wanted.filter((name) => adapter.features.has(name)) as GPUFeatureName[],
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
  });
}
