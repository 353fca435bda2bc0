import { sigmoidKernel } from "../../kernels/elements.ts";
import type { FloatInput, Output, TypedOut, WrittenTo } from "../../types.ts";
import { elementwise } from "../elementwise.ts";
import type { ElementOptions } from "../options.ts";

/**
 * Turns each logit into the probability of one of two classes.
 *
 * sigmoid(x) = 1 / (1 + exp(−x))
 *
 * @param x logits of any shape, in any container of floats.
 * @param options out.
 * @returns probabilities of the same shape, in x's kind of container.
 * @throws TypeError if x is not a container of floats, or an option is unknown or of the wrong kind.
 * @throws RangeError if nested arrays are ragged, or out does not fit.
 *
 * @example
 * ```ts
 * import { sigmoid } from "@surprisal/core";
 *
 * sigmoid(0); // 0.5
 * sigmoid([-100, 0, 100]); // [3.72e-44, 0.5, 1]
 * ```
 *
 * Source: `torch.sigmoid`.
 */
export function sigmoid<I extends FloatInput, Out = undefined>(
  x: I,
  options?: TypedOut<ElementOptions, Out>,
): WrittenTo<Output<I>, Out> {
  return elementwise("sigmoid", x, options, sigmoidKernel) as WrittenTo<Output<I>, Out>;
}
