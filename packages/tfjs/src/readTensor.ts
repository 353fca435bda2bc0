import type { TensorLike } from "@surprisal/core";
import type { Tensor } from "@tensorflow/tfjs-core";

/**
 * Returns a tensor of TensorFlow.js as a container. The elements are read synchronously, which the cpu and the
 * wasm backend can do; on a GPU it would stop the program until the GPU has finished.
 */
export function readTensor(functionName: string, input: Tensor): TensorLike {
  if (input.dtype !== "float32" && input.dtype !== "int32" && input.dtype !== "bool") {
    throw new TypeError(
      `${functionName}: tensors must be float32, int32 or bool, got ${input.dtype}.`,
    );
  }
  return { data: input.dataSync() as Float32Array, shape: [...input.shape] };
}
