// Runs in the page.
import * as ort from "onnxruntime-web/webgpu";
import { onGpu } from "../../src/index.ts";

ort.env.wasm.wasmPaths = { mjs: "/ort.mjs", wasm: "/ort.wasm" };
ort.env.wasm.numThreads = 1;

/** Runs a model on the GPU and scores its logits where they are; then also on a device of its own. */
export async function score(model: readonly number[]) {
  const session = await ort.InferenceSession.create(Uint8Array.from(model), {
    executionProviders: ["webgpu"],
    preferredOutputLocation: { logits: "gpu-buffer" },
  });
  const input = new ort.Tensor("float32", Float32Array.of(1, 0, 0, 1), [2, 2]);
  const { logits } = await session.run({ input });

  const gpu = await onGpu(await ort.env.webgpu.device);
  const tensor = gpu.tensor(logits);
  const loss = await gpu.crossEntropy(tensor, [0, 1]).read();
  const held = gpu.tensor({ location: logits.location, ort_tensor: logits });

  const other = await onGpu();
  const foreign = other.tensor(logits);
  const messageOf = (error: Error) => `${error.name}: ${error.message}`;
  const result = {
    location: logits.location,
    sharesBuffer: tensor.buffer === logits.gpuBuffer,
    transformersSharesBuffer: held.buffer === logits.gpuBuffer,
    shape: tensor.shape,
    loss,
    errors: [
      await foreign.read().then(String, messageOf),
      await other.logSumExp(foreign).read().then(String, messageOf),
    ],
    // The buffer is still ONNX Runtime's.
    logits: Array.from((await logits.getData()) as Float32Array),
  };
  logits.dispose();
  return result;
}
