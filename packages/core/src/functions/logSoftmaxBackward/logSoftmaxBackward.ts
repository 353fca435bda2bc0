import { logSoftmaxBackwardKernel } from "../../kernels/dispatch.ts";
import type { FloatInput, Output, TypedOut, WrittenTo } from "../../types.ts";
import { alongAxisBackward } from "../alongAxisBackward.ts";
import type { AxisOptions } from "../options.ts";

/**
 * Computes the gradient with respect to the logits of logSoftmax from the gradient with respect to its output.
 *
 * ∂L/∂xⱼ = gⱼ − exp(yⱼ) · Σₖ gₖ, with y = logSoftmax(x) and g = ∂L/∂y
 *
 * @param gradOutput g, the gradient with respect to y, of y's shape.
 * @param output y, the result of logSoftmax. If it had a temperature T, divide the gradient by T.
 * @param options axis (the one given to logSoftmax), out.
 * @returns ∂L/∂x, of the same shape, in gradOutput's kind of container.
 * @throws TypeError if an argument is not a container of floats, or an option is unknown or of the wrong kind.
 * @throws RangeError if the shapes differ, the axis is out of range, or out does not fit.
 *
 * @example
 * ```ts
 * import { logSoftmax, logSoftmaxBackward } from "@surprisal/core";
 *
 * logSoftmaxBackward([-1, 0, 0], logSoftmax([2, 1, 0])); // [-0.334…, 0.244…, 0.090…]
 * ```
 *
 * Source: PyTorch's `_log_softmax_backward_data`.
 */
export function logSoftmaxBackward<I extends FloatInput, Out = undefined>(
  gradOutput: I,
  output: FloatInput,
  options?: TypedOut<AxisOptions, Out>,
): WrittenTo<Output<I>, Out> {
  return alongAxisBackward(
    "logSoftmaxBackward",
    gradOutput,
    output,
    options,
    logSoftmaxBackwardKernel,
  ) as WrittenTo<Output<I>, Out>;
}
