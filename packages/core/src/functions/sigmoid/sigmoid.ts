import type { FloatInput, Output } from "../../types.ts";
import { elementwise } from "../elementwise.ts";
import type { ElementOptions } from "../options.ts";

/**
 * The logistic function: the probability of a logit.
 *
 * sigmoid(x) = 1 / (1 + exp(−x))
 *
 * @param x logits of any shape, in any container of floats.
 * @param options out.
 * @returns probabilities from 0 to 1, in the container that was passed in.
 * @throws TypeError if x is no container of floats, or an option is unknown.
 * @throws RangeError if x is ragged, or out does not fit.
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
export function sigmoid<I extends FloatInput>(x: I, options?: ElementOptions): Output<I> {
  return elementwise("sigmoid", x, options, logistic) as Output<I>;
}

function logistic(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return x < 0 ? e / (1 + e) : 1 / (1 + e);
}
