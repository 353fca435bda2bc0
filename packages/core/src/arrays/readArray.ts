import { typeError } from "../arguments/errors.ts";
import { formatValue } from "../arguments/format.ts";
import type { KernelArray, NumericArray } from "../types.ts";
import { expectedContainer, readFields, type TensorFields } from "./fields.ts";
import { fromBfloat16, fromFloat16 } from "./float16.ts";
import { forEachOffset, isRowMajor, sizeOf } from "./layout.ts";
import { type OtherElements, readNested } from "./nested.ts";
import {
  constructorOf,
  isTypedArray,
  newArray,
  toLocalArray,
  typedArrayName,
} from "./typedArray.ts";

/** The kind of container that an argument came in; the result has the same kind. */
export type ContainerKind = "number" | "nested" | "rows" | "vector" | "tensor";

/** The element type of an argument and of the result. */
export type ElementType = "float16" | "float32" | "float64";

/** The floats of a container, contiguous in row-major order, and what the container was. */
export interface FloatView {
  readonly data: KernelArray;
  readonly shape: readonly number[];
  readonly kind: ContainerKind;
  readonly elementType: ElementType;
}

/** The numbers of a container that is not differentiated, for example targets or weights. */
export interface NumberView {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
  /** Whether the container holds bigints. */
  readonly wereBigints?: boolean;
}

/** Reads a container of floats. `label` names function and argument in errors: "softmax: x". */
export function readFloats(label: string, value: unknown): FloatView {
  if (typeof value === "number") {
    return { data: Float64Array.of(value), shape: [], kind: "number", elementType: "float64" };
  }
  const { data, shape, kind } = readElements(label, value, []);
  return toFloats(label, data, shape, kind);
}

/** Returns the view of an array of floats; throws if it holds anything else. */
function toFloats(
  label: string,
  data: NumericArray,
  shape: readonly number[],
  kind: ContainerKind,
): FloatView {
  const elementType = elementTypeOf(data);
  if (elementType === undefined) {
    throw typeError(
      label,
      'hold floats (Float32Array, Float64Array, Float16Array, or a Uint16Array with type "float16" or "bfloat16")',
      formatValue(data),
    );
  }
  if (elementType !== "float16") return { data: data as KernelArray, shape, kind, elementType };
  const floats = newArray(label, Float32Array, data.length);
  floats.set(data as Float32Array);
  return { data: floats, shape, kind, elementType };
}

/** Returns the element type of an array, or undefined if it holds no floats. */
export function elementTypeOf(data: NumericArray): ElementType | undefined {
  switch (typedArrayName(data)) {
    case "Float32Array":
      return "float32";
    case "Float64Array":
      return "float64";
    case "Float16Array":
      return "float16";
    default:
      return undefined;
  }
}

/** Returns the name of the typed array with this element type: "Float32Array". */
export function arrayName(elementType: ElementType): string {
  return `F${elementType.slice(1)}Array`;
}

/** Reads a container of numbers of any type, and converts bigints to numbers. */
export function readNumbers(label: string, value: unknown): NumberView {
  if (typeof value === "number" || typeof value === "bigint") {
    return { data: [Number(value)], shape: [] };
  }
  const { data, shape } = readElements(label, value, ["bigint"]);
  return toNumbers(label, data, shape);
}

/** Reads a container as `readNumbers` does. Booleans, as a mask has them, count as 1 and 0. */
export function readNumbersOrBooleans(label: string, value: unknown): NumberView {
  if (typeof value === "boolean") return { data: [Number(value)], shape: [] };
  if (typeof value !== "object" || value === null) return readNumbers(label, value);
  const { data, shape } = readElements(label, value, ["bigint", "boolean"]);
  return toNumbers(label, data, shape);
}

/** Returns the view of an array of any numbers. */
function toNumbers(label: string, data: NumericArray, shape: readonly number[]): NumberView {
  // An empty array may be one of bigints.
  if (data.length > 0 && typeof data[0] !== "bigint") {
    return { data: data as ArrayLike<number>, shape };
  }
  const numbers = newArray(label, Float64Array, data.length);
  for (let i = 0; i < data.length; i++) numbers[i] = Number(data[i]);
  return { data: numbers, shape, wereBigints: true };
}

/**
 * Reads a container of floats, as `readFloats` does, or of integers, as `readNumbers` does. Only the
 * result for floats has a `kind`: integers have no gradient.
 */
export function readFloatsOrIntegers(label: string, value: unknown): FloatView | NumberView {
  if (typeof value === "number") return readFloats(label, value);
  if (typeof value === "bigint") return readNumbers(label, value);
  const { data, shape, kind } = readElements(label, value, ["bigint"]);
  return elementTypeOf(data) === undefined
    ? toNumbers(label, data, shape)
    : toFloats(label, data, shape, kind);
}

interface Elements {
  readonly data: NumericArray;
  readonly shape: readonly number[];
  readonly kind: ContainerKind;
}

/** Reads nested arrays, a typed array or a tensor. */
function readElements(label: string, value: unknown, others: OtherElements): Elements {
  if (Array.isArray(value)) {
    const { data, shape, rowType } = readNested(label, value, others);
    return { data, shape, kind: rowType === undefined ? "nested" : "rows" };
  }
  if (isTypedArray(value)) {
    const data = toLocalArray(label, value);
    return { data, shape: [data.length], kind: "vector" };
  }
  if (typeof value !== "object" || value === null) {
    throw typeError(label, expectedContainer, formatValue(value));
  }
  const acceptsBooleans = others.includes("boolean");
  const fields = readFields(label, value, { acceptsBooleans });
  const data = decodeHalf(label, toContiguous(label, fields), fields.type);
  return { data, shape: fields.shape, kind: "tensor" };
}

/** Returns the elements in row-major order without gaps; copies them only if they are not. */
function toContiguous(label: string, { data, shape, strides, offset }: TensorFields): NumericArray {
  const size = sizeOf(shape);
  if (strides === undefined || isRowMajor(shape, strides)) {
    return size === data.length ? data : data.subarray(offset, offset + size);
  }
  const contiguous = newArray(label, constructorOf(typedArrayName(data) as string), size);
  forEachOffset(shape, strides, offset, (elementOffset, i) => {
    contiguous[i] = data[elementOffset];
  });
  return contiguous;
}

/** Converts half-precision bits to float32; returns all other arrays unchanged. */
function decodeHalf(label: string, data: NumericArray, type: unknown): NumericArray {
  if (typedArrayName(data) !== "Uint16Array") return data;
  const bits = data as Uint16Array;
  if (type === "float16") return fromFloat16(bits, newArray(label, Float32Array, bits.length));
  if (type === "bfloat16") return fromBfloat16(bits, newArray(label, Float32Array, bits.length));
  return data;
}
