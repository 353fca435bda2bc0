import { softmaxBackwardKernel } from "../../kernels/dispatch.ts";
import type { FloatInput, Output } from "../../types.ts";
import { alongAxisBackward } from "../alongAxisBackward.ts";
import type { AxisOptions } from "../options.ts";

/**
 * The gradient through softmax: from that of its output to that of its logits.
 *
 * ∂L/∂xⱼ = yⱼ · (gⱼ − Σₖ gₖ yₖ), with y = softmax(x) and g = ∂L/∂y
 *
 * @param gradOutput g, the upstream gradient, of output's shape.
 * @param output y, what softmax returned. With a temperature T, divide the result by T.
 * @param options axis (that of the softmax), out.
 * @returns ∂L/∂x, in gradOutput's container.
 * @throws TypeError if an argument is no container of floats, or an option is unknown.
 * @throws RangeError if the shapes differ, or the axis is out of range.
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
export function softmaxBackward<I extends FloatInput>(
  gradOutput: I,
  output: FloatInput,
  options?: AxisOptions,
): Output<I> {
  return alongAxisBackward(
    "softmaxBackward",
    gradOutput,
    output,
    options,
    softmaxBackwardKernel,
  ) as Output<I>;
}
