import type { FloatInput, Output } from "../../types.ts";
import { elementwise } from "../elementwise.ts";
import type { ElementOptions } from "../options.ts";

/**
 * The smooth form of max(x, 0).
 *
 * softplus(x) = max(x, 0) + log(1 + exp(−|x|))
 *
 * Exact for every x: there is no threshold above which it turns into x.
 *
 * @param x numbers of any shape, in any container of floats.
 * @param options out.
 * @returns positive numbers, in the container that was passed in.
 * @throws TypeError if x is no container of floats, or an option is unknown.
 * @throws RangeError if x is ragged, or out does not fit.
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
export function softplus<I extends FloatInput>(x: I, options?: ElementOptions): Output<I> {
  return elementwise("softplus", x, options, smoothRamp) as Output<I>;
}

function smoothRamp(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
