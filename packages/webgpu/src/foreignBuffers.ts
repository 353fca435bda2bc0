import { computeStage } from "./constants.ts";
import type { Context } from "./context.ts";
import type { Failure } from "./failures.ts";
import { GpuError } from "./gpuError.ts";

/**
 * Finds out whether a buffer belongs to the device. WebGPU has no function for that, and reports it later:
 * a binding of a foreign buffer is a validation error.
 */
export function checkOwner({ device, owners }: Context, buffer: GPUBuffer): Failure {
  const known = owners.get(buffer);
  if (known !== undefined) return known;
  device.pushErrorScope("validation");
  const layout = device.createBindGroupLayout({
    entries: [{ binding: 0, visibility: computeStage, buffer: { type: "read-only-storage" } }],
  });
  device.createBindGroup({ layout, entries: [{ binding: 0, resource: { buffer } }] });
  const failure: Failure = device.popErrorScope().then(
    (refused) =>
      refused === null ? undefined : new GpuError(`${advice} The GPU says: ${refused.message}`),
    // The scope of a lost device. The call itself reports that.
    () => undefined,
  );
  owners.set(buffer, failure);
  return failure;
}

const advice =
  "tensor: the buffer cannot be used on this device. A buffer belongs to the device that made it: onGpu(await ort.env.webgpu.device) for ONNX Runtime, onGpu(tf.backend().device) for TensorFlow.js.";
