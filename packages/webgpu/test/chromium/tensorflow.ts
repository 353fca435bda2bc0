// Runs in the page.
import "@tensorflow/tfjs-backend-webgpu";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { onGpu } from "../../src/index.ts";

/** Computes logits on the WebGPU backend of TensorFlow.js, and scores them where they are. */
export async function score() {
  await tf.setBackend("webgpu");
  const gpu = await onGpu((tf.backend() as WebGPUBackend).device);
  const input = tf.tensor2d([1, 0, 0, 1], [2, 2]);
  const weight = tf.tensor2d([2, 1, 0, 0, 3, 1], [2, 3]);
  const logits = tf.add(tf.matMul(input, weight), tf.tensor1d([0, 0, 0.5]));

  const data = logits.dataToGPU();
  const tensor = gpu.tensor(data);
  const loss = await gpu.crossEntropy(tensor, [0, 1]).read();
  const sharesBuffer = tensor.buffer === data.buffer;
  data.tensorRef.dispose();
  return { backend: tf.getBackend(), sharesBuffer, shape: tensor.shape, loss };
}
