import { describe, showShape, typeName } from "../arguments/format.ts";
import { wrongKind, wrongValue } from "../arguments/errors.ts";
import { fromBfloat16, fromFloat16 } from "./float16.ts";
import { isRowMajor, sizeOf, walk } from "./layout.ts";
import type { Float16, KernelArray, NumericArray } from "../types.ts";

/** What the numbers came in, and so what results go back in. */
export type Form = "number" | "nested" | "vector" | "tensor";

/** The element type of the results. */
export type ElementType = "float16" | "float32" | "float64";

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
    return { ...readNested(label, value, false), form: "nested", element: "float64" };
  }
  const { data, shape, form } = readElements(label, value);
  const element = elementOf(data);
  if (element === undefined) {
    throw wrongKind(
      label,
      'hold floats (Float32Array, Float64Array, Float16Array, or a Uint16Array with type "float16" or "bfloat16")',
      describe(data),
    );
  }
  const floats = element === "float16" ? new Float32Array(data as Float16) : (data as KernelArray);
  return { data: floats, shape, form, element };
}

/** What an array holds; undefined if no floats. */
export function elementOf(data: NumericArray): ElementType | undefined {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  return typeName(data) === "Float16Array" ? "float16" : undefined;
}

/** Reads a container of any numbers; bigints become numbers. */
export function readNumbers(label: string, value: unknown): Numbers {
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
        throw wrongKind(`${path}[${i}]`, isLast ? "be a number" : "be an array", describe(item));
      }
    }
  };
  visit(value, 0, label);
  return { data, shape };
}

interface Elements {
  readonly data: NumericArray;
  readonly shape: readonly number[];
  readonly form: "vector" | "tensor";
}

function readElements(label: string, value: unknown): Elements {
  if (isNumericArray(value)) {
    rejectDetached(label, value);
    return { data: value, shape: [value.length], form: "vector" };
  }
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) {
    throw wrongKind(
      label,
      "be a number, nested arrays of numbers, a typed array or { data, shape }",
      describe(value),
    );
  }
  const fields = readFields(label, value);
  return { data: decode(gather(fields), fields.type), shape: fields.shape, form: "tensor" };
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

export function readFields(label: string, container: object): Fields {
  const given = fieldsOf(container);
  const { data, dims, stride, offset = 0, type } = given;
  if (!isNumericArray(data)) {
    throw wrongKind(
      `${label}.data`,
      "be a typed array of numbers",
      `${describe(data)} (expected { data, shape } or { data, dims })`,
    );
  }
  rejectDetached(`${label}.data`, data);
  const shape =
    given.shape === undefined
      ? readShape(`${label}.dims`, dims)
      : readShape(`${label}.shape`, given.shape);
  const strides =
    given.strides === undefined
      ? readStrides(`${label}.stride`, stride, shape)
      : readStrides(`${label}.strides`, given.strides, shape);
  if (!isLength(offset)) {
    throw wrongValue(`${label}.offset`, "be a whole number from 0", describe(offset));
  }
  const read = { data, shape, strides, offset, type };
  checkReach(label, read);
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
  if (!isLength(sizeOf(shape))) {
    throw new RangeError(`${label} ${showShape(shape)} holds too many elements.`);
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
    throw wrongValue(
      label,
      `hold ${shape.length} whole numbers for shape ${showShape(shape)}`,
      showShape(strides),
    );
  }
  return strides;
}

/** An array of whole numbers, copied. */
function readIntegers(label: string, value: unknown, least: number): number[] {
  if (!Array.isArray(value) && !isNumericArray(value)) {
    throw wrongKind(label, "be an array of whole numbers", describe(value));
  }
  const integers: number[] = [];
  for (let i = 0; i < value.length; i++) {
    const item: unknown = value[i];
    if (!Number.isSafeInteger(item) || (item as number) < least) {
      throw wrongValue(
        label,
        least === 0 ? "hold whole numbers from 0" : "hold whole numbers",
        describe(item),
      );
    }
    integers.push(item as number);
  }
  return integers;
}

function isLength(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function checkReach(label: string, { data, shape, strides, offset }: Fields): void {
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
      `${label}: shape ${showShape(shape)} needs ${whole ? `${size} elements` : `elements ${first} to ${last}`}, data has ${data.length}.`,
    );
  }
}

function gather({ data, shape, strides, offset }: Fields): NumericArray {
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

export function isNumericArray(value: unknown): value is NumericArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

/** A detached array looks empty; of a buffer that is, no view can be made. */
export function rejectDetached(label: string, { length, buffer }: NumericArray): void {
  if (length > 0) return;
  try {
    new Uint8Array(buffer);
  } catch {
    throw new TypeError(`${label} is detached: its buffer was transferred or its memory grew.`);
  }
}
