import { sparsemaxBackwardKernel } from "../../kernels/sparsemax.ts";
import type { FloatInput, Output, TypedOut, WrittenTo } from "../../types.ts";
import { alongAxisBackward } from "../alongAxisBackward.ts";
import type { AxisOptions } from "../options.ts";

/**
 * Computes the gradient with respect to the scores of sparsemax from the gradient with respect to its output.
 *
 * ∂L/∂xⱼ = gⱼ − mean(g over the classes with y ≠ 0), or 0 where yⱼ = 0; y = sparsemax(x), g = ∂L/∂y
 *
 * @param gradOutput g, the gradient with respect to y, of y's shape.
 * @param output y, the result of sparsemax. If it had a temperature T, divide the gradient by T.
 * @param options axis (the one given to sparsemax), out.
 * @returns ∂L/∂x, of the same shape, in gradOutput's kind of container.
 * @throws TypeError if an argument is not a container of floats, or an option is unknown or of the wrong kind.
 * @throws RangeError if the shapes differ, the axis is out of range, or out does not fit.
 *
 * @example
 * ```ts
 * import { sparsemax, sparsemaxBackward } from "@surprisal/core";
 *
 * sparsemaxBackward([1, 0, 4], sparsemax([2, 1.5, 0])); // [0.5, -0.5, 0]
 * ```
 *
 * Source: Martins & Astudillo, *From softmax to sparsemax*, arXiv 1602.02068, equation 14.
 */
export function sparsemaxBackward<I extends FloatInput, Out = undefined>(
  gradOutput: I,
  output: FloatInput,
  options?: TypedOut<AxisOptions, Out>,
): WrittenTo<Output<I>, Out> {
  return alongAxisBackward(
    "sparsemaxBackward",
    gradOutput,
    output,
    options,
    sparsemaxBackwardKernel,
  ) as WrittenTo<Output<I>, Out>;
}
