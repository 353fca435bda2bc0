import { expBelowZero } from "./js/exp.ts";
import { minExponentials } from "./limits.ts";
import * as wasm from "./wasm/exponentials64.ts";

/**
 * Writes exp(−q · x) and 1 − exp(−q · x) of the first `count` numbers of `x`, which are at least 0, in float64 and for a
 * positive q. Neither cancels. NaN stays NaN.
 *
 * `exp` and `complement` are different arrays. One of them may be `x`.
 *
 * @param total how many numbers the whole call has, if this is a block of them. It decides between the kernels, so that
 * the last bits do not depend on how the call is cut into blocks.
 */
export function expOfNegativeKernel(
  x: Float64Array,
  q: number,
  exp: Float64Array,
  complement: Float64Array,
  count: number,
  total = count,
): void {
  if (total >= minExponentials && wasm.expOfNegative(x, q, exp, complement, count)) return;
  for (let i = 0; i < count; i++) {
    const element = -q * x[i];
    if (element < -Math.LN2) {
      exp[i] = expBelowZero(element);
      complement[i] = 1 - exp[i];
    } else {
      complement[i] = -Math.expm1(element);
      exp[i] = 1 - complement[i];
    }
  }
}
