import { softmaxBackwardKernel } from "../../kernels/dispatch.ts";
import type { FloatInput, Output, TypedOut, WrittenTo } from "../../types.ts";
import { alongAxisBackward } from "../alongAxisBackward.ts";
import type { AxisOptions } from "../options.ts";

/**
 * Computes the gradient with respect to the logits of softmax from the gradient with respect to its output.
 *
 * ∂L/∂xⱼ = yⱼ · (gⱼ − Σₖ gₖ yₖ), with y = softmax(x) and g = ∂L/∂y
 *
 * @param gradOutput g, the gradient with respect to y, of y's shape.
 * @param output y, the result of softmax. If it had a temperature T, divide the gradient by T.
 * @param options axis (the one given to softmax), out.
 * @returns ∂L/∂x, of the same shape, in gradOutput's kind of container.
 * @throws TypeError if an argument is not a container of floats, or an option is unknown or of the wrong kind.
 * @throws RangeError if the shapes differ, the axis is out of range, or out does not fit.
 *
 * @example
 * ```ts
 * import { softmax, softmaxBackward } from "@surprisal/core";
 *
 * softmaxBackward([1, 0, 0], softmax([2, 1, 0])); // [0.222…, -0.162…, -0.059…]
 * ```
 *
 * Source: PyTorch's `_softmax_backward_data`.
 */
export function softmaxBackward<I extends FloatInput, Out = undefined>(
  gradOutput: I,
  output: FloatInput,
  options?: TypedOut<AxisOptions, Out>,
): WrittenTo<Output<I>, Out> {
  return alongAxisBackward(
    "softmaxBackward",
    gradOutput,
    output,
    options,
    softmaxBackwardKernel,
  ) as WrittenTo<Output<I>, Out>;
}
