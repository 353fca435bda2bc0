import { logSoftmaxKernel } from "../../kernels/dispatch.ts";
import type { FloatInput, Output, TypedOut, WrittenTo } from "../../types.ts";
import { alongAxis } from "../alongAxis.ts";
import type { SoftmaxOptions } from "../options.ts";

/**
 * Computes the logarithm of softmax, even if softmax itself rounds to 0 or 1.
 *
 * logSoftmax(x)ⱼ = (xⱼ − max) / T − log Σₖ exp((xₖ − max) / T)
 *
 * @param x logits of any shape, in any container of floats.
 * @param options axis, temperature, whenEmpty, out.
 * @returns log-probabilities (natural logarithms, in nats) of the same shape, in x's kind of container.
 * @throws TypeError if x is not a container of floats, or an option is of the wrong kind or unknown.
 * @throws RangeError if nested arrays are ragged, an option is out of range, or out does not fit.
 *
 * @example
 * ```ts
 * import { logSoftmax } from "@surprisal/core";
 *
 * logSoftmax([2, 1, 0]); // [-0.407…, -1.407…, -2.407…]
 * logSoftmax([0, -1000]); // [0, -1000], where the logarithm of softmax is -Infinity
 * ```
 *
 * Source: `torch.nn.functional.log_softmax`; Blanchard, Higham & Higham, IMA J. Numer. Anal. 41 (2021).
 */
export function logSoftmax<I extends FloatInput, Out = undefined>(
  x: I,
  options?: TypedOut<SoftmaxOptions, Out>,
): WrittenTo<Output<I>, Out> {
  return alongAxis("logSoftmax", x, options, logSoftmaxKernel) as WrittenTo<Output<I>, Out>;
}
