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
   * The axis, or several axes, to sum over; a negative axis counts from the end.
   *
   * @defaultValue -1
   */
  axis?: number | readonly number[] | undefined;
  /**
   * Whether the result keeps the summed axes, with size 1.
   *
   * @defaultValue false
   */
  keepDims?: boolean | undefined;
  /** Receives the result: a container of the result's kind, shape and element type. */
  out?: object | undefined;
}

interface ParsedOptions {
  axis: readonly number[];
  keepDims: boolean;
  out: unknown;
}

const axisSchema: OptionSchema<readonly number[]> = {
  fallback: [-1],
  parse(value, label) {
    const axes = Array.isArray(value) ? [...value] : [value];
    if (!axes.every((axis) => typeof axis === "number")) {
      throw new TypeError(
        `${label} must be a whole number or an array of them, got ${formatValue(value)}.`,
      );
    }
    if (axes.length === 0 || !axes.every(Number.isSafeInteger)) {
      throw new RangeError(
        `${label} must be a whole number or an array of them, got ${formatShape(axes)}.`,
      );
    }
    return axes;
  },
};

const parseOptions = optionsParser<ParsedOptions>({
  axis: axisSchema,
  keepDims: boolean(false),
  out: unknown(),
});

/**
 * Computes the logarithm of a sum of exponentials along one or more axes, without overflow.
 *
 * The result is a smooth maximum: at least the largest element, and at most log C above it for C elements.
 *
 * logSumExp(x) = max + log Σⱼ exp(xⱼ − max)
 *
 * @param x numbers of any shape, in any container of floats.
 * @param options axis, keepDims, out.
 * @returns one value (in nats) per row, in x's kind of container: x's shape without the summed axes,
 * or with size 1 there if `keepDims` is true; a number if no axis is left. A row in which every element
 * is −∞ gives −∞.
 * @throws TypeError if x is no container of floats, or an option is unknown or of the wrong kind.
 * @throws RangeError if nested arrays are ragged, an axis is out of range or repeated, or out does not fit.
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
  options?: LogSumExpOptions & { axis?: number | undefined; keepDims?: false | undefined },
): Reduced<I>;
export function logSumExp<I extends FloatInput>(
  x: I,
  options?: LogSumExpOptions,
): Reduced<I> | Output<I> | number;
export function logSumExp(x: FloatInput, options?: LogSumExpOptions): unknown {
  const { axis, keepDims, out } = parseOptions("logSumExp", options);
  const input = readFloats("logSumExp: x", x);
  const summedAxes = resolveAxes(axis, input.shape);
  const { data, layout } = toRows(input, summedAxes);
  const shape = keepDims
    ? input.shape.map((size, i) => (summedAxes.includes(i) ? 1 : size))
    : input.shape.filter((_, i) => !summedAxes.includes(i));
  const output = openOutput("logSumExp", out, shape, input, [data]);
  logSumExpKernel(data, output.data, layout);
  return output.finish();
}

function resolveAxes(axes: readonly number[], shape: readonly number[]): number[] {
  const resolved = axes.map((axis) => resolveAxis("logSumExp", axis, shape));
  if (new Set(resolved).size !== resolved.length) {
    throw new RangeError(`logSumExp: axis must not repeat an axis, got ${formatShape(axes)}.`);
  }
  return resolved;
}

/** Returns the rows to sum. Rows over several axes are copied, so that each is contiguous. */
function toRows(
  { data, shape }: FloatView,
  summedAxes: readonly number[],
): { data: KernelArray; layout: Layout } {
  if (summedAxes.length === 1) return { data, layout: layoutOf(shape, summedAxes[0]) };
  const keptAxes = shape.map((_, axis) => axis).filter((axis) => !summedAxes.includes(axis));
  const size = sizeOf(summedAxes.map((axis) => shape[axis]));
  const outer = sizeOf(keptAxes.map((axis) => shape[axis]));
  const rows = transpose(data, shape, [...keptAxes, ...summedAxes]);
  return { data: rows, layout: { outer, size, inner: 1 } };
}

/** Copies a row-major array with its axes in another order. */
function transpose(
  data: KernelArray,
  shape: readonly number[],
  axes: readonly number[],
): KernelArray {
  const strides = rowMajorStrides(shape);
  const transposed = new (data.constructor as new (size: number) => KernelArray)(data.length);
  const newShape = axes.map((axis) => shape[axis]);
  const newStrides = axes.map((axis) => strides[axis]);
  forEachOffset(newShape, newStrides, 0, (offset, i) => {
    transposed[i] = data[offset];
  });
  return transposed;
}
