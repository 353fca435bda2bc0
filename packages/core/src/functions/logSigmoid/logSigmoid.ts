import type { FloatInput, Output } from "../../types.ts";
import { elementwise } from "../elementwise.ts";
import type { ElementOptions } from "../options.ts";

/**
 * The logarithm of the logistic function, computed directly.
 *
 * logSigmoid(x) = min(x, 0) − log(1 + exp(−|x|))
 *
 * @param x logits of any shape, in any container of floats.
 * @param options out.
 * @returns log-probabilities (nats), in the container that was passed in.
 * @throws TypeError if x is no container of floats, or an option is unknown.
 * @throws RangeError if x is ragged, or out does not fit.
 *
 * @example
 * ```ts
 * import { logSigmoid } from "@surprisal/core";
 *
 * logSigmoid(0); // -0.693…
 * logSigmoid(-1000); // -1000, where Math.log(sigmoid) is -Infinity
 * ```
 *
 * Source: `torch.nn.functional.logsigmoid`.
 */
export function logSigmoid<I extends FloatInput>(x: I, options?: ElementOptions): Output<I> {
  return elementwise("logSigmoid", x, options, logLogistic) as Output<I>;
}

function logLogistic(x: number): number {
  return Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
}
