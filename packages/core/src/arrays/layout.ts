import { formatShape } from "../arguments/format.ts";

/** The largest number of axes: NumPy's and PyTorch's. */
export const maxRank = 64;

/** The largest number of elements: the kernels count them in 32-bit integers. */
export const maxElements = 2 ** 31 - 1;

/**
 * The rows of a row-major array along one axis. The array has the shape [outer, size, inner], and
 * its rows run along the middle axis: there are `outer * inner` rows.
 */
export interface Layout {
  /** The product of the sizes of the axes before the rows' axis. */
  readonly outer: number;
  /** The number of elements of a row. */
  readonly size: number;
  /** The product of the sizes of the axes after it: the distance between neighbours in a row. */
  readonly inner: number;
}

/** Returns the number of elements of an array with this shape. */
export function sizeOf(shape: ArrayLike<number>): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i];
  return size;
}

/**
 * Returns the number of elements of an array with this shape, or throws if there are too many. An axis
 * of size 0 does not make the others smaller, since loops run over them.
 */
export function checkSize(label: string, shape: readonly number[]): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i] || 1;
  if (size > maxElements) {
    throw new RangeError(
      `${label} ${formatShape(shape)} holds too many elements, expected at most ${maxElements}.`,
    );
  }
  return shape.includes(0) ? 0 : size;
}

/** Returns the axis counted from the front. A scalar has one axis of size 1, as in PyTorch. */
export function resolveAxis(functionName: string, axis: number, shape: readonly number[]): number {
  const rank = Math.max(shape.length, 1);
  if (axis < -rank || axis >= rank) {
    throw new RangeError(
      `${functionName}: axis ${axis} is out of range for shape ${formatShape(shape)}, expected ${-rank} to ${rank - 1}.`,
    );
  }
  return axis < 0 ? axis + rank : axis;
}

/** Returns the layout of the rows along `axis`, counted from the front. */
export function layoutOf(shape: readonly number[], axis: number): Layout {
  let outer = 1;
  let inner = 1;
  for (let i = 0; i < axis; i++) outer *= shape[i];
  for (let i = axis + 1; i < shape.length; i++) inner *= shape[i];
  return { outer, size: shape.length === 0 ? 1 : shape[axis], inner };
}

/** Returns the offset of a row's first element. */
export function rowOffset(row: number, { size, inner }: Layout): number {
  return inner === 1 ? row * size : Math.floor(row / inner) * size * inner + (row % inner);
}

/** Returns the shape without one of its axes. */
export function withoutAxis(shape: readonly number[], axis: number): number[] {
  return shape.filter((_, i) => i !== axis);
}

/** Returns whether two shapes are equal. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

/** Returns the strides of a row-major array, in elements. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

/** Formats the place of an element in nested arrays of a shape, as a program writes it: `[1][0]`. */
export function formatIndex(element: number, shape: readonly number[]): string {
  return rowMajorStrides(shape)
    .map((stride, axis) => `[${Math.floor(element / stride) % shape[axis]}]`)
    .join("");
}

/** Returns the strides of a column-major array, in elements: NumPy's order "F". */
export function columnMajorStrides(shape: readonly number[]): number[] {
  return rowMajorStrides([...shape].reverse()).reverse();
}

/** Returns whether two elements of a strided array are the same element of its memory. */
export function overlapsItself(shape: readonly number[], strides: readonly number[]): boolean {
  if (shape.includes(0)) return false;
  const axes = shape
    .map((size, axis) => ({ size, stride: Math.abs(strides[axis]) }))
    .filter(({ size }) => size > 1)
    .sort((a, b) => a.stride - b.stride);
  // The elements of the axes so far lie within `extent`. A larger stride steps over all of them.
  let extent = 0;
  let stepsOver = true;
  for (const { size, stride } of axes) {
    if (stride <= extent) stepsOver = false;
    extent += stride * (size - 1);
  }
  if (stepsOver) return false;
  if (extent + 1 < sizeOf(shape)) return true;
  const visits = new Uint8Array(extent + 1);
  const absoluteStrides = strides.map(Math.abs);
  forEachOffset(shape, absoluteStrides, 0, (offset) => {
    visits[offset] = visits[offset] === 0 ? 1 : 2;
  });
  return visits.includes(2);
}

/** Returns whether these are the strides of a row-major array without gaps. */
export function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== stride) return false;
    stride *= shape[i];
  }
  return true;
}

/** Calls `visit` with the offset of each element of a strided array, in row-major order. */
export function forEachOffset(
  shape: readonly number[],
  strides: readonly number[],
  start: number,
  visit: (offset: number, i: number) => void,
): void {
  const size = sizeOf(shape);
  const indices = new Array<number>(shape.length).fill(0);
  let offset = start;
  for (let i = 0; i < size; i++) {
    visit(offset, i);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += strides[axis];
      if (++indices[axis] < shape[axis]) break;
      offset -= strides[axis] * shape[axis];
      indices[axis] = 0;
    }
  }
}
