import type { TensorRecord } from "./tensor.ts";

/** The rows of a tensor along one axis, as kernels count them. */
export interface AxisLayout {
  /** The shape of what there is one of for each row. */
  readonly shape: readonly number[];
  readonly rows: number;
  readonly classes: number;
  readonly inner: number;
  readonly outerStride: number;
  readonly classStride: number;
  readonly innerStride: number;
}

/**
 * Returns the layout of a tensor's rows, or undefined if they are not at equal distances: the axes before the class
 * axis, and those after it, must each be equivalent to one axis.
 */
export function axisLayout(
  tensor: Pick<TensorRecord, "shape" | "strides">,
  axis: number,
): AxisLayout | undefined {
  const { shape, strides } = tensor;
  if (shape.length === 0) {
    const one = { rows: 1, classes: 1, inner: 1, outerStride: 1, classStride: 1, innerStride: 1 };
    return { shape: [], ...one };
  }
  const before = mergeAxes(shape.slice(0, axis), strides.slice(0, axis));
  const after = mergeAxes(shape.slice(axis + 1), strides.slice(axis + 1));
  if (before === undefined || after === undefined) return undefined;
  return {
    shape: shape.filter((_, i) => i !== axis),
    rows: before.size * after.size,
    classes: shape[axis],
    inner: after.size,
    outerStride: before.stride,
    classStride: strides[axis],
    innerStride: after.stride,
  };
}

/** Merges axes into one, if their elements are at equal distances. */
function mergeAxes(
  shape: readonly number[],
  strides: readonly number[],
): { size: number; stride: number } | undefined {
  let merged: { size: number; stride: number } | undefined;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] === 1) continue;
    if (merged === undefined) merged = { size: shape[i], stride: strides[i] };
    else if (strides[i] === merged.stride * merged.size) merged.size *= shape[i];
    else return undefined;
  }
  return merged ?? { size: 1, stride: 1 };
}
