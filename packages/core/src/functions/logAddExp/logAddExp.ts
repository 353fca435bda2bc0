import { formatShape } from "../../arguments/format.ts";
import { sameShape } from "../../arrays/layout.ts";
import { openOutput } from "../../arrays/output.ts";
import { type FloatView, readFloats } from "../../arrays/readArray.ts";
import { logAddExpKernel } from "../../kernels/elements.ts";
import type { FloatInput, KernelArray, Output, TypedOut, WrittenTo } from "../../types.ts";
import { parseElementOptions } from "../elementwise.ts";
import type { ElementOptions } from "../options.ts";

/**
 * Computes log(exp(a) + exp(b)) for each pair of elements, without overflow.
 *
 * This adds two numbers that are given by their logarithms.
 *
 * logAddExp(a, b) = max(a, b) + log(1 + exp(−|a − b|))
 *
 * @param a numbers of any shape, in any container of floats.
 * @param b numbers of a's shape. Either argument may be a single number or a container without axes, whose number is
 * then used for every element.
 * @param options out.
 * @returns one value (in nats) per pair, in a's kind of container, or in b's if only a is a single number.
 * @throws TypeError if a or b is not a container of floats, or an option is unknown or of the wrong kind.
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
export function logAddExp<B extends FloatInput, Out = undefined>(
  a: number,
  b: B,
  options?: TypedOut<ElementOptions, Out>,
): WrittenTo<Output<B>, Out>;
export function logAddExp<A extends FloatInput, Out = undefined>(
  a: A,
  b: FloatInput,
  options?: TypedOut<ElementOptions, Out>,
): WrittenTo<Output<A>, Out>;
export function logAddExp(a: FloatInput, b: FloatInput, options?: ElementOptions): unknown {
  const { out } = parseElementOptions("logAddExp", options);
  const left = readFloats("logAddExp: a", a);
  const right = readFloats("logAddExp: b", b);
  const spec = left.kind === "number" || (isScalar(left) && !isScalar(right)) ? right : left;
  if (!isScalar(left) && !isScalar(right) && !sameShape(left.shape, right.shape)) {
    throw new RangeError(
      `logAddExp: b must have a's shape ${formatShape(left.shape)} or be a number, got ${formatShape(right.shape)}.`,
    );
  }
  const output = openOutput("logAddExp", out, spec.shape, spec, [left.data, right.data]);
  const count = output.data.length;
  logAddExpKernel(repeated(left, right, count), repeated(right, left, count), output.data, count);
  return output.finish();
}

/** Returns whether an argument is a number, or a container of one without axes. */
function isScalar({ shape }: FloatView): boolean {
  return shape.length === 0;
}

/**
 * Returns the data of an argument, a single number being repeated. The copies are float32 where the other
 * argument is, so that SIMD applies, unless that would round the number.
 */
function repeated(view: FloatView, other: FloatView, count: number): KernelArray {
  if (!isScalar(view)) return view.data;
  const [value] = view.data;
  const fitsFloat32 = other.data instanceof Float32Array && Object.is(Math.fround(value), value);
  return (fitsFloat32 ? new Float32Array(count) : new Float64Array(count)).fill(value);
}
