import { logSigmoidKernel } from "../../kernels/elements.ts";
import type { FloatInput, Output, TypedOut, WrittenTo } from "../../types.ts";
import { elementwise } from "../elementwise.ts";
import type { ElementOptions } from "../options.ts";

/**
 * Computes the logarithm of sigmoid, even if sigmoid itself rounds to 0 or 1.
 *
 * logSigmoid(x) = min(x, 0) − log(1 + exp(−|x|))
 *
 * @param x logits of any shape, in any container of floats.
 * @param options out.
 * @returns log-probabilities (in nats) of the same shape, in x's kind of container.
 * @throws TypeError if x is not a container of floats, or an option is unknown or of the wrong kind.
 * @throws RangeError if nested arrays are ragged, or out does not fit.
 *
 * @example
 * ```ts
 * import { logSigmoid } from "@surprisal/core";
 *
 * logSigmoid(0); // -0.693…
 * logSigmoid(-1000); // -1000, where Math.log(sigmoid(-1000)) is -Infinity
 * ```
 *
 * Source: `torch.nn.functional.logsigmoid`.
 */
export function logSigmoid<I extends FloatInput, Out = undefined>(
  x: I,
  options?: TypedOut<ElementOptions, Out>,
): WrittenTo<Output<I>, Out> {
  return elementwise("logSigmoid", x, options, logSigmoidKernel) as WrittenTo<Output<I>, Out>;
}
