// The elements of an `out` that is a float array or a tensor. They receive the result.
import { rangeError, typeError } from "../arguments/errors.ts";
import { formatKind, formatShape } from "../arguments/format.ts";
import type { FloatArray, KernelArray, NumericArray } from "../types.ts";
import { readFields, readPlainFields } from "./fields.ts";
import { forEachOffset, isRowMajor, overlapsItself, sameShape, sizeOf } from "./layout.ts";
import { arrayName, type ElementType, elementTypeOf } from "./readArray.ts";
import { isTypedArray, toLocalArray } from "./typedArray.ts";

/** The memory in which a result is computed, and the copy from there to its container. */
export interface OutputBuffer {
  /** Row-major memory for the result, to be filled by the caller. */
  readonly data: KernelArray;
  /** Puts the complete result into its container and returns that. */
  finish(): unknown;
  /** What `finish` writes to: elements of an array, or rows; undefined without `out`. */
  readonly target?: Destination | readonly (number[] | NumericArray)[];
}

/** The elements of `out` that receive a result. */
export interface Destination {
  readonly data: FloatArray;
  readonly shape: readonly number[];
  /** The strides in elements; undefined for row-major order. */
  readonly strides: readonly number[] | undefined;
  readonly offset: number;
}

/** Reads an `out` without strides in which the result fits, fast; returns undefined for all others. */
export function plainDestination(
  out: unknown,
  shape: readonly number[],
  elementType: ElementType,
): Destination | undefined {
  if (typeof out !== "object" || out === null) return undefined;
  const data = isPlainArray(out, elementType) ? out : plainData(out, shape);
  if (data === undefined || !isPlainArray(data, elementType)) return undefined;
  // An empty array may be detached.
  if (data.length === 0 || data.length !== sizeOf(shape)) return undefined;
  return { data, shape, strides: undefined, offset: 0 };
}

function plainData(out: object, shape: readonly number[]): KernelArray | undefined {
  try {
    const fields = readPlainFields(out);
    return fields !== undefined && sameShape(fields.shape, shape) ? fields.data : undefined;
  } catch {
    // A getter threw. The general way says which.
    return undefined;
  }
}

/** Returns whether a value is an array of this realm, of no subclass, with this element type. */
function isPlainArray(value: object, elementType: ElementType): value is KernelArray {
  // A Proxy has the prototype of its array, and not its elements.
  if (!ArrayBuffer.isView(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return elementType === "float32"
    ? prototype === Float32Array.prototype
    : elementType === "float64" && prototype === Float64Array.prototype;
}

/** Reads `out`, a float array or a tensor, and checks that the result fits. */
export function readDestination(
  label: string,
  out: unknown,
  shape: readonly number[],
  elementType: ElementType,
): Destination {
  const expected = `be a ${arrayName(elementType)} or { data, shape }`;
  if (typeof out !== "object" || out === null || Array.isArray(out)) {
    throw typeError(label, expected, formatKind(out));
  }
  if (isTypedArray(out)) {
    const array = toLocalArray(label, out);
    checkElementType(label, array, elementType);
    const size = sizeOf(shape);
    if (array.length !== size) {
      throw rangeError(
        label,
        `have ${size} elements for shape ${formatShape(shape)}`,
        `${array.length}`,
      );
    }
    return { data: array, shape, strides: undefined, offset: 0 };
  }
  const {
    data,
    shape: outShape,
    strides,
    offset,
  } = readFields(label, out, {
    format: formatKind,
    expected,
  });
  checkElementType(`${label}.data`, data, elementType);
  if (!sameShape(outShape, shape)) {
    throw rangeError(label, `have shape ${formatShape(shape)}`, formatShape(outShape));
  }
  if (strides === undefined || isRowMajor(shape, strides)) {
    return { data, shape, strides: undefined, offset };
  }
  if (overlapsItself(shape, strides)) {
    throw rangeError(label, "not overlap itself", `strides ${formatShape(strides)}`);
  }
  return { data, shape, strides, offset };
}

function checkElementType(
  label: string,
  data: NumericArray,
  elementType: ElementType,
): asserts data is FloatArray {
  if (elementTypeOf(data) !== elementType)
    throw typeError(label, `be a ${arrayName(elementType)}`, formatKind(data));
}

/** Returns the destination's memory if a kernel can write to it directly, else undefined. */
export function writableMemory(
  { data, strides, offset }: Destination,
  size: number,
  inputs: readonly ArrayBufferView[],
): KernelArray | undefined {
  if (strides !== undefined || elementTypeOf(data) === "float16") return undefined;
  const isWhole = offset === 0 && data.length === size;
  const memory = (isWhole ? data : data.subarray(offset, offset + size)) as KernelArray;
  return inputs.some((input) => overlapsPartly(input, memory)) ? undefined : memory;
}

/** Returns whether two arrays share memory, or may, without being the same elements. */
function overlapsPartly(a: ArrayBufferView, b: KernelArray): boolean {
  // Two objects may be the same shared memory.
  if (a.buffer !== b.buffer) return isShared(a.buffer) && isShared(b.buffer);
  const areSameElements =
    a.byteOffset === b.byteOffset &&
    a.byteLength === b.byteLength &&
    a.constructor === b.constructor;
  return (
    !areSameElements &&
    a.byteOffset < b.byteOffset + b.byteLength &&
    b.byteOffset < a.byteOffset + a.byteLength
  );
}

/** Returns whether a buffer is a SharedArrayBuffer, of this realm or another: only those can grow. */
function isShared(buffer: ArrayBufferLike): boolean {
  if (buffer instanceof ArrayBuffer) return false;
  return "growable" in buffer || Object.prototype.toString.call(buffer).includes("Shared");
}

/** Copies a result into strided memory. */
export function scatter(data: KernelArray, destination: Destination): void {
  const { data: target, shape, strides, offset: start } = destination;
  if (strides === undefined) target.set(data, start);
  else {
    forEachOffset(shape, strides, start, (offset, i) => {
      target[offset] = data[i];
    });
  }
}
