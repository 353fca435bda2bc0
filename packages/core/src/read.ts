import { describe, showShape } from "./describe.ts";
import { fromBfloat16, fromFloat16 } from "./float16.ts";
import { isRowMajor, sizeOf, walk } from "./layout.ts";
import type { Float16, NumericArray } from "./types.ts";

/** What the numbers came in, and so what results go back in. */
export type Form = "number" | "nested" | "vector" | "tensor";

/** The element type of the results. */
export type ElementType = "float16" | "float32" | "float64";

/** The arrays that kernels compute on. */
export type KernelArray = Float32Array | Float64Array;

/** A container, read: its floats in row-major order without gaps, and how it was built. */
export interface View {
  readonly data: KernelArray;
  readonly shape: readonly number[];
  readonly form: Form;
  readonly element: ElementType;
}

/** A container of numbers that are not differentiated (targets, weights), read. */
export interface Numbers {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
}

/**
 * Reads a container of floats.
 *
 * `label` names the function and the argument in errors, as in "softmax: x".
 */
export function readFloats(label: string, value: unknown): View {
  if (typeof value === "number") {
    return { data: Float64Array.of(value), shape: [], form: "number", element: "float64" };
  }
  if (Array.isArray(value)) {
    const shape = nestedShape(value);
    return { data: flatten(label, value, shape, false), shape, form: "nested", element: "float64" };
  }
  const { data, shape, form } = readElements(label, value);
  if (data instanceof Float32Array) return { data, shape, form, element: "float32" };
  if (data instanceof Float64Array) return { data, shape, form, element: "float64" };
  if (isFloat16Array(data)) {
    return { data: new Float32Array(data), shape, form, element: "float16" };
  }
  throw new TypeError(
    `${label} must hold floats (Float32Array, Float64Array, Float16Array, or a Uint16Array with type "float16" or "bfloat16"), got ${describe(data)}.`,
  );
}

/** Reads a container of any numbers; bigints become numbers. */
export function readNumbers(label: string, value: unknown): Numbers {
  if (typeof value === "number" || typeof value === "bigint") {
    return { data: [Number(value)], shape: [] };
  }
  if (Array.isArray(value)) {
    const shape = nestedShape(value);
    return { data: flatten(label, value, shape, true), shape };
  }
  const { data, shape } = readElements(label, value);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return { data: Float64Array.from(data, Number), shape };
  }
  return { data, shape };
}

interface Elements {
  readonly data: NumericArray;
  readonly shape: readonly number[];
  readonly form: "vector" | "tensor";
}

function readElements(label: string, value: unknown): Elements {
  if (isNumericArray(value)) {
    if (value.length === 0) rejectDetached(label, value);
    return { data: value, shape: [value.length], form: "vector" };
  }
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) {
    throw new TypeError(
      `${label} must be a number, nested arrays of numbers, a typed array or { data, shape }, got ${describe(value)}.`,
    );
  }
  const { data, shape, strides, offset, type } = readFields(label, value);
  const compact = gather(data, shape, strides, offset);
  return { data: decode(compact, type), shape, form: "tensor" };
}

/** The parts of `{ data, shape }`, checked: every element that shape and strides reach lies in data. */
export interface Fields {
  readonly data: NumericArray;
  readonly shape: readonly number[];
  /** Undefined for row-major order. */
  readonly strides: readonly number[] | undefined;
  readonly offset: number;
  /** What the bits of a Uint16Array mean. */
  readonly type: unknown;
}

export function readFields(label: string, value: object): Fields {
  const container = withoutPollution(value);
  const { data, shape: ownShape, dims, strides: ownStrides, stride, offset = 0, type } = container;
  if (!isNumericArray(data)) {
    throw new TypeError(
      `${label}.data must be a typed array of numbers, got ${describe(data)} (expected { data, shape } or { data, dims }).`,
    );
  }
  if (data.length === 0) rejectDetached(`${label}.data`, data);
  const shape =
    ownShape === undefined ? readShape(label, ".dims", dims) : readShape(label, ".shape", ownShape);
  const strides =
    ownStrides === undefined
      ? readStrides(label, ".stride", stride, shape)
      : readStrides(label, ".strides", ownStrides, shape);
  if (!isLength(offset)) {
    throw new RangeError(`${label}.offset must be a whole number from 0, got ${describe(offset)}.`);
  }
  checkReach(label, data, shape, strides, offset);
  return { data, shape, strides, offset, type };
}

/** A shape, copied: whole numbers from 0 whose product is one, too. Errors call it `label` and `name`. */
export function readShape(label: string, name: string, value: unknown): number[] {
  if (!Array.isArray(value) && !isNumericArray(value)) {
    throw new TypeError(`${label}${name} must be an array of sizes, got ${describe(value)}.`);
  }
  const { length } = value;
  const shape = new Array<number>(length);
  for (let i = 0; i < length; i++) {
    const size: unknown = value[i];
    if (!isLength(size)) {
      throw new RangeError(
        `${label}${name} must hold whole numbers from 0, got ${describe(size)}.`,
      );
    }
    shape[i] = size;
  }
  if (!isLength(sizeOf(shape))) {
    throw new RangeError(`${label}${name} ${showShape(shape)} holds too many elements.`);
  }
  return shape;
}

export function isNumericArray(value: unknown): value is NumericArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

export function isFloat16Array(value: unknown): value is Float16 {
  return Object.prototype.toString.call(value) === "[object Float16Array]";
}

/** The sizes along the first branch; `flatten` checks that all others agree. */
export function nestedShape(value: readonly unknown[]): number[] {
  const shape: number[] = [];
  for (let level: unknown = value; Array.isArray(level); level = level[0]) shape.push(level.length);
  return shape;
}

function flatten(
  label: string,
  value: readonly unknown[],
  shape: readonly number[],
  bigints: boolean,
): Float64Array {
  const data = new Float64Array(sizeOf(shape));
  const depth = shape.length - 1;
  let next = 0;
  const visit = (branch: readonly unknown[], axis: number, path: string) => {
    if (branch.length !== shape[axis]) {
      throw new RangeError(
        `${path} has ${branch.length} elements, expected ${shape[axis]}: nested arrays must be rectangular.`,
      );
    }
    for (let i = 0; i < branch.length; i++) {
      const item = branch[i];
      if (axis < depth) {
        if (!Array.isArray(item)) throw notNested(`${path}[${i}]`, "an array", item);
        visit(item, axis + 1, `${path}[${i}]`);
      } else if (typeof item === "number") data[next++] = item;
      else if (bigints && typeof item === "bigint") data[next++] = Number(item);
      else throw notNested(`${path}[${i}]`, "a number", item);
    }
  };
  visit(value, 0, label);
  return data;
}

function notNested(path: string, expected: string, got: unknown): TypeError {
  return new TypeError(`${path} must be ${expected}, got ${describe(got)}.`);
}

function gather(
  data: NumericArray,
  shape: readonly number[],
  strides: readonly number[] | undefined,
  offset: number,
): NumericArray {
  const size = sizeOf(shape);
  if (strides === undefined || isRowMajor(shape, strides)) {
    return size === data.length ? data : data.subarray(offset, offset + size);
  }
  const target = new (data.constructor as new (length: number) => NumericArray)(size);
  walk(shape, strides, offset, (place, i) => {
    target[i] = data[place];
  });
  return target;
}

function decode(data: NumericArray, type: unknown): NumericArray {
  if (!(data instanceof Uint16Array)) return data;
  if (type === "float16") return fromFloat16(data);
  if (type === "bfloat16") return fromBfloat16(data);
  return data;
}

function readStrides(
  label: string,
  name: string,
  value: unknown,
  shape: readonly number[],
): number[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value) && !isNumericArray(value)) {
    throw new TypeError(`${label}${name} must be an array of steps, got ${describe(value)}.`);
  }
  const strides = Array.from<unknown>(value as ArrayLike<unknown>);
  if (strides.length !== shape.length || !strides.every(Number.isSafeInteger)) {
    throw new RangeError(
      `${label}${name} must hold ${shape.length} whole numbers for shape ${showShape(shape)}, got [${strides.join(", ")}].`,
    );
  }
  return strides as number[];
}

function checkReach(
  label: string,
  data: NumericArray,
  shape: readonly number[],
  strides: readonly number[] | undefined,
  offset: number,
): void {
  const size = sizeOf(shape);
  if (size === 0) return;
  let first = offset;
  let last = offset;
  if (strides === undefined) last += size - 1;
  else {
    strides.forEach((step, axis) => {
      if (step < 0) first += step * (shape[axis] - 1);
      else last += step * (shape[axis] - 1);
    });
  }
  // Without strides or offset, elements left over mean that data and shape do not belong together.
  const whole = strides === undefined && offset === 0;
  if (first < 0 || last >= data.length || (whole && size !== data.length)) {
    throw new RangeError(
      `${label}: shape ${showShape(shape)} needs ${whole ? `${size} elements` : `elements ${first} to ${last}`}, data has ${data.length}.`,
    );
  }
}

export function rejectDetached(label: string, data: NumericArray): void {
  if (isDetached(data.buffer)) {
    throw new TypeError(`${label} is detached: its buffer was transferred or its memory grew.`);
  }
}

function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

function isLength(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** What a container may have. */
const names = ["data", "shape", "dims", "strides", "stride", "offset", "type"] as const;

type Container = Partial<Record<(typeof names)[number], unknown>>;

/** A container whose properties are its own or its class's (ort.Tensor has getters), but never those that `Object.prototype` was polluted with. */
function withoutPollution(container: object): Container {
  const everywhere: Container = Object.prototype;
  if (!names.some((name) => everywhere[name] !== undefined)) return container;
  const clean: Container = Object.create(null);
  for (
    let holder: object | null = container;
    holder !== null && holder !== everywhere;
    holder = Object.getPrototypeOf(holder)
  ) {
    for (const name of names) {
      if (Object.hasOwn(holder, name)) clean[name] = (container as Container)[name];
    }
  }
  return clean;
}
