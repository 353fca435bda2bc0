// The gradient with respect to class probabilities. It takes longer than that with respect to logits, so it is a
// function of its own, which TensorFlow.js calls only if something depends on the result.
import { customGrad, engine, reshape, type Tensor, zeros } from "@tensorflow/tfjs-core";

/** Returns the gradient for an upstream gradient, given the arguments of the loss. */
export type TargetGradient = (upstream: Tensor, inputs: Tensor[]) => Tensor;

/** Returns whether a target of a class loss holds probabilities, and a gradient may be asked for. */
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
  // The gradient of tf.add is not in tfjs-core.
  return customGrad(() => ({
    value: reshape(value, value.shape),
    gradFunc: (upstream: Tensor) => [upstream, upstream],
  }))(value, addend);
}
