// What a gradient of a gradient gets from a loss. Without these functions, TensorFlow.js would take the gradients of a
// loss for constants, and silently leave out what they depend on.
import { customGrad, mul, reshape, type Tensor, zeros } from "@tensorflow/tfjs-core";

/**
 * Multiplies the gradients of one number by the upstream gradient. The products can be differentiated with respect to
 * the upstream gradient.
 *
 * @param inputs the tensors that the gradients depend on.
 */
export function scaleGradients(
  functionName: string,
  gradients: readonly Tensor[],
  inputs: readonly Tensor[],
  upstream: Tensor,
): Tensor[] {
  return refuseDerivative(functionName, gradients, inputs).map((gradient) =>
    mul(upstream, gradient),
  );
}

/** Returns tensors whose derivative with respect to `sources` is an error. */
export function refuseDerivative(
  functionName: string,
  tensors: readonly Tensor[],
  sources: readonly Tensor[],
): Tensor[] {
  return tensors.map((tensor) =>
    customGrad(() => ({
      value: reshape(tensor, tensor.shape),
      gradFunc(upstream: Tensor) {
        // A function such as tf.sign asks for the derivative, and multiplies it by 0.
        if (upstream.dataSync().some((factor) => factor !== 0)) {
          throw new TypeError(
            `${functionName}: its gradient can be differentiated only with respect to a factor that multiplies a scalar loss. For other second derivatives, write the loss with functions of TensorFlow.js. To treat the gradient as a constant, compute it outside the outer tf.grad.`,
          );
        }
        return sources.map(({ shape }) => zeros(shape));
      },
    }))(...sources),
  );
}
