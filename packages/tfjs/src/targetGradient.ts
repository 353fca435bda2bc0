// The gradient with respect to class probabilities. It takes longer than that with respect to logits. So it is a
// function of its own, which TensorFlow.js calls only if the target depends on a variable.
import { customGrad, engine, reshape, type Tensor, zeros } from "@tensorflow/tfjs-core";
import { type Functions, readUpstream } from "./gradients.ts";
import { readTensor, toTensor } from "./memory.ts";
import type { Options } from "./options.ts";
import { refuseDerivative } from "./secondDerivative.ts";

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

/** Returns the gradient with respect to class probabilities. */
export function targetGradient(
  functions: Functions,
  inputs: readonly Tensor[],
  options: Options,
  upstream: Tensor,
): Tensor {
  const gradOutput = readUpstream(upstream);
  const asked = { ...options, gradOutput, differentiate: both };
  let target: unknown;
  try {
    target = functions.valueAndGrad(...inputs.map(readTensor), asked).grads?.target;
  } catch (cause) {
    if (hasTargetGradient(functions)) throw cause;
    const message = `${functions.name}: its gradient with respect to target is not known. To treat target as a constant, compute it outside the function that is differentiated.`;
    throw new TypeError(message, { cause });
  }
  const gradient = toTensor(target, inputs[1].shape);
  if (!engine().isTapeOn()) return gradient;
  return refuseDerivative(functions.name, [gradient], [upstream, ...inputs])[0];
}

const both = ["input", "target"];

/** Returns whether a class loss has a gradient with respect to class probabilities. One small row tells. */
function hasTargetGradient({ valueAndGrad }: Functions): boolean {
  try {
    return valueAndGrad([0, 0], [0.5, 0.5], { differentiate: both }).grads?.target !== undefined;
  } catch {
    return false;
  }
}
