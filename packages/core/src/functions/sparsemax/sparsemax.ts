import { sparsemaxKernel } from "../../kernels/sparsemax.ts";
import type { FloatInput, Output, TypedOut, WrittenTo } from "../../types.ts";
import { alongAxis } from "../alongAxis.ts";
import type { SoftmaxOptions } from "../options.ts";

/**
 * Turns scores into probabilities, and gives low scores exactly 0.
 *
 * The result is the probability vector that is nearest to the scores.
 *
 * sparsemax(x)ⱼ = max(0, xⱼ / T − τ), where τ is the number that makes the sum 1
 *
 * An element that is T or more below the largest has probability 0. Several axes count as one.
 *
 * @param x scores of any shape, in any container of floats.
 * @param options axis, temperature, whenEmpty, out.
 * @returns probabilities of the same shape, in x's kind of container.
 * @throws TypeError if x is not a container of floats, or an option is of the wrong kind or unknown.
 * @throws RangeError if nested arrays are ragged, an option is out of range, or out does not fit.
 *
 * @example
 * ```ts
 * import { sparsemax } from "@surprisal/core";
 *
 * sparsemax([2, 1.5, 0]); // [0.75, 0.25, 0]
 * sparsemax([[1, 2], [3, 3]], { axis: 0 }); // [[0, 0], [1, 1]]
 * ```
 *
 * Source: Martins & Astudillo, *From softmax to sparsemax*, arXiv 1602.02068.
 */
export function sparsemax<I extends FloatInput, Out = undefined>(
  x: I,
  options?: TypedOut<SoftmaxOptions, Out>,
): WrittenTo<Output<I>, Out> {
  return alongAxis("sparsemax", x, options, sparsemaxKernel) as WrittenTo<Output<I>, Out>;
}
