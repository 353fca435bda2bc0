import { logSoftmaxKernel } from "../../kernels/dispatch.ts";
import type { FloatInput, Output } from "../../types.ts";
import { alongAxis } from "../alongAxis.ts";
import type { SoftmaxOptions } from "../options.ts";

/**
 * The logarithm of softmax, computed directly: exact also where softmax itself rounds to 0 or 1.
 *
 * logSoftmax(x)ⱼ = (xⱼ − max) / T − log Σₖ exp((xₖ − max) / T)
 *
 * @param x logits of any shape, in any container of floats.
 * @param options axis, temperature, whenEmpty, out.
 * @returns log-probabilities (natural logarithm, nats) of the same shape, in the container that
 * was passed in.
 * @throws TypeError if x is no container of floats, or an option is of the wrong kind or unknown.
 * @throws RangeError if x is ragged, or an option is out of range.
 *
 * @example
 * ```ts
 * import { logSoftmax } from "@surprisal/core";
 *
 * logSoftmax([2, 1, 0]); // [-0.407…, -1.407…, -2.407…]
 * logSoftmax([0, -1000]); // [0, -1000], where Math.log(softmax) is -Infinity
 * ```
 *
 * Source: `torch.nn.functional.log_softmax`; Blanchard, Higham & Higham, IMA J. Numer. Anal. 41 (2021).
 */
export function logSoftmax<I extends FloatInput>(x: I, options?: SoftmaxOptions): Output<I> {
  return alongAxis("logSoftmax", x, options, logSoftmaxKernel) as Output<I>;
}
