import { runInNewContext } from "node:vm";
import { allocate } from "@surprisal/core";
import { forEachElement, product, rowMajor } from "./values.ts";

type TypedArray = { [i: number]: number | bigint } & ArrayBufferView<ArrayBufferLike> & {
    readonly length: number;
    subarray(start: number, end: number): TypedArray;
    slice(): TypedArray;
  };

type TypedArrayConstructor = {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray;
  readonly BYTES_PER_ELEMENT: number;
};

/** How elements of a type are stored. */
interface ElementType {
  /** The name of the typed array. */
  readonly array: string;
  /** The value of `type` beside the bits of floats. */
  readonly bits?: string;
  /** Converts a number to the stored element, and back. */
  encode(value: number): number | bigint;
  decode(stored: number | bigint): number;
  /** The largest whole number, and whether negative ones can be stored. */
  readonly max: number;
  readonly signed: boolean;
}

const plain = { encode: (value: number) => value, decode: Number };
const float = { ...plain, max: 2 ** 24, signed: true };
const scratch = new DataView(new ArrayBuffer(4));

export const elementTypes = {
  float64: { ...float, array: "Float64Array" },
  float32: { ...float, array: "Float32Array" },
  float16: { ...float, array: "Float16Array", max: 2048 },
  float16Bits: {
    ...float,
    max: 2048,
    array: "Uint16Array",
    bits: "float16",
    encode(value: number) {
      scratch.setFloat16(0, value);
      return scratch.getUint16(0);
    },
    decode(stored: number | bigint) {
      scratch.setUint16(0, Number(stored));
      return scratch.getFloat16(0);
    },
  },
  bfloat16Bits: {
    ...float,
    max: 256,
    array: "Uint16Array",
    bits: "bfloat16",
    encode(value: number) {
      scratch.setFloat32(0, value);
      return scratch.getUint16(0);
    },
    decode(stored: number | bigint) {
      scratch.setUint32(0, Number(stored) * 65536);
      return scratch.getFloat32(0);
    },
  },
  int32: { ...plain, array: "Int32Array", max: 2 ** 31 - 1, signed: true },
  int16: { ...plain, array: "Int16Array", max: 32767, signed: true },
  int8: { ...plain, array: "Int8Array", max: 127, signed: true },
  uint32: { ...plain, array: "Uint32Array", max: 2 ** 32 - 1, signed: false },
  uint16: { ...plain, array: "Uint16Array", max: 65535, signed: false },
  uint8: { ...plain, array: "Uint8Array", max: 255, signed: false },
  uint8Clamped: { ...plain, array: "Uint8ClampedArray", max: 255, signed: false },
  bigInt64: { ...plain, encode: BigInt, array: "BigInt64Array", max: 2 ** 53, signed: true },
  bigUint64: { ...plain, encode: BigInt, array: "BigUint64Array", max: 2 ** 53, signed: false },
} satisfies Record<string, ElementType>;

export type TypeName = keyof typeof elementTypes;

export const floatTypes: TypeName[] = [
  "float32",
  "float64",
  "float16",
  "float16Bits",
  "bfloat16Bits",
];
export const integerTypes: TypeName[] = (Object.keys(elementTypes) as TypeName[]).filter(
  (name) => !floatTypes.includes(name),
);

/** Ways to lay out and pass an array, the simplest first. */
export const containers = [
  "nested",
  "shape",
  "vector",
  "dims",
  "offset",
  "columnMajor",
  "gaps",
  "negative",
  "repeated",
  "fortranOrder",
  "rows",
] as const;
export type Container = (typeof containers)[number];

/** Where the elements are. */
export const memories = ["plain", "shared", "foreign", "allocated"] as const;
export type MemoryKind = (typeof memories)[number];

/** How an array is passed. */
export interface ArraySpec {
  readonly container: Container;
  readonly type: TypeName;
  readonly memory: MemoryKind;
}

/** An array as it is passed, and the memory around it. */
export interface Built {
  readonly value: unknown;
  /** Returns an expression that makes the same. */
  readonly code: () => string;
  /** Every byte of the memory; none for nested arrays of numbers. */
  readonly bytes?: Uint8Array;
  /** The elements that `value` addresses, in row-major order; none for nested arrays of numbers. */
  readonly elements?: ElementRange;
}

/** The place of each element in its memory. */
export interface ElementRange {
  readonly bytes: Uint8Array;
  readonly data: TypedArray;
  readonly type: TypeName;
  /** The index into `data` of each element. */
  readonly indices: Int32Array;
}

const foreignRealm = runInNewContext("globalThis") as Record<string, unknown>;
const guardBytes = 64;

/** Returns whether a container can hold an array of this shape and type. */
export function canHold({ container, type, memory }: ArraySpec, shape: readonly number[]): boolean {
  const isInteger = integerTypes.includes(type);
  if (memory === "allocated" && type !== "float32") return false;
  if (type === "float16" && !("Float16Array" in globalThis)) return false;
  if (type.endsWith("Bits") && (container === "vector" || container === "rows")) return false;
  if (container === "vector") return shape.length === 1;
  if (container === "rows") return shape.length >= 2 && product(shape) > 0;
  if (container === "nested")
    return (
      memory === "plain" &&
      (type === "float64" || (isInteger && !type.startsWith("u"))) &&
      !shape.slice(0, -1).includes(0)
    );
  return true;
}

/** Returns the numbers as an array of this type holds them. */
export function rounded(values: Float64Array, type: TypeName): Float64Array<ArrayBuffer> {
  if (type === "float64") return Float64Array.from(values);
  if (type === "float32") return Float64Array.from(values, Math.fround);
  const ArrayType = constructorOf(type, globalThis as never);
  const one = new ArrayType(new ArrayBuffer(8), 0, 1);
  return Float64Array.from(values, (value) => {
    one[0] = elementTypes[type].encode(value);
    return elementTypes[type].decode(one[0]);
  });
}

/** Repeats the elements along the first axis, for a stride of 0. */
export function repeatFirst(values: Float64Array, shape: readonly number[]): Float64Array {
  const step = product(shape.slice(1));
  return shape.length === 0 ? values : values.map((_, i) => values[i % step]);
}

function constructorOf(type: TypeName, realm: Record<string, unknown>): TypedArrayConstructor {
  return realm[elementTypes[type].array] as TypedArrayConstructor;
}

/**
 * Makes an array that holds `values`, with guarded memory around it.
 *
 * @param room the bytes that the memory has on both sides, for another array that overlaps this one.
 */
export function build(
  spec: ArraySpec,
  values: Float64Array,
  shape: readonly number[],
  room = 0,
): Built {
  const { container, type } = spec;
  if (container === "nested") {
    const stored = Array.from(values, (value) => (type.startsWith("big") ? BigInt(value) : value));
    const value = nest(stored, shape);
    return { value, code: () => show(value) };
  }
  const { strides, first, span } = placement(container, shape);
  const data = makeData(spec, span, room);
  const indices = new Int32Array(product(shape));
  const { encode } = elementTypes[type];
  forEachElement(shape, strides, (offset, i) => {
    indices[i] = first + offset;
    data[first + offset] = encode(values[i]);
  });
  const bytes = bytesAround(data, spec, room);
  // The snippet shows the numbers as they were before the call.
  const stored = data.slice();
  const passed = wrap(
    spec,
    data,
    shape,
    strides,
    first,
    (array) => showData(array, spec, room),
    stored,
  );
  return { ...passed, bytes, elements: { bytes, data, type, indices } };
}

/** Returns the strides of a container, the index of its first element, and the length of its data. */
function placement(container: Container, shape: readonly number[]) {
  const strides = rowMajor(shape);
  const size = product(shape);
  switch (container) {
    case "offset":
      return { strides, first: 3, span: size + 5 };
    case "columnMajor":
    case "fortranOrder":
      return { strides: rowMajor([...shape].reverse()).reverse(), first: 0, span: size };
    case "gaps":
      return { strides: strides.map((stride) => 2 * stride), first: 1, span: 2 * size + 1 };
    case "negative":
      return {
        strides: strides.map((stride) => -stride),
        first: Math.max(size - 1, 0),
        span: size,
      };
    case "repeated":
      return {
        strides: strides.map((stride, axis) => (axis === 0 ? 0 : stride)),
        first: 0,
        span: product(shape.slice(1)),
      };
    default:
      return { strides, first: 0, span: size };
  }
}

/** Makes a typed array whose memory is filled with a pattern on both sides. */
function makeData({ type, memory }: ArraySpec, length: number, room: number): TypedArray {
  if (memory === "allocated") {
    return allocate([length]).data as unknown as TypedArray;
  }
  const realm = memory === "foreign" ? foreignRealm : (globalThis as Record<string, unknown>);
  const ArrayType = constructorOf(type, realm);
  const guard = guardBytes + room;
  const Buffer = realm[
    memory === "shared" ? "SharedArrayBuffer" : "ArrayBuffer"
  ] as ArrayBufferConstructor;
  const buffer = new Buffer(2 * guard + length * ArrayType.BYTES_PER_ELEMENT);
  new Uint8Array(buffer).fill(0x5a);
  return new ArrayType(buffer, guard, length);
}

function bytesAround(data: TypedArray, { memory }: ArraySpec, room: number): Uint8Array {
  if (memory !== "allocated") return new Uint8Array(data.buffer);
  // The bytes before are left out: at the start of a memory, the kernels' own are there.
  const length = data.byteLength + guardBytes + room;
  return new Uint8Array(
    data.buffer,
    data.byteOffset,
    Math.min(length, data.buffer.byteLength - data.byteOffset),
  );
}

/** Puts data into its container. */
function wrap(
  { container, type }: ArraySpec,
  data: TypedArray,
  shape: readonly number[],
  strides: readonly number[],
  first: number,
  showArray: (array: TypedArray) => string,
  stored: TypedArray,
): { value: unknown; code: () => string } {
  if (container === "vector") return { value: data, code: () => showArray(stored) };
  if (container === "rows") {
    const length = shape[shape.length - 1];
    const rowsOf = (array: TypedArray) =>
      Array.from({ length: array.length / length }, (_, r) =>
        array.subarray(r * length, (r + 1) * length),
      );
    return {
      value: nest(rowsOf(data), shape.slice(0, -1)),
      code: () => showNested(nest(rowsOf(stored).map(showArray), shape.slice(0, -1))),
    };
  }
  const { bits } = elementTypes[type] as ElementType;
  const layout = {
    offset: { offset: first },
    gaps: { stride: strides, offset: first },
    negative: { strides, offset: first },
    columnMajor: { strides },
    repeated: { strides },
    fortranOrder: { fortranOrder: true },
  }[container as string];
  const fields = {
    [container === "dims" ? "dims" : "shape"]: [...shape],
    ...layout,
    ...(bits === undefined ? {} : { type: bits }),
  };
  return {
    value: { data, ...fields },
    code: () => `{ data: ${showArray(stored)}, ${show(fields).slice(2)}`,
  };
}

function showData(data: TypedArray, { type, memory }: ArraySpec, room: number): string {
  const { array } = elementTypes[type];
  const numbers = Array.from(data as unknown as ArrayLike<number | bigint>, showNumber).join(", ");
  if (memory === "allocated") return `allocated([${numbers}])`;
  const made = `${array}.of(${numbers})`;
  return memory === "plain" && room === 0
    ? made
    : `place(${made}, ${guardBytes + room}, "${memory}")`;
}

/** Writes nested arrays of expressions. */
function showNested(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(showNested).join(", ")}]` : String(value);
}

/** The helpers of snippets, which print what arrays are made by. */
export const snippetHelpers = {
  place: `const place = (array, guard, memory) => {
    const realm = memory === "foreign" ? vm.runInNewContext("globalThis") : globalThis;
    const Buffer = memory === "shared" ? SharedArrayBuffer : realm.ArrayBuffer;
    const view = new realm[array.constructor.name](new Buffer(2 * guard + array.byteLength), guard, array.length);
    view.set(array);
    return view;
  };`,
  allocated: `const allocated = (numbers) => {
    const { data } = allocate([numbers.length]);
    data.set(numbers);
    return data;
  };`,
};

/** Returns an array that shares memory with another one, from some bytes after that one's first. */
export function overlapping(
  { data, bytes }: ElementRange,
  type: TypeName,
  shape: readonly number[],
  shift: number,
  bufferCode: string,
): Built | undefined {
  const ArrayType = constructorOf(type, globalThis as never);
  const byteOffset = data.byteOffset + shift * ArrayType.BYTES_PER_ELEMENT;
  const length = product(shape);
  const isAligned = byteOffset % ArrayType.BYTES_PER_ELEMENT === 0;
  const end = byteOffset + length * ArrayType.BYTES_PER_ELEMENT;
  const isInside = byteOffset >= bytes.byteOffset && end <= bytes.byteOffset + bytes.length;
  if (!isAligned || !isInside) return undefined;
  const view = new ArrayType(data.buffer, byteOffset, length);
  const indices = Int32Array.from({ length }, (_, i) => i);
  return {
    value: { data: view, shape: [...shape] },
    code: () =>
      `{ data: new ${elementTypes[type].array}(${bufferCode}, ${byteOffset}, ${length}), shape: ${show(shape)} }`,
    bytes,
    elements: { bytes, data: view, type, indices },
  };
}

/** Nests a list of items. */
export function nest(items: readonly unknown[], shape: readonly number[]): unknown {
  if (shape.length === 0) return items[0];
  const step = product(shape.slice(1));
  return Array.from({ length: shape[0] }, (_, i) =>
    nest(items.slice(i * step, (i + 1) * step), shape.slice(1)),
  );
}

/** Returns the numbers of a result in row-major order. */
export function flatten(result: unknown): Float64Array<ArrayBuffer> {
  if (typeof result === "number") return Float64Array.of(result);
  if (Array.isArray(result)) {
    const parts = result.map(flatten);
    const flat = new Float64Array(parts.reduce((total, part) => total + part.length, 0));
    let start = 0;
    for (const part of parts) {
      flat.set(part, start);
      start += part.length;
    }
    return flat;
  }
  if (ArrayBuffer.isView(result)) return Float64Array.from(result as Float64Array);
  return Float64Array.from((result as { data: Float64Array }).data);
}

/** Returns the numbers that an array addresses. */
export function readElements({ data, indices, type }: ElementRange): Float64Array<ArrayBuffer> {
  return Float64Array.from(indices, (index) => elementTypes[type].decode(data[index]));
}

/** Writes a value as JavaScript. */
export function show(value: unknown): string {
  if (typeof value === "number" || typeof value === "bigint") return showNumber(value);
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
  const fields = Object.entries(value).map(([name, field]) => `${name}: ${show(field)}`);
  return `{ ${fields.join(", ")} }`;
}

function showNumber(value: number | bigint): string {
  if (typeof value === "bigint") return `${value}n`;
  return Object.is(value, -0) ? "-0" : String(value);
}
