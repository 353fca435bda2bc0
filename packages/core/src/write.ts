import { describe, showShape } from "./describe.ts";
import { isRowMajor, rowMajorStrides, sameShape, sizeOf, walk } from "./layout.ts";
import {
  type ElementType,
  type Form,
  isFloat16Array,
  isNumericArray,
  type KernelArray,
  nestedShape,
  readFields,
} from "./read.ts";
import type { FloatArray, NumericArray } from "./types.ts";

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
  like: Like,
  inputs: readonly ArrayBufferView[],
): Destination {
  const size = sizeOf(shape);
  const form = shape.length === 0 ? "number" : like.form;
  if (out === undefined) {
    const data = newArray(like.element, size);
    return { data, finish: () => newContainer(data, shape, form, like.element) };
  }
  if (form === "nested") {
    checkNested(`${where}: out`, out, shape);
    const data = new Float64Array(size);
    return { data, finish: () => fillNested(out as unknown[], data, shape.length) };
  }
  const target = readTarget(`${where}: out`, out, shape, like.element);
  const memory = directMemory(target, size, inputs);
  const data = memory ?? newArray(like.element, size);
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
    throw new TypeError(
      `${label} must be a ${arrayName(element)} or { data, shape }, got ${describe(out)}.`,
    );
  }
  const strides = rowMajorStrides(shape);
  if (isNumericArray(out)) {
    checkElements(label, out, element);
    if (out.length !== sizeOf(shape)) {
      throw new RangeError(
        `${label} must have ${sizeOf(shape)} elements for shape ${showShape(shape)}, got ${out.length}.`,
      );
    }
    return { data: out, shape, strides, offset: 0 };
  }
  const fields = readFields(label, out);
  checkElements(`${label}.data`, fields.data, element);
  if (!sameShape(fields.shape, shape)) {
    throw new RangeError(
      `${label} must have shape ${showShape(shape)}, got ${showShape(fields.shape)}.`,
    );
  }
  const given = fields.strides ?? strides;
  if (given.some((step, axis) => step === 0 && shape[axis] > 1)) {
    throw new RangeError(`${label} must not overlap itself, got strides [${given.join(", ")}].`);
  }
  return { data: fields.data, shape, strides: given, offset: fields.offset };
}

function checkElements(
  label: string,
  data: NumericArray,
  element: ElementType,
): asserts data is FloatArray {
  const fits =
    element === "float16"
      ? isFloat16Array(data)
      : data instanceof (element === "float32" ? Float32Array : Float64Array);
  if (!fits) {
    throw new TypeError(`${label} must be a ${arrayName(element)}, got ${describe(data)}.`);
  }
}

/** The part of the target that a kernel can write straight into, if there is one. */
function directMemory(
  target: Target,
  size: number,
  inputs: readonly ArrayBufferView[],
): KernelArray | undefined {
  const { data, shape, strides, offset } = target;
  if (isFloat16Array(data) || !isRowMajor(shape, strides)) return undefined;
  const memory = data.subarray(offset, offset + size);
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
  if (form === "nested") return nest(data, shape, 0, 0);
  const elements = element === "float16" ? new Float16Array(data) : data;
  return form === "vector" ? elements : { data: elements, shape };
}

function nest(data: KernelArray, shape: readonly number[], axis: number, start: number): unknown[] {
  const nested: unknown[] = [];
  const isLast = axis === shape.length - 1;
  const step = isLast ? 1 : sizeOf(shape.slice(axis + 1));
  for (let i = 0, place = start; i < shape[axis]; i++, place += step) {
    nested.push(isLast ? data[place] : nest(data, shape, axis + 1, place));
  }
  return nested;
}

function checkNested(label: string, out: unknown, shape: readonly number[]): void {
  const fits = (branch: unknown, axis: number): boolean =>
    axis === shape.length
      ? typeof branch === "number"
      : Array.isArray(branch) &&
        branch.length === shape[axis] &&
        branch.every((item) => fits(item, axis + 1));
  if (fits(out, 0)) return;
  const expected = `nested arrays of numbers of shape ${showShape(shape)}`;
  if (!Array.isArray(out)) {
    throw new TypeError(`${label} must be ${expected}, got ${describe(out)}.`);
  }
  throw new RangeError(`${label} must be ${expected}, got ${showShape(nestedShape(out))}.`);
}

function fillNested(out: unknown[], data: KernelArray, rank: number): unknown[] {
  let next = 0;
  const fill = (branch: unknown[], depth: number) => {
    for (let i = 0; i < branch.length; i++) {
      if (depth + 1 < rank) fill(branch[i] as unknown[], depth + 1);
      else branch[i] = data[next++];
    }
  };
  fill(out, 0);
  return out;
}

function arrayName(element: ElementType): string {
  return `${element[0].toUpperCase()}${element.slice(1)}Array`;
}
