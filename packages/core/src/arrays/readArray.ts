import { rangeError, typeError } from "../arguments/errors.ts";
import { formatShape, formatValue, typeName } from "../arguments/format.ts";
import type { Float16, KernelArray, NumericArray } from "../types.ts";
import { fromBfloat16, fromFloat16 } from "./float16.ts";
import { forEachOffset, isRowMajor, sizeOf } from "./layout.ts";

/** The kind of container that an argument came in; the result has the same kind. */
export type ContainerKind = "number" | "nested" | "vector" | "tensor";

/** The element type of an argument and of the result. */
export type ElementType = "float16" | "float32" | "float64";

/** The floats of a container, contiguous in row-major order, and what the container was. */
export interface FloatView {
  readonly data: KernelArray;
  readonly shape: readonly number[];
  readonly kind: ContainerKind;
  readonly elementType: ElementType;
}

/** The numbers of a container that is not differentiated, such as targets or weights. */
export interface NumberView {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
}

/** Reads a container of floats. `label` names function and argument in errors: "softmax: x". */
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
  return { data: floats, shape, kind, elementType };
}

/** Returns the element type of an array, or undefined if it holds no floats. */
export function elementTypeOf(data: NumericArray): ElementType | undefined {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  return typeName(data) === "Float16Array" ? "float16" : undefined;
}

/** Reads a container of numbers of any type, and converts bigints to numbers. */
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

/** Reads nested arrays of numbers. The first element of each level gives the shape; all others must agree. */
function readNested(
  label: string,
  nested: readonly unknown[],
  allowsBigints: boolean,
): { data: Float64Array; shape: number[] } {
  const shape: number[] = [];
  for (let first: unknown = nested; Array.isArray(first); first = first[0]) {
    shape.push(first.length);
  }
  const data = new Float64Array(sizeOf(shape));
  let count = 0;
  const readLevel = (array: readonly unknown[], axis: number, path: string) => {
    if (array.length !== shape[axis]) {
      throw new RangeError(
        `${path} has ${array.length} elements, expected ${shape[axis]}: nested arrays must be rectangular.`,
      );
    }
    for (let i = 0; i < array.length; i++) {
      const item = array[i];
      const isLast = axis === shape.length - 1;
      if (!isLast && Array.isArray(item)) readLevel(item, axis + 1, `${path}[${i}]`);
      else if (
        isLast &&
        (typeof item === "number" || (allowsBigints && typeof item === "bigint"))
      ) {
        data[count++] = Number(item);
      } else {
        throw typeError(`${path}[${i}]`, isLast ? "be a number" : "be an array", formatValue(item));
      }
    }
  };
  readLevel(nested, 0, label);
  return { data, shape };
}

interface Elements {
  readonly data: NumericArray;
  readonly shape: readonly number[];
  readonly kind: "vector" | "tensor";
}

/** Reads a typed array or a tensor. */
function readElements(label: string, value: unknown): Elements {
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
  const data = decodeHalf(toContiguous(fields), fields.type);
  return { data, shape: fields.shape, kind: "tensor" };
}

/** The fields of a tensor, checked: every element that shape and strides address is in `data`. */
export interface TensorFields {
  readonly data: NumericArray;
  readonly shape: readonly number[];
  /** The strides in elements; undefined for row-major order. */
  readonly strides: readonly number[] | undefined;
  readonly offset: number;
  /** The float type that the bits of a Uint16Array encode. */
  readonly type: unknown;
}

/** Reads the fields of a tensor under any of their names, and checks them. */
export function readFields(label: string, tensor: object): TensorFields {
  const fields = withoutPollution(tensor);
  const { data, offset = 0, type } = fields;
  if (!isNumericArray(data)) {
    throw typeError(
      `${label}.data`,
      "be a typed array of numbers",
      `${formatValue(data)} (expected { data, shape } or { data, dims })`,
    );
  }
  checkAttached(`${label}.data`, data);
  const shape =
    fields.shape === undefined
      ? readShape(`${label}.dims`, fields.dims)
      : readShape(`${label}.shape`, fields.shape);
  const strides =
    fields.strides === undefined
      ? readStrides(`${label}.stride`, fields.stride, shape)
      : readStrides(`${label}.strides`, fields.strides, shape);
  if (!isNonNegativeInteger(offset)) {
    throw rangeError(`${label}.offset`, "be a whole number from 0", formatValue(offset));
  }
  const checked = { data, shape, strides, offset, type };
  checkBounds(label, checked);
  return checked;
}

const fieldNames = ["data", "shape", "dims", "strides", "stride", "offset", "type"] as const;

/** The fields that a tensor may have, before they are checked. */
type UncheckedFields = Partial<Record<(typeof fieldNames)[number], unknown>>;

/**
 * Returns the tensor's fields without properties that someone has added to `Object.prototype`.
 * Properties of the tensor's class count: those of ONNX Runtime's tensors are getters.
 */
function withoutPollution(tensor: UncheckedFields): UncheckedFields {
  const prototype: UncheckedFields = Object.prototype;
  if (fieldNames.every((name) => prototype[name] === undefined)) return tensor;
  const fields: UncheckedFields = Object.create(null);
  for (const name of fieldNames) {
    const value = tensor[name];
    if (Object.hasOwn(tensor, name) || value !== prototype[name]) fields[name] = value;
  }
  return fields;
}

/** Copies a shape and checks that its sizes, and their product, are whole numbers from 0. */
export function readShape(label: string, value: unknown): number[] {
  const shape = readIntegers(label, value, 0);
  if (!isNonNegativeInteger(sizeOf(shape))) {
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

/** Copies an array of whole numbers that are at least `min`. */
function readIntegers(label: string, value: unknown, min: number): number[] {
  if (!Array.isArray(value) && !isNumericArray(value)) {
    throw typeError(label, "be an array of whole numbers", formatValue(value));
  }
  const integers: number[] = [];
  for (let i = 0; i < value.length; i++) {
    const item: unknown = value[i];
    if (!Number.isSafeInteger(item) || (item as number) < min) {
      throw rangeError(
        label,
        min === 0 ? "hold whole numbers from 0" : "hold whole numbers",
        formatValue(item),
      );
    }
    integers.push(item as number);
  }
  return integers;
}

function isNonNegativeInteger(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Checks that `data` holds every element that shape, strides and offset address. */
function checkBounds(label: string, { data, shape, strides, offset }: TensorFields): void {
  const size = sizeOf(shape);
  if (size === 0) return;
  let first = offset;
  let last = offset;
  if (strides === undefined) last += size - 1;
  strides?.forEach((stride, axis) => {
    if (stride < 0) first += stride * (shape[axis] - 1);
    else last += stride * (shape[axis] - 1);
  });
  // Without strides or an offset, surplus elements mean that the shape is not that of the data.
  const mustMatch = strides === undefined && offset === 0;
  if (first < 0 || last >= data.length || (mustMatch && size !== data.length)) {
    throw new RangeError(
      `${label}: shape ${formatShape(shape)} needs ${mustMatch ? `${size} elements` : `elements ${first} to ${last}`}, data has ${data.length}.`,
    );
  }
}

/** Returns the elements in row-major order without gaps; copies them only if they are not. */
function toContiguous({ data, shape, strides, offset }: TensorFields): NumericArray {
  const size = sizeOf(shape);
  if (strides === undefined || isRowMajor(shape, strides)) {
    return size === data.length ? data : data.subarray(offset, offset + size);
  }
  const contiguous = new (data.constructor as new (length: number) => NumericArray)(size);
  forEachOffset(shape, strides, offset, (elementOffset, i) => {
    contiguous[i] = data[elementOffset];
  });
  return contiguous;
}

/** Converts half-precision bits to float32; returns all other arrays unchanged. */
function decodeHalf(data: NumericArray, type: unknown): NumericArray {
  if (!(data instanceof Uint16Array)) return data;
  if (type === "float16") return fromFloat16(data);
  if (type === "bfloat16") return fromBfloat16(data);
  return data;
}

/** Returns whether a value is a typed array. */
export function isNumericArray(value: unknown): value is NumericArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

/** Throws if an array is detached: it looks empty, but no new view of its buffer can be made. */
export function checkAttached(label: string, { length, buffer }: NumericArray): void {
  if (length > 0) return;
  try {
    new Uint8Array(buffer);
  } catch {
    throw new TypeError(`${label} is detached: its buffer was transferred or its memory grew.`);
  }
}
