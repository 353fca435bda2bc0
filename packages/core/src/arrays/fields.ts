import { numberError, rangeError, typeError } from "../arguments/errors.ts";
import { adviceFor } from "../arguments/foreign.ts";
import { formatShape, formatValue } from "../arguments/format.ts";
import type { KernelArray, NumericArray } from "../types.ts";
import { checkSize, columnMajorStrides, maxRank, sizeOf } from "./layout.ts";
import { isTypedArray, toLocalArray } from "./typedArray.ts";

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

/** The containers that are accepted, in words. */
export const expectedContainer =
  "be a number, nested arrays of numbers, a typed array or { data, shape }";

/** How the fields of a tensor are read, and what errors say. */
interface FieldOptions {
  /** Describes the argument in errors. */
  readonly format?: (value: unknown) => string;
  /** What the argument may be; the error about an object that is no tensor says so. */
  readonly expected?: string;
  /** Whether the data may be an array of booleans, as npyjs reads masks. They become 1 and 0. */
  readonly acceptsBooleans?: boolean;
}

/** Reads each field of a tensor once, under any of its names, and checks it. */
export function readFields(
  label: string,
  tensor: object,
  { format = formatValue, expected = expectedContainer, acceptsBooleans }: FieldOptions = {},
): TensorFields {
  const {
    data: givenData,
    shape: ownShape,
    dims,
    strides: ownStrides,
    stride,
    offset,
    type,
    fortranOrder,
    fortran_order,
  } = readProperties(label, tensor);
  const dataLabel = `${label}.data`;
  const ownData = acceptsBooleans ? booleansToNumbers(dataLabel, givenData) : givenData;
  const hasShape = ownShape !== undefined || dims !== undefined;
  const hasNoData = ownData === undefined || typeof ownData === "function";
  const isOther = ownData === undefined && !hasShape;
  if (isOther || ((hasNoData || !hasShape) && adviceFor(tensor) !== undefined)) {
    throw typeError(label, expected, format(tensor));
  }
  if (!isTypedArray(ownData)) {
    throw typeError(dataLabel, "be a typed array of numbers", formatData(ownData));
  }
  const data = toLocalArray(dataLabel, ownData);
  const shape =
    ownShape === undefined && dims !== undefined
      ? readShape(`${label}.dims`, dims)
      : readShape(`${label}.shape`, ownShape);
  const strides =
    readStrides(`${label}.strides`, ownStrides, shape) ??
    readStrides(`${label}.stride`, stride, shape) ??
    readOrder(label, fortranOrder ?? fortran_order, shape);
  const start = offset ?? 0;
  if (offset === null || !isNonNegativeInteger(start)) {
    throw numberError(`${label}.offset`, "be a whole number from 0", offset);
  }
  const checked = { data, shape, strides, offset: start, type };
  // Without strides or an offset, surplus elements mean that the shape is not that of the data.
  const isWhole = ownStrides === undefined && stride === undefined && offset === undefined;
  checkBounds(label, checked, isWhole);
  return checked;
}

/**
 * Reads a tensor that is an object literal of a float array and its shape, in a tenth of `readFields`'
 * time. Returns undefined for all others, invalid and empty ones included.
 */
export function readPlainFields(
  tensor: object,
): { data: KernelArray; shape: number[] } | undefined {
  // Another prototype could have strides.
  if (Object.getPrototypeOf(tensor) !== Object.prototype) return undefined;
  const names = Object.getOwnPropertyNames(tensor);
  if (names.length !== 2 || !names.includes("data") || !names.includes("shape")) return undefined;
  const { data, shape } = tensor as { data: unknown; shape: unknown };
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return undefined;
  if (!Array.isArray(shape) || shape.length > maxRank) return undefined;
  const sizes: number[] = [];
  let size = 1;
  for (let axis = 0; axis < shape.length; axis++) {
    const length: unknown = shape[axis];
    if (typeof length !== "number" || !(length >= 1) || !Number.isSafeInteger(length))
      return undefined;
    size *= length;
    sizes.push(length);
  }
  return size === data.length ? { data, shape: sizes } : undefined;
}

/** Returns the strides of an array in Fortran's order, as npyjs reads it; undefined for the other order. */
function readOrder(label: string, value: unknown, shape: readonly number[]): number[] | undefined {
  if (value === undefined || value === null || value === false) return undefined;
  if (value === true) return columnMajorStrides(shape);
  throw typeError(`${label}.fortranOrder`, "be true or false", formatValue(value));
}

/** Replaces an array of booleans, or an empty one, by one of 1 and 0. Returns all other values as they are. */
function booleansToNumbers(label: string, data: unknown): unknown {
  if (!Array.isArray(data) || (data.length > 0 && typeof data[0] !== "boolean")) return data;
  return Float64Array.from(data, (item: unknown, i) => {
    if (typeof item === "boolean") return Number(item);
    throw typeError(`${label}[${i}]`, "be a boolean like the first element", formatValue(item));
  });
}

/** Describes data that is no typed array, with what to write instead of an array of numbers. */
function formatData(data: unknown): string {
  const given = formatValue(data);
  if (!Array.isArray(data)) return `${given} (expected { data, shape } or { data, dims })`;
  return typeof data[0] === "string"
    ? `${given} of strings`
    : `${given} (write Float32Array.from(data))`;
}

/** The fields of a container, under all names that they have in other libraries. */
export const containerFields = [
  "data",
  "shape",
  "dims",
  "strides",
  "stride",
  "offset",
  "type",
  "fortranOrder",
  "fortran_order",
] as const;

/** The fields that a tensor may have, before they are checked. */
type UncheckedFields = Partial<Record<(typeof containerFields)[number], unknown>>;

/**
 * Reads each field, but no property that someone has added to `Object.prototype`. Properties of the tensor's class
 * count: those of ONNX Runtime's tensors are getters.
 */
export function readProperties(label: string, tensor: UncheckedFields): UncheckedFields {
  const prototype: UncheckedFields = Object.prototype;
  const fields: UncheckedFields = {};
  try {
    for (const name of containerFields) {
      const value = tensor[name];
      const isOwn = value !== prototype[name] || Object.hasOwn(tensor, name);
      fields[name] = isOwn ? value : undefined;
    }
  } catch (cause) {
    const message = `${label} cannot be read, because one of its getters threw: ${(cause as Error)?.message}`;
    throw new TypeError(message, { cause });
  }
  return fields;
}

/** Copies a shape and checks that its sizes are whole numbers from 0, and that they are not too large. */
export function readShape(label: string, value: unknown): number[] {
  const shape = readIntegers(label, value, 0);
  checkSize(label, shape);
  return shape;
}

/** Copies strides and checks them. A method is ignored: tensors that have one are in row-major order. */
function readStrides(
  label: string,
  value: unknown,
  shape: readonly number[],
): number[] | undefined {
  if (value === undefined || typeof value === "function") return undefined;
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
  if (!Array.isArray(value) && !isTypedArray(value)) {
    throw typeError(label, "be an array of whole numbers", formatValue(value));
  }
  const { length } = value;
  if (length > maxRank) throw rangeError(label, `have at most ${maxRank} numbers`, `${length}`);
  const integers: number[] = [];
  for (let i = 0; i < length; i++) {
    const item: unknown = value[i];
    if (!Number.isSafeInteger(item) || (item as number) < min) {
      const expected = min === 0 ? "be a whole number from 0" : "be a whole number";
      throw numberError(`${label}[${i}]`, expected, item);
    }
    integers.push(item as number);
  }
  return integers;
}

function isNonNegativeInteger(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Checks that `data` holds every element that shape, strides and offset address; no others, if it must match. */
function checkBounds(
  label: string,
  { data, shape, strides, offset }: TensorFields,
  mustMatch: boolean,
): void {
  const size = sizeOf(shape);
  if (size === 0 && !mustMatch) return;
  let first = offset;
  let last = offset;
  if (strides === undefined) last += size - 1;
  strides?.forEach((stride, axis) => {
    if (stride < 0) first += stride * (shape[axis] - 1);
    else last += stride * (shape[axis] - 1);
  });
  if (mustMatch ? size !== data.length : first < 0 || last >= data.length) {
    throw new RangeError(
      `${label}: shape ${formatShape(shape)} needs ${mustMatch ? `${size} elements` : `elements ${first} to ${last}`}, data has ${data.length}.`,
    );
  }
}
