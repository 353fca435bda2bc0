import { formatShape } from "../../arguments/format.ts";
import { sameShape } from "../../arrays/layout.ts";
import { openOutput } from "../../arrays/output.ts";
import { type FloatView, readFloats } from "../../arrays/readArray.ts";
import type { FloatInput, Output } from "../../types.ts";
import { parseElementOptions } from "../elementwise.ts";
import type { ElementOptions } from "../options.ts";

/**
 * The logarithm of the sum of two exponentials: addition of numbers given by their logarithms.
 *
 * logAddExp(a, b) = max(a, b) + log(1 + exp(−|a − b|))
 *
 * @param a numbers of any shape, in any container of floats.
 * @param b numbers of a's shape. Either may also be one number, which then stands for all.
 * @param options out.
 * @returns one value (nats) per pair, in a's container (in b's, if a is a number).
 * @throws TypeError if a or b is no container of floats, or an option is unknown.
 * @throws RangeError if the shapes differ, or out does not fit.
 *
 * @example
 * ```ts
 * import { logAddExp } from "@surprisal/core";
 *
 * logAddExp(1000, 1000); // 1000.693…
 * logAddExp([0, -1], 0); // [0.693…, 0.313…]
 * ```
 *
 * Source: `torch.logaddexp`.
 */
export function logAddExp<B extends FloatInput>(
  a: number,
  b: B,
  options?: ElementOptions,
): Output<B>;
export function logAddExp<A extends FloatInput>(
  a: A,
  b: FloatInput,
  options?: ElementOptions,
): Output<A>;
export function logAddExp(a: FloatInput, b: FloatInput, options?: ElementOptions): unknown {
  const { out } = parseElementOptions("logAddExp", options);
  const left = readFloats("logAddExp: a", a);
  const right = readFloats("logAddExp: b", b);
  const like = left.kind === "number" ? right : left;
  if (left.kind !== "number" && right.kind !== "number" && !sameShape(left.shape, right.shape)) {
    throw new RangeError(
      `logAddExp: b must have a's shape ${formatShape(left.shape)} or be a number, got ${formatShape(right.shape)}.`,
    );
  }
  const output = openOutput("logAddExp", out, like.shape, like, [left.data, right.data]);
  const step = (view: FloatView) => (view.kind === "number" ? 0 : 1);
  const [leftStep, rightStep] = [step(left), step(right)];
  for (let i = 0; i < output.data.length; i++) {
    output.data[i] = addExp(left.data[i * leftStep], right.data[i * rightStep]);
  }
  return output.finish();
}

function addExp(a: number, b: number): number {
  // Equal infinities have no difference.
  if (a === b) return a + Math.LN2;
  return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
}
