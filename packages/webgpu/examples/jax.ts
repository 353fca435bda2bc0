import { defaultDevice, getWebGPUDevice, init, numpy as np } from "@jax-js/jax";
import { onGpu } from "@surprisal/webgpu";

await init("webgpu");
defaultDevice("webgpu");
// The device of jax-js, on which the logits will be.
const gpu = await onGpu(getWebGPUDevice());

const input = np.eye(2);
const weight = np.array([
  [2, 1, 0.5],
  [0, 3, 1.5],
]);
const logits = np.matmul(input, weight);
const buffer = await logits.gpuBuffer();
const loss = gpu.crossEntropy(gpu.tensor(buffer, logits.shape), [0, 1]);
console.log(await loss.read()); // 0.35284…
console.log(logits.shape); // [2, 3]
