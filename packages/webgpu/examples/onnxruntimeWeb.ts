import { onGpu } from "@surprisal/webgpu";
import * as ort from "onnxruntime-web/webgpu";

const session = await ort.InferenceSession.create("/linear.onnx", {
  executionProviders: ["webgpu"],
  preferredOutputLocation: { logits: "gpu-buffer" },
});
// The device of ONNX Runtime, on which the logits will be.
const gpu = await onGpu(await ort.env.webgpu.device);

const input = new ort.Tensor("float32", Float32Array.of(1, 0, 0, 1), [2, 2]);
const { logits } = await session.run({ input });
const loss = gpu.crossEntropy(gpu.tensor(logits), [0, 1]);
console.log(await loss.read()); // 0.35284…
console.log(logits.location); // "gpu-buffer"
logits.dispose();
