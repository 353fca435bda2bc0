import { logSoftmaxBackwardKernel } from "../../kernels/dispatch.ts";
import type { FloatInput, Output } from "../../types.ts";
import { alongAxisBackward } from "../alongAxisBackward.ts";
import type { AxisOptions } from "../options.ts";

/**
 * The gradient through logSoftmax: from that of its output to that of its logits.
 *
 * ∂L/∂xⱼ = gⱼ − exp(yⱼ) · Σₖ gₖ, with y = logSoftmax(x) and g = ∂L/∂y
 *
 * @param gradOutput g, the upstream gradient, of output's shape.
 * @param output y, what logSoftmax returned. With a temperature T, divide the result by T.
 * @param options axis (that of the logSoftmax), out.
 * @returns ∂L/∂x, in gradOutput's container.
 * @throws TypeError if an argument is no container of floats, or an option is unknown.
 * @throws RangeError if the shapes differ, or the axis is out of range.
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
export function logSoftmaxBackward<I extends FloatInput>(
  gradOutput: I,
  output: FloatInput,
  options?: AxisOptions,
): Output<I> {
  return alongAxisBackward(
    "logSoftmaxBackward",
    gradOutput,
    output,
    options,
    logSoftmaxBackwardKernel,
  ) as Output<I>;
}
