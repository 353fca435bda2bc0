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
 * A way from logits of shape [rows, classes] and one label per row to the loss.
 *
 * In float32, as models are in practice: the routes then differ by what each of them rounds away.
 */
export interface Route {
  readonly name: string;
  lossAndGrad(logits: Tensor<Float32Array>, labels: Uint8Array): LossAndGrad;
}

/** The textbook's way: probabilities, their logarithms, and that of the label taken out. */
export const viaSoftmax: Route = {
  name: "softmax, log, NLL",
  lossAndGrad(logits, labels) {
    const p = softmax(logits);
    const logP = tensor(p.data.map(Math.log), p.shape);
    const { value, grad: gradLogP } = nllLoss.valueAndGrad(logP, labels);
    // d(log p)/dp = 1/p. Were a probability so small that it is stored as 0, this would be NaN.
    const gradP = tensor(
      gradLogP.data.map((g, k) => g / p.data[k]),
      p.shape,
    );
    return { value, grad: softmaxBackward(gradP, p) };
  },
};

/** The stable way: log-probabilities straight from the logits. */
export const viaLogSoftmax: Route = {
  name: "logSoftmax, NLL",
  lossAndGrad(logits, labels) {
    const logP = logSoftmax(logits);
    const { value, grad: gradLogP } = nllLoss.valueAndGrad(logP, labels);
    return { value, grad: logSoftmaxBackward(gradLogP, logP) };
  },
};

/** The fused way: one pass, and no log-probabilities in between. */
export const fused: Route = {
  name: "crossEntropy",
  lossAndGrad: (logits, labels) => crossEntropy.valueAndGrad(logits, labels),
};
