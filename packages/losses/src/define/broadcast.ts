// Arrays that are repeated along some axes of a common shape, as PyTorch and NumPy broadcast them.
import { formatShape, rowMajorStrides, type StridedAxis } from "@surprisal/core/authoring";

/** An argument's name and shape. */
export interface NamedShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * Returns the shape that all arguments are broadcast to: along each axis, counted from the last, their
 * sizes are equal or 1.
 */
export function broadcastShape(
  functionName: string,
  args: readonly NamedShape[],
): readonly number[] {
  let { shape } = args[0];
  for (let i = 1; i < args.length; i++) {
    const joined = joinShapes(shape, args[i].shape);
    if (joined === undefined) {
      throw new RangeError(
        `${functionName}: ${args[i].name} must have shape ${formatShape(shape)} or be broadcastable with it, got ${formatShape(args[i].shape)}.`,
      );
    }
    shape = joined;
  }
  return shape;
}

/** Returns the shape that two shapes are broadcast to, or undefined if there is none. */
function joinShapes(a: readonly number[], b: readonly number[]): readonly number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let axis = 1; axis <= rank; axis++) {
    const m = a[a.length - axis] ?? 1;
    const n = b[b.length - axis] ?? 1;
    if (m !== n && m !== 1 && n !== 1) return undefined;
    shape[rank - axis] = m === 1 ? n : m;
  }
  return shape;
}

/** Throws unless an array of shape `ownShape` can be broadcast to `shape`. */
export function checkBroadcast(
  label: string,
  ownShape: readonly number[],
  shape: readonly number[],
): void {
  const newAxes = shape.length - ownShape.length;
  const isBroadcastable =
    newAxes >= 0 && ownShape.every((size, i) => size === 1 || size === shape[newAxes + i]);
  if (!isBroadcastable) {
    throw new RangeError(
      `${label} must have shape ${formatShape(shape)} or be broadcastable to it, got ${formatShape(ownShape)}.`,
    );
  }
}

/** Returns the strides of a row-major array that is broadcast to `shape`: 0 along axes that repeat it. */
export function broadcastStrides(ownShape: readonly number[], shape: readonly number[]): number[] {
  const newAxes = shape.length - ownShape.length;
  const strides = rowMajorStrides(ownShape);
  return shape.map((_, axis) => (ownShape[axis - newAxes] > 1 ? strides[axis - newAxes] : 0));
}

/** Receives `length` elements: number `start` of a block and the following, from `offset` on in the array. */
export type VisitRun = (start: number, length: number, offset: number) => void;

/** The elements of a strided array, in row-major order of its shape, as runs of equal distance. */
export interface Runs {
  /** The axes, as few as there can be. */
  readonly axes: readonly StridedAxis[];
  /** The distance of neighbours in a run; 0 if the run repeats one element. */
  readonly stride: number;
  /** Visits the runs of `count` elements, starting with element `first`. */
  forEachRun(first: number, count: number, visit: VisitRun): void;
}

/** Returns the runs of an array with these strides. */
export function runsOf(shape: readonly number[], strides: readonly number[]): Runs {
  return runsAlong(mergeAxes(shape, strides));
}

/** Returns the runs along the axes of other runs. */
export function runsAlong(axes: readonly StridedAxis[]): Runs {
  const { size: runLength, stride } = axes[axes.length - 1];
  const outer = axes.slice(0, -1);
  const indices = outer.map(() => 0);

  return {
    axes,
    stride,
    forEachRun(first, count, visit) {
      let index = first % runLength;
      let offset = 0;
      let rest = Math.floor(first / runLength);
      for (let axis = outer.length - 1; axis >= 0; axis--) {
        indices[axis] = rest % outer[axis].size;
        offset += indices[axis] * outer[axis].stride;
        rest = Math.floor(rest / outer[axis].size);
      }
      for (let start = 0; start < count; index = 0) {
        const length = Math.min(runLength - index, count - start);
        visit(start, length, offset + index * stride);
        start += length;
        for (let axis = outer.length - 1; axis >= 0; axis--) {
          offset += outer[axis].stride;
          if (++indices[axis] < outer[axis].size) break;
          offset -= outer[axis].stride * outer[axis].size;
          indices[axis] = 0;
        }
      }
    },
  };
}

/** Merges neighbouring axes whose elements are at equal distances, and leaves out those of size 1. */
function mergeAxes(shape: readonly number[], strides: readonly number[]): StridedAxis[] {
  const axes: StridedAxis[] = [];
  for (let i = 0; i < shape.length; i++) {
    if (shape[i] === 1) continue;
    const last = axes[axes.length - 1];
    if (last !== undefined && last.stride === shape[i] * strides[i]) {
      axes[axes.length - 1] = { size: last.size * shape[i], stride: strides[i] };
    } else {
      axes.push({ size: shape[i], stride: strides[i] });
    }
  }
  return axes.length > 0 ? axes : [{ size: 1, stride: 0 }];
}
