import { rangeError, typeError } from "../arguments/errors.ts";
import { formatShape, formatValue, typeName } from "../arguments/format.ts";
import type { Float16, KernelArray, NumericArray } from "../types.ts";
import { fromBfloat16, fromFloat16 } from "./float16.ts";
import { forEachOffset, isRowMajor, sizeOf } from "./layout.ts";

/** What the numbers came in, and so what results go back in. */
export type ContainerKind = "number" | "nested" | "vector" | "tensor";

/** The element type of the results. */
export type ElementType = "float16" | "float32" | "float64";

/** A container, read: its floats in row-major order without gaps, and how it was built. */
export interface FloatView {
  readonly data: KernelArray;
  readonly shape: readonly number[];
  readonly kind: ContainerKind;
  readonly elementType: ElementType;
}

/** A container of numbers that are not differentiated (targets, weights), read. */
export interface NumberView {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
}

/**
 * Reads a container of floats.
 *
 * `label` names the function and the argument in errors, as in "softmax: x".
 */
export function readFloats(label: string, value: unknown): FloatView {
  if (typeof value === "number") {
    return { data: Float64Array.of(value), shape: [], kind: "number", elementType: "float64" };
  }
  if (Array.isArray(value)) {
    return { ...readNested(label, value, false), kind: "nested", elementType: "float64" };
  }
  const { data, shape, kind } = readElements(label, value);
  const elementType = elementTypeOf(data);
  if (elementType === undefined) {
    throw typeError(
      label,
      'hold floats (Float32Array, Float64Array, Float16Array, or a Uint16Array with type "float16" or "bfloat16")',
      formatValue(data),
    );
  }
  const floats =
    elementType === "float16" ? new Float32Array(data as Float16) : (data as KernelArray);
  return { data: floats, shape, kind: kind, elementType: elementType };
}

/** What an array holds; undefined if no floats. */
export function elementTypeOf(data: NumericArray): ElementType | undefined {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  return typeName(data) === "Float16Array" ? "float16" : undefined;
}

/** Reads a container of any numbers; bigints become numbers. */
export function readNumbers(label: string, value: unknown): NumberView {
  if (typeof value === "number" || typeof value === "bigint") {
    return { data: [Number(value)], shape: [] };
  }
  if (Array.isArray(value)) return readNested(label, value, true);
  const { data, shape } = readElements(label, value);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return { data: Float64Array.from(data, Number), shape };
  }
  return { data, shape };
}

/** Reads nested arrays of numbers. The first branch tells the shape, and all others must agree. */
function readNested(
  label: string,
  value: readonly unknown[],
  bigints: boolean,
): { data: Float64Array; shape: number[] } {
  const shape: number[] = [];
  for (let level: unknown = value; Array.isArray(level); level = level[0]) shape.push(level.length);
  const data = new Float64Array(sizeOf(shape));
  let next = 0;
  const visit = (branch: readonly unknown[], axis: number, path: string) => {
    if (branch.length !== shape[axis]) {
      throw new RangeError(
        `${path} has ${branch.length} elements, expected ${shape[axis]}: nested arrays must be rectangular.`,
      );
    }
    for (let i = 0; i < branch.length; i++) {
      const item = branch[i];
      const isLast = axis === shape.length - 1;
      if (!isLast && Array.isArray(item)) visit(item, axis + 1, `${path}[${i}]`);
      else if (isLast && (typeof item === "number" || (bigints && typeof item === "bigint"))) {
        data[next++] = Number(item);
      } else {
        throw typeError(`${path}[${i}]`, isLast ? "be a number" : "be an array", formatValue(item));
      }
    }
  };
  visit(value, 0, label);
  return { data, shape };
}

interface ReadElements {
  readonly data: NumericArray;
  readonly shape: readonly number[];
  readonly kind: "vector" | "tensor";
}

function readElements(label: string, value: unknown): ReadElements {
  if (isNumericArray(value)) {
    checkAttached(label, value);
    return { data: value, shape: [value.length], kind: "vector" };
  }
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) {
    throw typeError(
      label,
      "be a number, nested arrays of numbers, a typed array or { data, shape }",
      formatValue(value),
    );
  }
  const fields = readFields(label, value);
  return {
    data: decodeHalf(toContiguous(fields), fields.type),
    shape: fields.shape,
    kind: "tensor",
  };
}

/** The parts of `{ data, shape }`, checked: every element that shape and strides reach lies in data. */
export interface TensorFields {
  readonly data: NumericArray;
  readonly shape: readonly number[];
  /** Undefined for row-major order. */
  readonly strides: readonly number[] | undefined;
  readonly offset: number;
  /** What the bits of a Uint16Array mean. */
  readonly type: unknown;
}

export function readFields(label: string, container: object): TensorFields {
  const given = fieldsOf(container);
  const { data, dims, stride, offset = 0, type } = given;
  if (!isNumericArray(data)) {
    throw typeError(
      `${label}.data`,
      "be a typed array of numbers",
      `${formatValue(data)} (expected { data, shape } or { data, dims })`,
    );
  }
  checkAttached(`${label}.data`, data);
  const shape =
    given.shape === undefined
      ? readShape(`${label}.dims`, dims)
      : readShape(`${label}.shape`, given.shape);
  const strides =
    given.strides === undefined
      ? readStrides(`${label}.stride`, stride, shape)
      : readStrides(`${label}.strides`, given.strides, shape);
  if (!isCount(offset)) {
    throw rangeError(`${label}.offset`, "be a whole number from 0", formatValue(offset));
  }
  const read = { data, shape, strides, offset, type };
  checkBounds(label, read);
  return read;
}

const names = ["data", "shape", "dims", "strides", "stride", "offset", "type"] as const;

/** What a container may have. */
type Container = Partial<Record<(typeof names)[number], unknown>>;

/** A container without what `Object.prototype` was polluted with; properties of its class count (ort.Tensor has getters). */
function fieldsOf(container: Container): Container {
  const everywhere: Container = Object.prototype;
  if (names.every((name) => everywhere[name] === undefined)) return container;
  const isOwn = (name: keyof Container) =>
    Object.hasOwn(container, name) || container[name] !== everywhere[name];
  const clean: Container = Object.create(null);
  for (const name of names.filter(isOwn)) clean[name] = container[name];
  return clean;
}

/** A shape, copied: whole numbers from 0 whose product is one, too. */
export function readShape(label: string, value: unknown): number[] {
  const shape = readIntegers(label, value, 0);
  if (!isCount(sizeOf(shape))) {
    throw new RangeError(`${label} ${formatShape(shape)} holds too many elements.`);
  }
  return shape;
}

function readStrides(
  label: string,
  value: unknown,
  shape: readonly number[],
): number[] | undefined {
  if (value === undefined) return undefined;
  const strides = readIntegers(label, value, Number.NEGATIVE_INFINITY);
  if (strides.length !== shape.length) {
    throw rangeError(
      label,
      `hold ${shape.length} whole numbers for shape ${formatShape(shape)}`,
      formatShape(strides),
    );
  }
  return strides;
}

/** An array of whole numbers, copied. */
function readIntegers(label: string, value: unknown, least: number): number[] {
  if (!Array.isArray(value) && !isNumericArray(value)) {
    throw typeError(label, "be an array of whole numbers", formatValue(value));
  }
  const integers: number[] = [];
  for (let i = 0; i < value.length; i++) {
    const item: unknown = value[i];
    if (!Number.isSafeInteger(item) || (item as number) < least) {
      throw rangeError(
        label,
        least === 0 ? "hold whole numbers from 0" : "hold whole numbers",
        formatValue(item),
      );
    }
    integers.push(item as number);
  }
  return integers;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function checkBounds(label: string, { data, shape, strides, offset }: TensorFields): void {
  const size = sizeOf(shape);
  if (size === 0) return;
  let first = offset;
  let last = offset;
  if (strides === undefined) last += size - 1;
  strides?.forEach((step, axis) => {
    if (step < 0) first += step * (shape[axis] - 1);
    else last += step * (shape[axis] - 1);
  });
  // Without strides or offset, elements left over mean that data and shape do not belong together.
  const whole = strides === undefined && offset === 0;
  if (first < 0 || last >= data.length || (whole && size !== data.length)) {
    throw new RangeError(
      `${label}: shape ${formatShape(shape)} needs ${whole ? `${size} elements` : `elements ${first} to ${last}`}, data has ${data.length}.`,
    );
  }
}

function toContiguous({ data, shape, strides, offset }: TensorFields): NumericArray {
  const size = sizeOf(shape);
  if (strides === undefined || isRowMajor(shape, strides)) {
    return size === data.length ? data : data.subarray(offset, offset + size);
  }
  const target = new (data.constructor as new (length: number) => NumericArray)(size);
  forEachOffset(shape, strides, offset, (place, i) => {
    target[i] = data[place];
  });
  return target;
}

function decodeHalf(data: NumericArray, type: unknown): NumericArray {
  if (!(data instanceof Uint16Array)) return data;
  if (type === "float16") return fromFloat16(data);
  if (type === "bfloat16") return fromBfloat16(data);
  return data;
}

export function isNumericArray(value: unknown): value is NumericArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

/** A detached array looks empty; of a buffer that is, no view can be made. */
export function checkAttached(label: string, { length, buffer }: NumericArray): void {
  if (length > 0) return;
  try {
    new Uint8Array(buffer);
  } catch {
    throw new TypeError(`${label} is detached: its buffer was transferred or its memory grew.`);
  }
}
