import { formatShape, formatValue } from "../../arguments/format.ts";
import { boolean, type OptionSchema, optionsParser, unknown } from "../../arguments/options.ts";
import {
  forEachOffset,
  type Layout,
  layoutOf,
  resolveAxis,
  rowMajorStrides,
  sizeOf,
} from "../../arrays/layout.ts";
import { openOutput } from "../../arrays/output.ts";
import { type FloatView, readFloats } from "../../arrays/readArray.ts";
import { logSumExpKernel } from "../../kernels/dispatch.ts";
import type { FloatInput, KernelArray, Output, Reduced } from "../../types.ts";

/** Options of `logSumExp`. */
export interface LogSumExpOptions {
  /**
   * The axis (or several) to sum over; negative counts from the end.
   *
   * @defaultValue -1
   */
  axis?: number | readonly number[];
  /**
   * Keeps the summed axes in the result's shape, with size 1.
   *
   * @defaultValue false
   */
  keepDims?: boolean;
  /** Receives the result: a container like the result's, of its shape and element type. */
  out?: object;
}

interface Values {
  axis: readonly number[];
  keepDims: boolean;
  out: unknown;
}

const axes: OptionSchema<readonly number[]> = {
  fallback: [-1],
  parse(value, label) {
    const list = Array.isArray(value) ? [...value] : [value];
    if (!list.every((axis) => typeof axis === "number")) {
      throw new TypeError(`${label} must be a whole number or several, got ${formatValue(value)}.`);
    }
    if (list.length === 0 || !list.every(Number.isSafeInteger)) {
      throw new RangeError(`${label} must be a whole number or several, got ${formatShape(list)}.`);
    }
    return list;
  },
};

const parseOptions = optionsParser<Values>({
  axis: axes,
  keepDims: boolean(false),
  out: unknown(),
});

/**
 * The logarithm of a sum of exponentials, without overflow: the smooth maximum.
 *
 * logSumExp(x) = max + log Σⱼ exp(xⱼ − max)
 *
 * @param x numbers of any shape, in any container of floats.
 * @param options axis, keepDims, out.
 * @returns one value (nats) per row: x's shape less the axis, or with `keepDims` with size 1
 * there; a number where no axis is left. A row of nothing but −∞ gives −∞.
 * @throws TypeError if x is no container of floats, or an option is of the wrong kind or unknown.
 * @throws RangeError if x is ragged, or an axis is out of range or named twice.
 *
 * @example
 * ```ts
 * import { logSumExp } from "@surprisal/core";
 *
 * logSumExp([1000, 1000]); // 1000.693…
 * logSumExp([[0, 0], [1, 1]], { keepDims: true }); // [[0.693…], [1.693…]]
 * ```
 *
 * Source: `torch.logsumexp`; Blanchard, Higham & Higham, IMA J. Numer. Anal. 41 (2021).
 */
export function logSumExp<I extends FloatInput>(
  x: I,
  options: LogSumExpOptions & { keepDims: true },
): Output<I>;
export function logSumExp<I extends FloatInput>(
  x: I,
  options?: LogSumExpOptions & { axis?: number; keepDims?: false },
): Reduced<I>;
export function logSumExp<I extends FloatInput>(
  x: I,
  options?: LogSumExpOptions,
): Reduced<I> | Output<I> | number;
export function logSumExp(x: FloatInput, options?: LogSumExpOptions): unknown {
  const { axis, keepDims, out } = parseOptions("logSumExp", options);
  const view = readFloats("logSumExp: x", x);
  const summed = resolveAxes(axis, view.shape);
  const { data, layout } = rowsOver(view, summed);
  const shape = keepDims
    ? view.shape.map((size, i) => (summed.includes(i) ? 1 : size))
    : view.shape.filter((_, i) => !summed.includes(i));
  const output = openOutput("logSumExp", out, shape, view, [data]);
  logSumExpKernel(data, output.data, layout);
  return output.finish();
}

function resolveAxes(axis: readonly number[], shape: readonly number[]): number[] {
  const resolved = axis.map((one) => resolveAxis("logSumExp", one, shape));
  if (new Set(resolved).size !== resolved.length) {
    throw new RangeError(`logSumExp: axis names an axis twice, got ${formatShape(axis)}.`);
  }
  return resolved;
}

/** The rows to sum. Those over several axes are copied so that each lies in one piece. */
function rowsOver(
  view: FloatView,
  summed: readonly number[],
): { data: KernelArray; layout: Layout } {
  if (summed.length === 1) return { data: view.data, layout: layoutOf(view.shape, summed[0]) };
  const kept = view.shape.map((_, i) => i).filter((i) => !summed.includes(i));
  const order = [...kept, ...summed];
  const strides = rowMajorStrides(view.shape);
  const data = new (view.data.constructor as new (size: number) => KernelArray)(view.data.length);
  const shape = order.map((i) => view.shape[i]);
  forEachOffset(
    shape,
    order.map((i) => strides[i]),
    0,
    (place, i) => {
      data[i] = view.data[place];
    },
  );
  const size = sizeOf(summed.map((i) => view.shape[i]));
  return { data, layout: { outer: sizeOf(kept.map((i) => view.shape[i])), size, inner: 1 } };
}
