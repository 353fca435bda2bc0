import { cast, type Tensor, tensor } from "@tensorflow/tfjs-core";
import { readTensor } from "./memory.ts";

/**
 * Returns the class indices of one-hot rows, whose loss takes a third of the time. If a row is not one-hot, returns all
 * of them as floats: a loss refuses rows of integers that are not one-hot, and Keras does not.
 */
export function toClassIndices(target: Tensor): Tensor {
  const { shape } = target;
  const classes = shape[shape.length - 1];
  if (shape.length < 2 || classes < 2 || target.size === 0) return cast(target, "float32");
  const { data } = readTensor(target);
  const indices = new Int32Array(target.size / classes);
  for (let row = 0; row < indices.length; row++) {
    const index = hotIndex(data as Float32Array, row * classes, classes);
    if (index < 0) return cast(target, "float32");
    indices[row] = index;
  }
  return tensor(indices, shape.slice(0, -1), "int32");
}

/** Returns the index of the only 1 of a row, or −1 if the row holds anything else. */
function hotIndex(data: Float32Array, start: number, length: number): number {
  let index = -1;
  for (let j = 0; j < length; j++) {
    const value = data[start + j];
    if (value === 0) continue;
    if (value !== 1 || index >= 0) return -1;
    index = j;
  }
  return index;
}
