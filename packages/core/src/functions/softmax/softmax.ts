import { softmaxKernel } from "../../kernels/dispatch.ts";
import type { FloatInput, Output, TypedOut, WrittenTo } from "../../types.ts";
import { alongAxis } from "../alongAxis.ts";
import type { SoftmaxOptions } from "../options.ts";

/**
 * Turns logits into probabilities: numbers from 0 to 1 whose sum along an axis is 1.
 *
 * softmax(x)ⱼ = exp(xⱼ / T) / Σₖ exp(xₖ / T)
 *
 * Only the differences from the largest logit matter, so nothing overflows. Several axes count as one.
 *
 * @param x logits of any shape, in any container of floats.
 * @param options axis, temperature, whenEmpty, out.
 * @returns probabilities of the same shape, in x's kind of container.
 * @throws TypeError if x is not a container of floats, or an option is of the wrong kind or unknown.
 * @throws RangeError if nested arrays are ragged, an option is out of range, or out does not fit.
 *
 * @example
 * ```ts
 * import { softmax } from "@surprisal/core";
 *
 * softmax([2, 1, 0]); // [0.665…, 0.244…, 0.090…]
 * softmax([[1, 2], [3, 3]], { axis: 0 }); // [[0.119…, 0.268…], [0.880…, 0.731…]]
 * ```
 *
 * Source: `torch.nn.functional.softmax`; Blanchard, Higham & Higham, IMA J. Numer. Anal. 41 (2021).
 */
export function softmax<I extends FloatInput, Out = undefined>(
  x: I,
  options?: TypedOut<SoftmaxOptions, Out>,
): WrittenTo<Output<I>, Out> {
  return alongAxis("softmax", x, options, softmaxKernel) as WrittenTo<Output<I>, Out>;
}
