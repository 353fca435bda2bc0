import { onGpu } from "@surprisal/webgpu";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";

await tf.setBackend("webgpu");
// The device of TensorFlow.js, on which the logits will be.
const gpu = await onGpu((tf.backend() as WebGPUBackend).device);

const input = tf.tensor2d([1, 0, 0, 1], [2, 2]);
const weight = tf.tensor2d([2, 1, 0.5, 0, 3, 1.5], [2, 3]);
const logits = tf.matMul(input, weight);
const data = logits.dataToGPU();
const loss = gpu.crossEntropy(gpu.tensor(data, logits.shape), [0, 1]);
console.log(await loss.read()); // 0.35284…
console.log(logits.shape); // [2, 3]
data.tensorRef.dispose();
