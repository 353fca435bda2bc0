import {
  logSoftmax,
  logSoftmaxBackward,
  softmax,
  softmaxBackward,
  type Tensor,
  tensor,
} from "@surprisal/core";
import { crossEntropy, nllLoss } from "@surprisal/losses";

/** The mean loss of a batch, and its gradient with respect to the logits. */
export interface LossAndGrad {
  readonly value: number;
  readonly grad: Tensor<Float32Array>;
}

/**
 * A computation of the loss from logits of shape [rows, classes] and one label per row.
 *
 * It is in float32, as models are in practice, so that the routes differ in their rounding errors.
 */
export interface Route {
  readonly name: string;
  lossAndGrad(logits: Tensor<Float32Array>, labels: Uint8Array): LossAndGrad;
}

/** The textbook route: probabilities, their logarithms, and the negative one of the label. */
export const viaSoftmax: Route = {
  name: "softmax, log, NLL",
  lossAndGrad(logits, labels) {
    const p = softmax(logits);
    const logP = tensor(p.data.map(Math.log), p.shape);
    const { value, grad: gradLogP } = nllLoss.valueAndGrad(logP, labels);
    // d(log p)/dp = 1/p. For a probability that underflows to 0 this is NaN.
    const gradP = tensor(
      gradLogP.data.map((g, k) => g / p.data[k]),
      p.shape,
    );
    return { value, grad: softmaxBackward(gradP, p) };
  },
};

/** The stable route: log-probabilities directly from the logits. */
export const viaLogSoftmax: Route = {
  name: "logSoftmax, NLL",
  lossAndGrad(logits, labels) {
    const logP = logSoftmax(logits);
    const { value, grad: gradLogP } = nllLoss.valueAndGrad(logP, labels);
    return { value, grad: logSoftmaxBackward(gradLogP, logP) };
  },
};

/** The fused route: one pass, without intermediate log-probabilities. */
export const fused: Route = {
  name: "crossEntropy",
  lossAndGrad: (logits, labels) => crossEntropy.valueAndGrad(logits, labels),
};
