import { softplusKernel } from "../../kernels/elements.ts";
import type { FloatInput, Output, TypedOut, WrittenTo } from "../../types.ts";
import { elementwise } from "../elementwise.ts";
import type { ElementOptions } from "../options.ts";

/**
 * Computes log(1 + exp(x)), a smooth form of max(x, 0), for each element.
 *
 * softplus(x) = max(x, 0) + log(1 + exp(−|x|))
 *
 * The formula is used for every x. PyTorch returns x itself if x is above a threshold of 20.
 *
 * @param x numbers of any shape, in any container of floats.
 * @param options out.
 * @returns numbers of at least 0, of the same shape, in x's kind of container.
 * @throws TypeError if x is not a container of floats, or an option is unknown or of the wrong kind.
 * @throws RangeError if nested arrays are ragged, or out does not fit.
 *
 * @example
 * ```ts
 * import { softplus } from "@surprisal/core";
 *
 * softplus(0); // 0.693…
 * softplus(1000); // 1000
 * ```
 *
 * Source: `torch.nn.functional.softplus` with beta 1.
 */
export function softplus<I extends FloatInput, Out = undefined>(
  x: I,
  options?: TypedOut<ElementOptions, Out>,
): WrittenTo<Output<I>, Out> {
  return elementwise("softplus", x, options, softplusKernel) as WrittenTo<Output<I>, Out>;
}
