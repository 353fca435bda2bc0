// Runs in the page.
import { defaultDevice, getWebGPUDevice, init, numpy as np } from "@jax-js/jax";
import { onGpu } from "../../src/index.ts";

/** Computes logits with jax-js on the GPU, and scores them where they are. */
export async function score() {
  await init("webgpu");
  defaultDevice("webgpu");
  const input = np.array([
    [1, 0],
    [0, 1],
  ]);
  const weight = np.array([
    [2, 1, 0],
    [0, 3, 1],
  ]);
  const logits = np.add(np.matmul(input, weight), np.array([0, 0, 0.5]));

  const gpu = await onGpu(getWebGPUDevice());
  const buffer = await logits.gpuBuffer();
  const tensor = gpu.tensor(buffer, logits.shape);
  const loss = await gpu.crossEntropy(tensor, [0, 1]).read();
  return {
    backend: defaultDevice(),
    sharesBuffer: tensor.buffer === buffer,
    shape: tensor.shape,
    loss,
  };
}
