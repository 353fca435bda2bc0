import { rangeError, typeError } from "../arguments/errors.ts";
import { formatShape, formatValue } from "../arguments/format.ts";
import type { FloatArray, KernelArray, NumericArray } from "../types.ts";
import { forEachOffset, isRowMajor, rowMajorStrides, sameShape, sizeOf } from "./layout.ts";
import {
  type ContainerKind,
  type ElementType,
  elementTypeOf,
  isNumericArray,
  readFields,
  readFloats,
} from "./readArray.ts";

/** The memory that a result is computed in, and the way from there to its container. */
export interface OutputBuffer {
  /** Row-major memory for the result, to be filled by the caller. */
  readonly data: KernelArray;
  /** Puts the complete result into its container and returns that. */
  finish(): unknown;
}

/** The kind and element type of a result: those of the argument that it corresponds to. */
export interface OutputSpec {
  readonly kind: ContainerKind;
  readonly elementType: ElementType;
}

/**
 * Returns the buffer for a result whose container is `out`, or a new one if that is undefined.
 *
 * `out` is checked, and not written to before `finish` unless `data` is its own memory. `inputs`
 * are the arrays that the kernel reads. If `out` is exactly one of them, the kernel computes in
 * place; if it overlaps one in any other way, `data` is separate memory.
 */
export function openOutput(
  functionName: string,
  out: unknown,
  shape: readonly number[],
  { kind: inputKind, elementType }: OutputSpec,
  inputs: readonly ArrayBufferView[],
): OutputBuffer {
  const size = sizeOf(shape);
  const kind = shape.length === 0 ? "number" : inputKind;
  const label = `${functionName}: out`;
  if (out === undefined) {
    const data = newArray(elementType, size);
    return { data, finish: () => newContainer(data, shape, kind, elementType) };
  }
  if (kind === "nested") {
    checkNested(label, out, shape);
    const data = newArray(elementType, size);
    return { data, finish: () => fillNested(out, data) };
  }
  const destination = readDestination(label, out, shape, elementType);
  const memory = writableMemory(destination, size, inputs);
  const data = memory ?? newArray(elementType, size);
  return {
    data,
    finish() {
      if (memory === undefined) scatter(data, destination);
      if (kind === "number") return data[0];
      if (kind === "tensor" && isNumericArray(out)) return { data: out, shape };
      return out;
    },
  };
}

/** The elements of `out` that receive a result. */
interface Destination {
  readonly data: FloatArray;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

/** Reads `out`, a float array or a tensor, and checks that the result fits. */
function readDestination(
  label: string,
  out: unknown,
  shape: readonly number[],
  elementType: ElementType,
): Destination {
  if (typeof out !== "object" || out === null || Array.isArray(out)) {
    throw typeError(label, `be a ${arrayName(elementType)} or { data, shape }`, formatValue(out));
  }
  const rowMajor = rowMajorStrides(shape);
  if (isNumericArray(out)) {
    checkElementType(label, out, elementType);
    const size = sizeOf(shape);
    if (out.length !== size) {
      throw rangeError(
        label,
        `have ${size} elements for shape ${formatShape(shape)}`,
        `${out.length}`,
      );
    }
    return { data: out, shape, strides: rowMajor, offset: 0 };
  }
  const { data, shape: outShape, strides = rowMajor, offset } = readFields(label, out);
  checkElementType(`${label}.data`, data, elementType);
  if (!sameShape(outShape, shape)) {
    throw rangeError(label, `have shape ${formatShape(shape)}`, formatShape(outShape));
  }
  if (strides.some((stride, axis) => stride === 0 && shape[axis] > 1)) {
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
    throw typeError(label, `be a ${arrayName(elementType)}`, formatValue(data));
}

/** Returns the destination's memory if a kernel can write to it directly, else undefined. */
function writableMemory(
  { data, shape, strides, offset }: Destination,
  size: number,
  inputs: readonly ArrayBufferView[],
): KernelArray | undefined {
  if (elementTypeOf(data) === "float16" || !isRowMajor(shape, strides)) return undefined;
  const memory = data.subarray(offset, offset + size) as KernelArray;
  return inputs.some((input) => overlapsPartly(input, memory)) ? undefined : memory;
}

/** Returns whether two arrays share memory without being the same elements. */
function overlapsPartly(a: ArrayBufferView, b: KernelArray): boolean {
  if (a.buffer !== b.buffer) return false;
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

/** Copies a result into strided memory. */
function scatter(data: KernelArray, destination: Destination): void {
  forEachOffset(destination.shape, destination.strides, destination.offset, (offset, i) => {
    destination.data[offset] = data[i];
  });
}

function newArray(elementType: ElementType, size: number): KernelArray {
  return elementType === "float64" ? new Float64Array(size) : new Float32Array(size);
}

function newContainer(
  data: KernelArray,
  shape: readonly number[],
  kind: ContainerKind,
  elementType: ElementType,
): unknown {
  if (kind === "number") return data[0];
  if (kind === "nested") return toNested(data, shape);
  const elements = elementType === "float16" ? new Float16Array(data) : data;
  return kind === "vector" ? elements : { data: elements, shape };
}

function toNested(data: KernelArray, shape: readonly number[]): unknown[] {
  let count = 0;
  const buildLevel = (axis: number): unknown[] => {
    const array: unknown[] = [];
    for (let i = 0; i < shape[axis]; i++) {
      array.push(axis === shape.length - 1 ? data[count++] : buildLevel(axis + 1));
    }
    return array;
  };
  return buildLevel(0);
}

function checkNested(
  label: string,
  out: unknown,
  shape: readonly number[],
): asserts out is unknown[] {
  const requirement = `be nested arrays of numbers of shape ${formatShape(shape)}`;
  if (!Array.isArray(out)) throw typeError(label, requirement, formatValue(out));
  const outShape = readFloats(label, out).shape;
  if (!sameShape(outShape, shape)) throw rangeError(label, requirement, formatShape(outShape));
}

function fillNested(out: unknown[], data: KernelArray): unknown[] {
  let count = 0;
  const fillLevel = (array: unknown[]) => {
    for (let i = 0; i < array.length; i++) {
      const item = array[i];
      if (Array.isArray(item)) fillLevel(item);
      else array[i] = data[count++];
    }
  };
  fillLevel(out);
  return out;
}

/** Returns the name of the typed array with this element type: "Float32Array". */
function arrayName(elementType: ElementType): string {
  return `F${elementType.slice(1)}Array`;
}
