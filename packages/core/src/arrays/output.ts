import { rangeError, typeError } from "../arguments/errors.ts";
import { formatKind, formatShape } from "../arguments/format.ts";
import type { FloatArray, KernelArray, NumericArray } from "../types.ts";
import { readFields, readPlainFields } from "./fields.ts";
import { forEachOffset, isRowMajor, overlapsItself, sameShape, sizeOf } from "./layout.ts";
import { innermostArrays, readNested } from "./nested.ts";
import {
  type ContainerKind,
  type ElementType,
  elementTypeOf,
  type NumberView,
} from "./readArray.ts";
import { checkAttached, isTypedArray, newArray, toLocalArray } from "./typedArray.ts";

/** The memory in which a result is computed, and the copy from there to its container. */
export interface OutputBuffer {
  /** Row-major memory for the result, to be filled by the caller. */
  readonly data: KernelArray;
  /** Puts the complete result into its container and returns that. */
  finish(): unknown;
  /** What `finish` writes to: elements of an array, or rows; undefined without `out`. */
  readonly target?: Destination | readonly (number[] | NumericArray)[];
}

/** The kind and element type of a result: those of the argument that it corresponds to. */
export interface OutputSpec {
  readonly kind: ContainerKind;
  readonly elementType: ElementType;
  /** The argument's elements and shape, for the check that it has not changed since it was read. */
  readonly data?: NumericArray;
  readonly shape?: readonly number[];
}

/**
 * Returns the buffer for a result whose container is `out`, or a new one if that is undefined.
 *
 * `out` is checked, and not written to before `finish` unless `data` is its own memory. `inputs`
 * are the arrays that the kernel reads. If `out` is exactly one of them, the kernel computes in
 * place; if it overlaps one in any other way, `data` is separate memory.
 *
 * @param outName the name of `out` for errors.
 */
export function openOutput(
  functionName: string,
  out: unknown,
  shape: readonly number[],
  spec: OutputSpec,
  inputs: readonly ArrayBufferView[],
  outName = "out",
): OutputBuffer {
  const kind = kindOfResult(spec.kind, shape);
  if (out === undefined) {
    checkInputs(functionName, inputs, spec);
    const data = newResult(functionName, shape, spec.elementType);
    return { data, finish: () => newContainer(data, shape, kind, spec.elementType) };
  }
  // Only the getters of a tensor or of nested arrays can change an input.
  const lengths = isTypedArray(out) ? undefined : inputs.map(({ byteLength }) => byteLength);
  const label = `${functionName}: ${outName}`;
  const create = () => newResult(functionName, shape, spec.elementType);
  const output =
    kind === "nested" || kind === "rows"
      ? openNested(label, out, shape, kind, spec.elementType, create)
      : openArray(label, out, shape, kind, spec.elementType, inputs, create);
  checkInputs(functionName, inputs, spec, lengths);
  return output;
}

/** Returns the kind of a result: typed rows of one axis are a vector, and a result without axes is a number. */
function kindOfResult(kind: ContainerKind, shape: readonly number[]): ContainerKind {
  if (shape.length === 0) return "number";
  return kind === "rows" && shape.length === 1 ? "vector" : kind;
}

/**
 * Throws if an input has lost elements since it was read. The getters of later arguments can transfer
 * or shrink its buffer.
 *
 * @param lengths the lengths of the inputs in bytes, before `out` was read.
 */
function checkInputs(
  functionName: string,
  inputs: readonly ArrayBufferView[],
  { data, shape }: Pick<OutputSpec, "data" | "shape">,
  lengths?: readonly number[],
): void {
  const label = `${functionName}: an argument`;
  for (let i = 0; i < inputs.length; i++) {
    checkAttached(label, inputs[i] as NumericArray);
    if (lengths !== undefined && inputs[i].byteLength !== lengths[i]) throw shrunkError(label);
  }
  if (data !== undefined && shape !== undefined && data.length !== sizeOf(shape)) {
    throw shrunkError(label);
  }
}

function shrunkError(label: string): TypeError {
  return new TypeError(`${label} was detached or resized while other arguments were read.`);
}

/**
 * Throws if the data of an argument has become shorter than its shape. Functions that compute without an
 * output call it once everything has been read.
 */
export function checkUnchanged(functionName: string, views: readonly NumberView[]): void {
  for (const { data, shape } of views) {
    if (!isTypedArray(data)) continue;
    checkInputs(functionName, [data], { data, shape });
  }
}

/** Opens `out`, a float array or a tensor. */
function openArray(
  label: string,
  out: unknown,
  shape: readonly number[],
  kind: ContainerKind,
  elementType: ElementType,
  inputs: readonly ArrayBufferView[],
  create: () => KernelArray,
): OutputBuffer {
  const destination =
    plainDestination(out, shape, elementType) ?? readDestination(label, out, shape, elementType);
  const memory = writableMemory(destination, sizeOf(shape), inputs);
  const data = memory ?? create();
  const isOfKind = kind === "vector" ? isTypedArray(out) : hasShape(out);
  return {
    data,
    finish() {
      if (memory === undefined) scatter(data, destination);
      if (kind === "number") return data[0];
      if (isOfKind) return out;
      const elements = rowMajorElements(destination);
      if (elements === undefined) return newContainer(data, shape, kind, elementType);
      return kind === "vector" ? elements : { data: elements, shape };
    },
    target: destination,
  };
}

/** Returns whether `out` is a tensor that names its shape as results do: ONNX Runtime's have `dims`. */
function hasShape(out: unknown): boolean {
  return !isTypedArray(out) && (out as { readonly shape?: unknown }).shape !== undefined;
}

/** Returns the elements of a destination as an array of their own, in its memory; undefined if they have strides. */
function rowMajorElements({ data, shape, strides, offset }: Destination): FloatArray | undefined {
  if (strides !== undefined) return undefined;
  const size = sizeOf(shape);
  return data.length === size ? data : data.subarray(offset, offset + size);
}

/** Opens `out`, nested arrays of numbers or of typed arrays. */
function openNested(
  label: string,
  out: unknown,
  shape: readonly number[],
  kind: "nested" | "rows",
  elementType: ElementType,
  create: () => KernelArray,
): OutputBuffer {
  const rows = readRows(label, out, shape, kind, elementType);
  const data = create();
  return {
    data,
    finish() {
      rows.forEach((row, r) => {
        const start = r * row.length;
        if (isTypedArray(row)) (row as KernelArray).set(data.subarray(start, start + row.length));
        else for (let i = 0; i < row.length; i++) (row as number[])[i] = data[start + i];
      });
      return out;
    },
    target: rows,
  };
}

/** Returns the innermost arrays of a nested `out`, and checks that the result can be written to them. */
function readRows(
  label: string,
  out: unknown,
  shape: readonly number[],
  kind: "nested" | "rows",
  elementType: ElementType,
): readonly (number[] | NumericArray)[] {
  const rowType = kind === "rows" ? arrayName(elementType) : undefined;
  const requirement = `be nested arrays of ${rowType ?? "numbers"}${rowType === undefined ? "" : " rows"} of shape ${formatShape(shape)}`;
  if (!Array.isArray(out)) throw typeError(label, requirement, formatKind(out));
  const nested = readNested(label, out, false);
  if (!sameShape(nested.shape, shape)) {
    throw rangeError(label, requirement, formatShape(nested.shape));
  }
  const size = sizeOf(shape);
  if (size > 0 && nested.rowType !== rowType) {
    throw typeError(label, requirement, `${nested.rowType ?? "number"} rows`);
  }
  const rank = nested.rowType === undefined ? shape.length : shape.length - 1;
  const rows = innermostArrays(out, rank) as (number[] | NumericArray)[];
  if (size === 0) return [];
  if (kind === "nested") {
    for (const row of rows as number[][]) checkWritable(label, row);
    if (rows.length > 1 && new Set(rows).size !== rows.length) throw sharedRowError(label);
    return rows;
  }
  const arrays = rows.flat() as unknown as NumericArray[];
  checkDisjoint(label, arrays);
  return arrays;
}

function sharedRowError(label: string): RangeError {
  return rangeError(label, "have rows that do not overlap", "the same memory twice");
}

/** Throws if a row cannot be written to. Writing its own elements to it changes nothing. */
function checkWritable(label: string, row: number[]): void {
  try {
    for (let i = 0; i < row.length; i++) row[i] = Number(row[i]);
  } catch {
    throw new TypeError(`${label} must be writable, got an array that is frozen or read-only.`);
  }
}

/** Throws if typed arrays share memory. */
function checkDisjoint(label: string, arrays: readonly NumericArray[]): void {
  const ends = new Map<ArrayBufferLike, number>();
  const sorted = [...arrays].sort((a, b) => a.byteOffset - b.byteOffset);
  for (const { buffer, byteOffset, byteLength } of sorted) {
    if (byteOffset < (ends.get(buffer) ?? 0)) throw sharedRowError(label);
    ends.set(buffer, byteOffset + byteLength);
  }
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
function plainDestination(
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
function readDestination(
  label: string,
  out: unknown,
  shape: readonly number[],
  elementType: ElementType,
): Destination {
  if (typeof out !== "object" || out === null || Array.isArray(out)) {
    throw typeError(label, `be a ${arrayName(elementType)} or { data, shape }`, formatKind(out));
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
  const { data, shape: outShape, strides, offset } = readFields(label, out, formatKind);
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
function writableMemory(
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
function scatter(data: KernelArray, destination: Destination): void {
  const { data: target, shape, strides, offset: start } = destination;
  if (strides === undefined) target.set(data, start);
  else {
    forEachOffset(shape, strides, start, (offset, i) => {
      target[offset] = data[i];
    });
  }
}

function newResult(
  functionName: string,
  shape: readonly number[],
  elementType: ElementType,
): KernelArray {
  const Result = elementType === "float64" ? Float64Array : Float32Array;
  return newArray<KernelArray>(`${functionName}: the result`, Result, sizeOf(shape));
}

function newContainer(
  data: KernelArray,
  shape: readonly number[],
  kind: ContainerKind,
  elementType: ElementType,
): unknown {
  if (kind === "number") return data[0];
  if (kind === "nested") return toNested(shape, 0, 0, (start) => data[start]);
  const elements = elementType === "float16" ? new Float16Array(data) : data;
  if (kind === "rows") {
    const size = shape[shape.length - 1];
    return toNested(shape.slice(0, -1), 0, 0, (r) => elements.slice(r * size, (r + 1) * size));
  }
  return kind === "vector" ? elements : { data: elements, shape };
}

/** Returns nested arrays of this shape, whose items are `item(i)` for i from `first * size` on. */
function toNested(
  shape: readonly number[],
  axis: number,
  first: number,
  item: (i: number) => unknown,
): unknown[] {
  const array: unknown[] = [];
  const size = shape[axis];
  const isLast = axis === shape.length - 1;
  for (let i = 0; i < size; i++) {
    const index = first * size + i;
    array.push(isLast ? item(index) : toNested(shape, axis + 1, index, item));
  }
  return array;
}

/** Returns the name of the typed array with this element type: "Float32Array". */
function arrayName(elementType: ElementType): string {
  return `F${elementType.slice(1)}Array`;
}
