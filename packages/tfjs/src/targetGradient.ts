// The gradient with respect to class probabilities. It takes longer than that with respect to logits. So it is a
// function of its own, which TensorFlow.js calls only if the target depends on a variable.
import { customGrad, engine, reshape, type Tensor, zeros } from "@tensorflow/tfjs-core";

/** Returns the gradient for an upstream gradient, given the arguments of the loss. */
type TargetGradient = (upstream: Tensor, inputs: Tensor[]) => Tensor;

/** Returns whether the target of a class loss holds probabilities, while TensorFlow.js records operations. */
export function isDifferentiableTarget([input, target]: readonly Tensor[]): boolean {
  if (!engine().isTapeOn() || target.dtype !== "float32" || target.rank !== input.rank)
    return false;
  return target.shape.every((size, axis) => size === input.shape[axis]);
}

/** Returns the value of a loss, which then also depends on the target. */
export function withTargetGradient(
  value: Tensor,
  inputs: readonly Tensor[],
  gradientOf: TargetGradient,
): Tensor {
  const addend = customGrad((_, save) => {
    (save as (saved: Tensor[]) => void)([...inputs]);
    return {
      value: zeros(value.shape),
      gradFunc: (upstream: Tensor, saved: Tensor[]) => gradientOf(upstream, saved),
    };
  })(inputs[1]);
  // tf.add would do, but tfjs-core does not have its gradient.
  return customGrad(() => ({
    value: reshape(value, value.shape),
    gradFunc: (upstream: Tensor) => [upstream, upstream],
  }))(value, addend);
}
