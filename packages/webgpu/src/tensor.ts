import {
  forEachOffset,
  formatShape,
  formatValue,
  readFloats,
  readNumbers,
  rowMajorStrides,
  sizeOf,
} from "@surprisal/core/authoring";
import { bufferUsage, mapModeRead, tensorUsage } from "./constants.ts";
import { type Context, checkBinding, checkDevice, createBuffer, uploadBytes } from "./context.ts";
import type { Failure } from "./failures.ts";
import { GpuError } from "./gpuError.ts";
import type { GpuBuffer } from "./platformTypes.ts";
import type { GpuData, GpuTensor, GpuType, TensorOptions } from "./tensorTypes.ts";

/** The internal state of a tensor. */
export interface TensorRecord extends GpuTensor {
  readonly context: Context;
  readonly gpuBuffer: GPUBuffer;
  /** Throws the error that was read together with the elements. */
  readonly check: TensorCheck | undefined;
}

/** A word on the GPU that tells of an error in a kernel: 0xffffffff if there is none. */
export interface TensorCheck {
  readonly buffer: GPUBuffer;
  /** Returns the error for the word. */
  error(word: number): Error;
}

const bytesPer: Readonly<Record<GpuType, number>> = { float32: 4, float16: 2, int32: 4, uint32: 4 };

interface TensorParts {
  readonly buffer: GPUBuffer;
  readonly shape: readonly number[];
  readonly type?: GpuType;
  readonly offset?: number;
  readonly strides?: readonly number[];
  readonly ownsBuffer: boolean;
  readonly failure?: Failure;
  readonly check?: TensorCheck | undefined;
}

const records = new WeakSet<object>();

/** Makes a tensor of parts that have been checked. */
export function makeTensor(context: Context, parts: TensorParts): TensorRecord {
  const { buffer, shape, type = "float32", offset = 0, ownsBuffer, failure, check } = parts;
  const strides = parts.strides ?? rowMajorStrides(shape);
  const record: TensorRecord = {
    context,
    gpuBuffer: buffer,
    check,
    shape: [...shape],
    type,
    buffer: buffer as GpuBuffer,
    offset,
    strides: [...strides],
    read: () => readTensor(record, failure),
    destroy() {
      if (ownsBuffer) buffer.destroy();
      check?.buffer.destroy();
    },
  };
  // Tensors are shown by what they are, not by what belongs to the device.
  for (const key of ["context", "gpuBuffer", "check"]) {
    Object.defineProperty(record, key, { enumerable: false });
  }
  records.add(record);
  return record;
}

export function isTensor(value: unknown): value is TensorRecord {
  return typeof value === "object" && value !== null && records.has(value);
}

/** Creates a tensor for a result, whose elements are 0 until something writes them. */
export function emptyTensor(
  functionName: string,
  context: Context,
  shape: readonly number[],
  type: GpuType = "float32",
  extra: Pick<TensorParts, "failure" | "check"> = {},
): TensorRecord {
  const bytes = sizeOf(shape) * bytesPer[type];
  const buffer = createBuffer(functionName, context, bytes, tensorUsage);
  return makeTensor(context, { buffer, shape, type, ownsBuffer: true, ...extra });
}

/** Copies elements of the CPU to the GPU. */
export function uploadTensor(
  functionName: string,
  context: Context,
  data: Float32Array | Int32Array | Uint32Array | Uint16Array,
  shape: readonly number[],
  type: GpuType,
): TensorRecord {
  const buffer = uploadBytes(functionName, context, data);
  return makeTensor(context, { buffer, shape, type, ownsBuffer: true });
}

/** Wraps a buffer, or copies an array of the CPU to the GPU. */
export function wrap(
  context: Context,
  data: unknown,
  shape: unknown,
  options: TensorOptions = {},
): TensorRecord {
  const name = "tensor";
  checkDevice(name, context);
  const type = readType(options.type);
  if (!isBuffer(data)) return uploadArray(context, data, shape, options, type);
  const sizes = readShape(name, shape);
  const { offset = 0, strides = rowMajorStrides(sizes) } = options;
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw new RangeError(
      `${name}: offset must be a whole number of at least 0, got ${formatValue(offset)}.`,
    );
  }
  const fits =
    strides.length === sizes.length && strides.every((s) => Number.isSafeInteger(s) && s >= 0);
  if (!fits) {
    throw new RangeError(
      `${name}: strides must be ${sizes.length} whole numbers of at least 0, got ${formatShape(strides)}.`,
    );
  }
  const last = sizes.reduce((sum, size, axis) => sum + (size - 1) * strides[axis], offset);
  const needed = sizes.includes(0) ? 0 : (last + 1) * bytesPer[type];
  if (needed > data.size) {
    throw new RangeError(
      `${name}: shape ${formatShape(sizes)} needs ${needed} bytes from the start of the buffer, which has ${data.size}.`,
    );
  }
  if ((data.usage & bufferUsage.storage) === 0) {
    throw new RangeError(
      `${name}: the buffer must have the usage GPUBufferUsage.STORAGE, got ${data.usage}. Add COPY_SRC for read().`,
    );
  }
  checkBinding(name, context.device, data.size);
  return makeTensor(context, {
    buffer: data,
    shape: sizes,
    type,
    offset,
    strides,
    ownsBuffer: false,
  });
}

/** Copies an array in any container. Its own shape counts if none is given. */
function uploadArray(
  context: Context,
  data: unknown,
  shape: unknown,
  options: TensorOptions,
  type: GpuType,
): TensorRecord {
  const name = "tensor";
  if (options.offset !== undefined || options.strides !== undefined) {
    throw new TypeError(
      `${name}: offset and strides belong to a GPUBuffer, got ${formatValue(data)}. Pass them together with the array: { data, shape, strides, offset }.`,
    );
  }
  const isFloat = type === "float32" || type === "float16";
  if (isFloat && data instanceof Uint16Array && type === "float16") {
    return checked(
      uploadTensor(name, context, data.slice(), readShape(name, shape), type),
      data.length,
    );
  }
  if (type === "float16") {
    throw new TypeError(
      `${name}: the data of a float16 tensor must be a Uint16Array of its bits or a GPUBuffer, got ${formatValue(data)}.`,
    );
  }
  const read = isFloat ? readFloats(`${name}: data`, data) : readNumbers(`${name}: data`, data);
  const sizes = shape === undefined ? read.shape : readShape(name, shape);
  const TypedArray = { float32: Float32Array, int32: Int32Array, uint32: Uint32Array }[type];
  return checked(
    uploadTensor(name, context, TypedArray.from(read.data), sizes, type),
    read.data.length,
  );
}

/** Throws if the number of elements is not that of the tensor's shape. */
function checked(tensor: TensorRecord, length: number): TensorRecord {
  if (sizeOf(tensor.shape) === length) return tensor;
  tensor.destroy();
  throw new RangeError(
    `tensor: shape ${formatShape(tensor.shape)} needs ${sizeOf(tensor.shape)} elements, got ${length}.`,
  );
}

function readType(type: unknown = "float32"): GpuType {
  if (typeof type === "string" && Object.hasOwn(bytesPer, type)) return type as GpuType;
  throw new TypeError(
    `tensor: type must be "float32", "float16", "int32" or "uint32", got ${formatValue(type)}.`,
  );
}

export function readShape(functionName: string, shape: unknown): number[] {
  const isShape =
    Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!isShape) {
    throw new TypeError(
      `${functionName}: shape must be an array of whole numbers, got ${Array.isArray(shape) ? formatShape(shape) : formatValue(shape)}.`,
    );
  }
  const sizes = [...(shape as number[])];
  if (sizes.reduce((product, size) => product * (size || 1), 1) >= 2 ** 31) {
    throw new RangeError(
      `${functionName}: shape ${formatShape(sizes)} holds too many elements, expected fewer than 2147483648.`,
    );
  }
  return sizes;
}

function isBuffer(value: unknown): value is GPUBuffer {
  if (typeof value !== "object" || value === null) return false;
  return (
    Object.prototype.toString.call(value) === "[object GPUBuffer]" ||
    ("mapAsync" in value && "usage" in value && "size" in value)
  );
}

/** Copies the tensor's part of its buffer to the CPU and picks its elements. */
async function readTensor(
  tensor: TensorRecord,
  failure: Failure | undefined,
): Promise<number | GpuData> {
  const name = "read";
  const { context, gpuBuffer, type, shape, strides, offset, check } = tensor;
  const error = await failure;
  if (error !== undefined) throw error;
  checkDevice(name, context);
  const size = bytesPer[type];
  const extent = shape.reduce((sum, length, axis) => sum + (length - 1) * strides[axis], 1);
  const count = shape.includes(0) ? 0 : extent;
  const start = Math.floor((offset * size) / 4) * 4;
  const bytes = count === 0 ? 0 : Math.ceil(((offset + count) * size - start) / 4) * 4;
  const words = await copyToCpu(context, gpuBuffer, start, bytes, check?.buffer);
  const fault = check === undefined ? 0xffffffff : words[bytes / 4];
  if (check !== undefined && fault !== 0xffffffff) throw check.error(fault);
  const elements = decode(words, type, bytes);
  const first = offset - start / size;
  const data = new (type === "int32" ? Int32Array : type === "uint32" ? Uint32Array : Float32Array)(
    count === 0 ? 0 : sizeOf(shape),
  );
  forEachOffset(shape, strides, first, (position, i) => {
    data[i] = elements[position];
  });
  return shape.length === 0 ? data[0] : { data, shape: [...shape] };
}

/** Copies bytes of a buffer and, after them, the word of a check. */
async function copyToCpu(
  context: Context,
  source: GPUBuffer,
  start: number,
  bytes: number,
  check: GPUBuffer | undefined,
): Promise<Uint32Array> {
  const { device } = context;
  const length = bytes + 4;
  try {
    const usage = bufferUsage.mapRead | bufferUsage.copyDestination;
    const staging = device.createBuffer({ size: length, usage });
    device.pushErrorScope("validation");
    const encoder = device.createCommandEncoder();
    if (bytes > 0) encoder.copyBufferToBuffer(source, start, staging, 0, bytes);
    if (check !== undefined) encoder.copyBufferToBuffer(check, 0, staging, bytes, 4);
    device.queue.submit([encoder.finish()]);
    const refused = await device.popErrorScope();
    if (refused !== null) throw refused;
    await staging.mapAsync(mapModeRead);
    const words = new Uint32Array(staging.getMappedRange().slice(0));
    staging.unmap();
    staging.destroy();
    return words;
  } catch (error) {
    checkDevice("read", context);
    throw new GpuError(`read: the GPU refused to copy: ${(error as Error).message}`);
  }
}

function decode(
  words: Uint32Array,
  type: GpuType,
  bytes: number,
): Float32Array | Int32Array | Uint32Array {
  if (type === "uint32") return words.subarray(0, bytes / 4);
  if (type === "int32") return new Int32Array(words.buffer, 0, bytes / 4);
  if (type === "float32") return new Float32Array(words.buffer, 0, bytes / 4);
  const halves = new Uint16Array(words.buffer, 0, bytes / 2);
  const shape = [halves.length];
  return Float32Array.from(readFloats("read", { data: halves, type: "float16", shape }).data);
}
