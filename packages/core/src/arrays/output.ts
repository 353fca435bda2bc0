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

/** Where a result is computed, and the container that it becomes. */
export interface OutputBuffer {
  /** Row-major room for the result. */
  readonly data: KernelArray;
  /** Call when the result is complete: puts it into its container and returns that. */
  finish(): unknown;
}

/** What a result looks like: that of the argument it answers. */
export interface OutputSpec {
  readonly kind: ContainerKind;
  readonly elementType: ElementType;
}

/**
 * Opens the container of a result: `out` if given, else a new one like the input's.
 *
 * Checks `out` and writes nothing to it before `finish`, unless `data` is its memory. `inputs`
 * are what the kernel reads: it may compute in place where `out` is exactly one of them; where
 * they overlap otherwise the result is computed aside.
 */
export function openOutput(
  functionName: string,
  out: unknown,
  shape: readonly number[],
  { kind: likeKind, elementType }: OutputSpec,
  inputs: readonly ArrayBufferView[],
): OutputBuffer {
  const size = sizeOf(shape);
  const kind = shape.length === 0 ? "number" : likeKind;
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
  const target = readTarget(label, out, shape, elementType);
  const memory = contiguousMemory(target, size, inputs);
  const data = memory ?? newArray(elementType, size);
  return {
    data,
    finish() {
      if (memory === undefined) scatterTo(data, target);
      if (kind === "number") return data[0];
      if (kind === "tensor" && isNumericArray(out)) return { data: out, shape };
      return out;
    },
  };
}

interface OutputTarget {
  readonly data: FloatArray;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

function readTarget(
  label: string,
  out: unknown,
  shape: readonly number[],
  elementType: ElementType,
): OutputTarget {
  if (typeof out !== "object" || out === null || Array.isArray(out)) {
    throw typeError(label, `be a ${arrayName(elementType)} or { data, shape }`, formatValue(out));
  }
  const rowMajor = rowMajorStrides(shape);
  if (isNumericArray(out)) {
    checkElements(label, out, elementType);
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
  const { data, shape: given, strides = rowMajor, offset } = readFields(label, out);
  checkElements(`${label}.data`, data, elementType);
  if (!sameShape(given, shape)) {
    throw rangeError(label, `have shape ${formatShape(shape)}`, formatShape(given));
  }
  if (strides.some((step, axis) => step === 0 && shape[axis] > 1)) {
    throw rangeError(label, "not overlap itself", `strides ${formatShape(strides)}`);
  }
  return { data, shape, strides, offset };
}

function checkElements(
  label: string,
  data: NumericArray,
  elementType: ElementType,
): asserts data is FloatArray {
  if (elementTypeOf(data) !== elementType)
    throw typeError(label, `be a ${arrayName(elementType)}`, formatValue(data));
}

/** The part of the target that a kernel can write straight into, if there is one. */
function contiguousMemory(
  { data, shape, strides, offset }: OutputTarget,
  size: number,
  inputs: readonly ArrayBufferView[],
): KernelArray | undefined {
  if (elementTypeOf(data) === "float16" || !isRowMajor(shape, strides)) return undefined;
  const memory = data.subarray(offset, offset + size) as KernelArray;
  return inputs.some((input) => overlaps(input, memory)) ? undefined : memory;
}

/** Whether two arrays share memory in another way than being the same elements. */
function overlaps(a: ArrayBufferView, b: KernelArray): boolean {
  if (a.buffer !== b.buffer) return false;
  const same =
    a.byteOffset === b.byteOffset &&
    a.byteLength === b.byteLength &&
    a.constructor === b.constructor;
  return (
    !same &&
    a.byteOffset < b.byteOffset + b.byteLength &&
    b.byteOffset < a.byteOffset + a.byteLength
  );
}

function scatterTo(data: KernelArray, target: OutputTarget): void {
  forEachOffset(target.shape, target.strides, target.offset, (place, i) => {
    target.data[place] = data[i];
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
  if (kind === "nested") return nest(data, shape);
  const elements = elementType === "float16" ? new Float16Array(data) : data;
  return kind === "vector" ? elements : { data: elements, shape };
}

function nest(data: KernelArray, shape: readonly number[]): unknown[] {
  let next = 0;
  const build = (axis: number): unknown[] => {
    const nested: unknown[] = [];
    for (let i = 0; i < shape[axis]; i++) {
      nested.push(axis === shape.length - 1 ? data[next++] : build(axis + 1));
    }
    return nested;
  };
  return build(0);
}

function checkNested(
  label: string,
  out: unknown,
  shape: readonly number[],
): asserts out is unknown[] {
  const must = `be nested arrays of numbers of shape ${formatShape(shape)}`;
  if (!Array.isArray(out)) throw typeError(label, must, formatValue(out));
  const given = readFloats(label, out).shape;
  if (!sameShape(given, shape)) throw rangeError(label, must, formatShape(given));
}

function fillNested(out: unknown[], data: KernelArray): unknown[] {
  let next = 0;
  const fill = (branch: unknown[]) => {
    for (let i = 0; i < branch.length; i++) {
      const item = branch[i];
      if (Array.isArray(item)) fill(item);
      else branch[i] = data[next++];
    }
  };
  fill(out);
  return out;
}

function arrayName(elementType: ElementType): string {
  return `F${elementType.slice(1)}Array`;
}
