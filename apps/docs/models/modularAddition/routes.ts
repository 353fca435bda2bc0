import { type Tensor, tensor } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";

/** A computation of the gradient of the mean loss with respect to the logits, in float32. */
export type Route = (logits: Tensor<Float32Array>, targets: Uint8Array) => Tensor<Float32Array>;

const { fround } = Math;

/**
 * Computes p − 1 at the target and p elsewhere as PyTorch does: p is the exponential of a log-softmax, and
 * every operation is rounded to float32.
 */
export const subtractOne: Route = (logits, targets) => {
  const [rows, classes] = logits.shape;
  const gradient = tensor(new Float32Array(rows * classes), logits.shape);
  for (let row = 0; row < rows; row++) {
    const x = logits.data.subarray(row * classes, (row + 1) * classes);
    const max = x.reduce((a, b) => Math.max(a, b));
    const sum = x.reduce(
      (total, logit) => fround(total + fround(Math.exp(fround(logit - max)))),
      0,
    );
    const logSum = fround(Math.log(sum));
    for (let j = 0; j < classes; j++) {
      const p = fround(Math.exp(fround(fround(x[j] - max) - logSum)));
      gradient.data[row * classes + j] = fround(j === targets[row] ? p - 1 : p) / rows;
    }
  }
  return gradient;
};

/** Sums the other probabilities at the target instead of subtracting 1, which keeps all digits. */
export const sumOthers: Route = (logits, targets) =>
  crossEntropy.valueAndGrad(logits, targets).grad;
