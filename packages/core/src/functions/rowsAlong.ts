import { numberError, rangeError } from "../arguments/errors.ts";
import { formatShape } from "../arguments/format.ts";
import type { OptionSchema } from "../arguments/options.ts";
import { isIntegerArray } from "../arrays/integers.ts";
import { type Layout, layoutOf, resolveAxis, rowMajorStrides, sizeOf } from "../arrays/layout.ts";
import { minBulkCopyLength } from "../kernels/limits.ts";
import type { IntegerArray, KernelArray } from "../types.ts";

/** The option `axis`: one axis, or several. */
export type Axes = number | readonly number[];

/** Returns a valid option `axis`, a list as a copy; undefined for any other value. */
export function readAxes(value: unknown): Axes | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : undefined;
  const list = Array.isArray(value) ? value : readIntegerArray(value);
  if (list === undefined || list.length === 0) return undefined;
  const axes: number[] = [];
  for (let i = 0; i < list.length; i++) {
    const axis: unknown = list[i];
    if (!Number.isSafeInteger(axis)) return undefined;
    axes.push(axis as number);
  }
  return axes;
}

/** Copies a typed array of integers, of this realm or another; returns undefined for any other value. */
function readIntegerArray(value: unknown): number[] | undefined {
  return isIntegerArray(value) ? Array.from(value as IntegerArray, Number) : undefined;
}

/** The schema of the option `axis` of functions that work along one or several axes. */
export const axisSchema: OptionSchema<Axes> = {
  fallback: -1,
  otherNames: /^(dim|axe)$/,
  parse(value, label) {
    const axes = readAxes(value);
    if (axes !== undefined) return axes;
    const list: unknown[] | undefined = Array.isArray(value)
      ? Array.from(value)
      : readIntegerArray(value);
    const expected = "be a whole number or an array of them, such as -1 or [0, 2]";
    if (list === undefined) throw numberError(label, expected, value);
    if (list.length === 0) throw rangeError(label, expected, "[]");
    const wrong = list.findIndex((axis) => !Number.isSafeInteger(axis));
    throw numberError(`${label}[${wrong}]`, "be a whole number", list[wrong]);
  },
};

/** The rows along one or several axes of a row-major array. */
export interface Rows {
  /** The axes that the rows run along, counted from the front, in ascending order. */
  readonly axes: readonly number[];
  /** The layout of the rows, in the array or, if there is a permutation, in a permuted copy. */
  readonly layout: Layout;
  /** The order of the axes in which the rows are contiguous; undefined if the rows need no copy. */
  readonly permutation: readonly number[] | undefined;
}

/**
 * Returns the rows along `axis`. The elements of a row are in row-major order, whatever the order of
 * the axes in the option.
 */
export function rowsAlong(functionName: string, axis: Axes, shape: readonly number[]): Rows {
  if (typeof axis === "number") {
    const resolved = resolveAxis(functionName, axis, shape);
    return { axes: [resolved], layout: layoutOf(shape, resolved), permutation: undefined };
  }
  const axes = resolveAxes(functionName, axis, shape);
  const merged = mergedLayout(shape, axes);
  if (merged !== undefined) return { axes, layout: merged, permutation: undefined };
  const kept = keptAxes(shape, axes);
  const outer = sizeAlong(shape, kept);
  const layout = { outer, size: sizeAlong(shape, axes), inner: 1 };
  return { axes, layout, permutation: [...kept, ...axes] };
}

function resolveAxes(
  functionName: string,
  axes: readonly number[],
  shape: readonly number[],
): number[] {
  const resolved: number[] = [];
  let isAscending = true;
  for (let i = 0; i < axes.length; i++) {
    const axis = resolveAxis(functionName, axes[i], shape);
    if (resolved.includes(axis)) {
      throw new RangeError(
        `${functionName}: axis must not repeat an axis, got ${formatShape(axes)} for shape ${formatShape(shape)}.`,
      );
    }
    isAscending &&= i === 0 || axis > resolved[i - 1];
    resolved.push(axis);
  }
  return isAscending ? resolved : resolved.sort((a, b) => a - b);
}

/** Returns the axes that the rows do not run along. */
function keptAxes(shape: readonly number[], axes: readonly number[]): number[] {
  return shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
}

/** Returns the product of the sizes of some axes. */
function sizeAlong(shape: readonly number[], axes: readonly number[]): number {
  return sizeOf(axes.map((axis) => shape[axis]));
}

/** Returns the layout of the rows along adjacent axes, which are one axis of the same memory; else undefined. */
function mergedLayout(shape: readonly number[], axes: readonly number[]): Layout | undefined {
  let outer = 1;
  let size = 1;
  let inner = 1;
  let hasBegun = false;
  let hasEnded = false;
  for (let axis = 0; axis < shape.length; axis++) {
    // An axis of size 1 is adjacent to every other.
    if (shape[axis] === 1) continue;
    if (!axes.includes(axis)) {
      hasEnded = hasBegun;
      if (hasBegun) inner *= shape[axis];
      else outer *= shape[axis];
    } else if (hasEnded) return undefined;
    else {
      hasBegun = true;
      size *= shape[axis];
    }
  }
  return { outer, size, inner };
}

/** Copies a row-major array with its axes in another order. */
export function permute(
  data: KernelArray,
  shape: readonly number[],
  permutation: readonly number[],
): KernelArray {
  const permuted = new (data.constructor as new (size: number) => KernelArray)(data.length);
  const { sizes, from, to } = permutedStrides(shape, permutation);
  copyStrided(data, from, 0, permuted, to, 0, sizes, 0);
  return permuted;
}

/** Copies a permuted array back into an array with its axes in their own order. */
export function unpermute(
  permuted: KernelArray,
  data: KernelArray,
  shape: readonly number[],
  permutation: readonly number[],
): void {
  const { sizes, from, to } = permutedStrides(shape, permutation);
  copyStrided(permuted, to, 0, data, from, 0, sizes, 0);
}

/** The strides of an array and of its permuted copy, axis by axis of the copy. */
function permutedStrides(
  shape: readonly number[],
  permutation: readonly number[],
): { sizes: number[]; from: number[]; to: number[] } {
  const strides = rowMajorStrides(shape);
  // Neighbours that stay neighbours are copied as one axis.
  const sizes: number[] = [];
  const from: number[] = [];
  permutation.forEach((axis, i) => {
    const last = sizes.length - 1;
    if (i > 0 && permutation[i - 1] === axis - 1) {
      sizes[last] *= shape[axis];
      from[last] = strides[axis];
    } else {
      sizes.push(shape[axis]);
      from.push(strides[axis]);
    }
  });
  return { sizes, from, to: rowMajorStrides(sizes) };
}

/** Copies the elements of a strided array into another of the same shape, from `axis` on. */
export function copyStrided(
  source: KernelArray,
  sourceStrides: readonly number[],
  sourceOffset: number,
  target: KernelArray,
  targetStrides: readonly number[],
  targetOffset: number,
  shape: readonly number[],
  axis: number,
): void {
  if (axis === shape.length) {
    target[targetOffset] = source[sourceOffset];
    return;
  }
  const count = shape[axis];
  const sourceStride = sourceStrides[axis];
  const targetStride = targetStrides[axis];
  const isLast = axis === shape.length - 1;
  if (isLast && sourceStride === 1 && targetStride === 1 && count >= minBulkCopyLength) {
    target.set(source.subarray(sourceOffset, sourceOffset + count), targetOffset);
    return;
  }
  let from = sourceOffset;
  let to = targetOffset;
  for (let i = 0; i < count; i++, from += sourceStride, to += targetStride) {
    if (isLast) target[to] = source[from];
    else copyStrided(source, sourceStrides, from, target, targetStrides, to, shape, axis + 1);
  }
}
