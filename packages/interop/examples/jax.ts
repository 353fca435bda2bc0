import { defaultDevice, init, numpy as np } from "@jax-js/jax";
import { softmax } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";

await init("wasm");
defaultDevice("wasm");

const inputs = np.array([
  [1, 0],
  [0, 1],
]);
const weights = np.array([
  [2, 1, 0],
  [0, 3, 1],
]);
const logits = np.matmul(inputs.ref, weights.ref);

// data() and dataSync() consume an array, and `ref` keeps it. On WebGPU, await data().
const tensor = { data: await logits.ref.data(), shape: logits.shape };
const { value, grad } = crossEntropy.valueAndGrad(tensor, [0, 1]);
console.log(value); // 0.28872…

// A result as an array of jax-js: here, the gradient of the weights.
const gradLogits = np.array(grad.data as Float32Array<ArrayBuffer>).reshape([...grad.shape]);
const gradWeights = np.matmul(inputs.transpose(), gradLogits);
console.log(gradWeights.js()); // [[-0.167…, 0.122…, 0.045…], [0.021…, -0.078…, 0.057…]]
console.log(softmax({ data: logits.dataSync(), shape: logits.shape }).shape); // [2, 3]
