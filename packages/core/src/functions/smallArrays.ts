// For ten numbers, reading and writing containers takes longer than the arithmetic. These functions do it
// without a typed array per call, where the container is a plain one; all others are read the general way.

import type { OutputBuffer } from "../arrays/destination.ts";
import { readPlainFields } from "../arrays/fields.ts";
import { openOutput } from "../arrays/output.ts";
import { type FloatView, readFloats } from "../arrays/readArray.ts";
import { type BufferPool, bufferPool } from "../kernels/bufferPool.ts";
import type { KernelArray } from "../types.ts";

/** Larger arrays are read the general way. */
const maxSmallLength = 64;

/** Nested arrays that are deeper are read the general way. */
const maxSmallRank = 4;

/** The buffers that small nested arrays are read into. */
export type SmallBuffers = BufferPool<Float64Array>;

/** Makes a pool of buffers, for one argument of a function. */
export function smallBuffers(): SmallBuffers {
  return bufferPool((length) => new Float64Array(length));
}

/** Floats as `readFloats` gives them. */
export interface Input extends FloatView {
  /** The pool that `data` is from, if it is the caller's to use and to release. */
  readonly owner: SmallBuffers | undefined;
}

/** Reads a container of floats, small nested arrays into a buffer of `pool`. */
export function readInput(
  functionName: string,
  argument: string,
  value: unknown,
  pool: SmallBuffers,
): Input {
  const small = readSmall(value, pool);
  if (small !== undefined) return small;
  const { data, shape, kind, elementType } = readFloats(`${functionName}: ${argument}`, value);
  return { data, shape, kind, elementType, owner: undefined };
}

/** Reads a small container of floats; returns undefined for others, also for those that are errors. */
export function readSmall(value: unknown, pool: SmallBuffers): Input | undefined {
  try {
    return Array.isArray(value) ? readSmallNested(value, pool) : readSmallFlat(value);
  } catch {
    // A getter threw. The general way says where.
    return undefined;
  }
}

/** Gives the buffer of an input back. */
export function releaseInput({ data, owner }: Input): void {
  owner?.release(data as Float64Array);
}

/**
 * Opens the buffer of a result of the input's shape, as `openOutput` does. For a small nested array it is the
 * buffer of the input, so that a kernel computes in place.
 */
export function openResult(
  functionName: string,
  out: unknown,
  input: Input,
  inputs: readonly KernelArray[],
): OutputBuffer {
  const { data, shape, owner } = input;
  if (owner === undefined) return openOutput(functionName, out, shape, input, inputs);
  if (out === undefined) return { data, finish: () => toNested(data, shape, 0, 0) };
  if (shape.length === 1 && isWritable(out, shape[0])) {
    return {
      data,
      finish() {
        for (let i = 0; i < data.length; i++) out[i] = data[i];
        return out;
      },
    };
  }
  return openOutput(functionName, out, shape, input, inputs);
}

/** Reads a small typed array, or one in `{ data, shape }` without other fields; returns undefined for others. */
function readSmallFlat(value: unknown): Input | undefined {
  if (value instanceof Float32Array || value instanceof Float64Array) {
    const { length } = value;
    // An empty array may be detached.
    if (length === 0 || length > maxSmallLength) return undefined;
    return viewOf(value, [length], "vector");
  }
  if (typeof value !== "object" || value === null) return undefined;
  const fields = readPlainFields(value);
  if (fields === undefined || fields.data.length > maxSmallLength) return undefined;
  if (fields.shape.length > maxSmallRank) return undefined;
  return viewOf(fields.data, fields.shape, "tensor");
}

function viewOf(data: KernelArray, shape: number[], kind: "vector" | "tensor"): Input {
  const elementType = data instanceof Float32Array ? "float32" : "float64";
  return { data, shape, kind, elementType, owner: undefined };
}

/** Reads small nested arrays of numbers; returns undefined for large ones and for those with anything else. */
function readSmallNested(nested: readonly unknown[], pool: SmallBuffers): Input | undefined {
  const shape: number[] = [];
  let length = 1;
  for (let first: unknown = nested; Array.isArray(first); first = first[0]) {
    length *= first.length;
    if (length === 0 || length > maxSmallLength || shape.length === maxSmallRank) return undefined;
    shape.push(first.length);
  }
  const data = pool.acquire(length);
  if (!readLevel(nested, shape, 0, data, 0)) {
    pool.release(data);
    return undefined;
  }
  return { data, shape, kind: "nested", elementType: "float64", owner: pool };
}

/** Copies nested arrays to the elements from `start` on. Returns whether they are numbers in this shape. */
function readLevel(
  array: readonly unknown[],
  shape: readonly number[],
  axis: number,
  data: Float64Array,
  start: number,
): boolean {
  const { length } = array;
  if (length !== shape[axis]) return false;
  const isLast = axis === shape.length - 1;
  const rowLength = isLast ? 1 : lengthFrom(shape, axis + 1);
  for (let i = 0; i < length; i++) {
    const item = array[i];
    if (isLast) {
      if (typeof item !== "number") return false;
      data[start + i] = item;
    } else {
      if (!Array.isArray(item)) return false;
      if (!readLevel(item, shape, axis + 1, data, start + i * rowLength)) return false;
    }
  }
  return true;
}

/** Returns the number of elements of the axes from `axis` on. */
function lengthFrom(shape: readonly number[], axis: number): number {
  let length = 1;
  for (let i = axis; i < shape.length; i++) length *= shape[i];
  return length;
}

/** Makes nested arrays of the elements from `start` on. */
function toNested(
  data: KernelArray,
  shape: readonly number[],
  axis: number,
  start: number,
): unknown[] {
  const array: unknown[] = [];
  const isLast = axis === shape.length - 1;
  const rowLength = isLast ? 1 : lengthFrom(shape, axis + 1);
  for (let i = 0; i < shape[axis]; i++) {
    const index = start + i * rowLength;
    array.push(isLast ? data[index] : toNested(data, shape, axis + 1, index));
  }
  return array;
}

/** Returns whether an array of numbers has this length and every element can be written to. */
function isWritable(array: unknown, length: number): array is number[] {
  if (!Array.isArray(array) || array.length !== length) return false;
  try {
    for (let i = 0; i < length; i++) {
      const item: unknown = array[i];
      if (typeof item !== "number") return false;
      // Throws, and changes nothing, if the element is read-only.
      array[i] = item;
    }
  } catch {
    return false;
  }
  return true;
}
