import { describe, showShape } from "../arguments/format.ts";
import { wrongKind, wrongValue } from "../arguments/errors.ts";
import { isRowMajor, rowMajorStrides, sameShape, sizeOf, walk } from "./layout.ts";
import {
  type ElementType,
  elementOf,
  type Form,
  isNumericArray,
  readFields,
  readFloats,
} from "./readArray.ts";
import type { FloatArray, KernelArray, NumericArray } from "../types.ts";

/** Where a result is computed, and the container that it becomes. */
export interface Destination {
  /** Row-major room for the result. */
  readonly data: KernelArray;
  /** Call when the result is complete: puts it into its container and returns that. */
  finish(): unknown;
}

/** What a result looks like: that of the argument it answers. */
export interface Like {
  readonly form: Form;
  readonly element: ElementType;
}

/**
 * Opens the container of a result: `out` if given, else a new one like the input's.
 *
 * Checks `out` and writes nothing to it before `finish`, unless `data` is its memory. `inputs`
 * are what the kernel reads: it may compute in place where `out` is exactly one of them; where
 * they overlap otherwise the result is computed aside.
 */
export function openOutput(
  where: string,
  out: unknown,
  shape: readonly number[],
  { form: likeForm, element }: Like,
  inputs: readonly ArrayBufferView[],
): Destination {
  const size = sizeOf(shape);
  const form = shape.length === 0 ? "number" : likeForm;
  const label = `${where}: out`;
  if (out === undefined) {
    const data = newArray(element, size);
    return { data, finish: () => newContainer(data, shape, form, element) };
  }
  if (form === "nested") {
    checkNested(label, out, shape);
    const data = newArray(element, size);
    return { data, finish: () => fillNested(out, data) };
  }
  const target = readTarget(label, out, shape, element);
  const memory = directMemory(target, size, inputs);
  const data = memory ?? newArray(element, size);
  return {
    data,
    finish() {
      if (memory === undefined) scatter(data, target);
      if (form === "number") return data[0];
      if (form === "tensor" && isNumericArray(out)) return { data: out, shape };
      return out;
    },
  };
}

interface Target {
  readonly data: FloatArray;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

function readTarget(
  label: string,
  out: unknown,
  shape: readonly number[],
  element: ElementType,
): Target {
  if (typeof out !== "object" || out === null || Array.isArray(out)) {
    throw wrongKind(label, `be a ${arrayName(element)} or { data, shape }`, describe(out));
  }
  const rowMajor = rowMajorStrides(shape);
  if (isNumericArray(out)) {
    checkElements(label, out, element);
    const size = sizeOf(shape);
    if (out.length !== size) {
      throw wrongValue(
        label,
        `have ${size} elements for shape ${showShape(shape)}`,
        `${out.length}`,
      );
    }
    return { data: out, shape, strides: rowMajor, offset: 0 };
  }
  const { data, shape: given, strides = rowMajor, offset } = readFields(label, out);
  checkElements(`${label}.data`, data, element);
  if (!sameShape(given, shape)) {
    throw wrongValue(label, `have shape ${showShape(shape)}`, showShape(given));
  }
  if (strides.some((step, axis) => step === 0 && shape[axis] > 1)) {
    throw wrongValue(label, "not overlap itself", `strides ${showShape(strides)}`);
  }
  return { data, shape, strides, offset };
}

function checkElements(
  label: string,
  data: NumericArray,
  element: ElementType,
): asserts data is FloatArray {
  if (elementOf(data) !== element)
    throw wrongKind(label, `be a ${arrayName(element)}`, describe(data));
}

/** The part of the target that a kernel can write straight into, if there is one. */
function directMemory(
  { data, shape, strides, offset }: Target,
  size: number,
  inputs: readonly ArrayBufferView[],
): KernelArray | undefined {
  if (elementOf(data) === "float16" || !isRowMajor(shape, strides)) return undefined;
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

function scatter(data: KernelArray, target: Target): void {
  walk(target.shape, target.strides, target.offset, (place, i) => {
    target.data[place] = data[i];
  });
}

function newArray(element: ElementType, size: number): KernelArray {
  return element === "float64" ? new Float64Array(size) : new Float32Array(size);
}

function newContainer(
  data: KernelArray,
  shape: readonly number[],
  form: Form,
  element: ElementType,
): unknown {
  if (form === "number") return data[0];
  if (form === "nested") return nest(data, shape);
  const elements = element === "float16" ? new Float16Array(data) : data;
  return form === "vector" ? elements : { data: elements, shape };
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
  const must = `be nested arrays of numbers of shape ${showShape(shape)}`;
  if (!Array.isArray(out)) throw wrongKind(label, must, describe(out));
  const given = readFloats(label, out).shape;
  if (!sameShape(given, shape)) throw wrongValue(label, must, showShape(given));
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

function arrayName(element: ElementType): string {
  return `F${element.slice(1)}Array`;
}
