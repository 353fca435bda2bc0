import { showShape } from "../arguments/format.ts";

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
export function resolveAxis(where: string, axis: number, shape: readonly number[]): number {
  const rank = Math.max(shape.length, 1);
  if (axis < -rank || axis >= rank) {
    throw new RangeError(
      `${where}: axis ${axis} is out of range for shape ${showShape(shape)}, expected ${-rank} to ${rank - 1}.`,
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
export function startOf(row: number, { size, inner }: Layout): number {
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
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i];
  }
  return strides;
}

/** Whether the strides walk a row-major array without gaps. */
export function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== step) return false;
    step *= shape[i];
  }
  return true;
}

/** Calls `visit` with the place of each element, in row-major order of the shape. */
export function walk(
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
  visit: (place: number, i: number) => void,
): void {
  const size = sizeOf(shape);
  const position = new Array<number>(shape.length).fill(0);
  let place = offset;
  for (let i = 0; i < size; i++) {
    visit(place, i);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += strides[axis];
      if (++position[axis] < shape[axis]) break;
      place -= strides[axis] * shape[axis];
      position[axis] = 0;
    }
  }
}
