import { create, globals } from "webgpu";

// Dawn ends with the last reference to what `create` returns.
let gpu: GPU | undefined;

/** Returns a device of Dawn. Without one, the error says what to install. */
export async function requestDevice(features?: readonly string[]): Promise<GPUDevice> {
  Object.assign(globalThis, globals);
  gpu ??= create([]);
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
