import { formatShape } from "../arguments/format.ts";

/**
 * A row-major array seen as [outer, size, inner]: its rows run along the middle axis,
 * `outer * inner` of them, `size` elements each, `inner` apart.
 */
export interface Layout {
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
}

/** The product of a shape: how many elements it holds. */
export function sizeOf(shape: ArrayLike<number>): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i];
  return size;
}

/** The axis counted from the front. A scalar has one axis of size 1, as in PyTorch. */
export function resolveAxis(functionName: string, axis: number, shape: readonly number[]): number {
  const rank = Math.max(shape.length, 1);
  if (axis < -rank || axis >= rank) {
    throw new RangeError(
      `${functionName}: axis ${axis} is out of range for shape ${formatShape(shape)}, expected ${-rank} to ${rank - 1}.`,
    );
  }
  return axis < 0 ? axis + rank : axis;
}

/** The layout whose rows run along `axis` (counted from the front). */
export function layoutOf(shape: readonly number[], axis: number): Layout {
  let outer = 1;
  let inner = 1;
  for (let i = 0; i < axis; i++) outer *= shape[i];
  for (let i = axis + 1; i < shape.length; i++) inner *= shape[i];
  return { outer, size: shape.length === 0 ? 1 : shape[axis], inner };
}

/** Where a row begins. */
export function rowOffset(row: number, { size, inner }: Layout): number {
  return inner === 1 ? row * size : Math.floor(row / inner) * size * inner + (row % inner);
}

/** The shape less one axis. */
export function withoutAxis(shape: readonly number[], axis: number): number[] {
  return shape.filter((_, i) => i !== axis);
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

/** The strides of a row-major array, in elements. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

/** Whether the strides walk a row-major array without gaps. */
export function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== stride) return false;
    stride *= shape[i];
  }
  return true;
}

/** Calls `visit` with the offset of each element in `data`, in row-major order of the shape. */
export function forEachOffset(
  shape: readonly number[],
  strides: readonly number[],
  start: number,
  visit: (offset: number, i: number) => void,
): void {
  const size = sizeOf(shape);
  const index = new Array<number>(shape.length).fill(0);
  let offset = start;
  for (let i = 0; i < size; i++) {
    visit(offset, i);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += strides[axis];
      if (++index[axis] < shape[axis]) break;
      offset -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}
