import {
  forEachOffset,
  formatShape,
  formatValue,
  isIntegerArray,
  numberError,
  readFloats,
  rowMajorStrides,
  sizeOf,
} from "@surprisal/core/authoring";
import { bufferUsage, mapModeRead, tensorUsage } from "./constants.ts";
import { type Context, checkDevice, createBuffer, uploadBytes } from "./context.ts";
import { type Failure, failuresOf, firstFailure } from "./failures.ts";
import { GpuError } from "./gpuError.ts";
import type { GpuBuffer } from "./platformTypes.ts";
import type { GpuData, GpuTensor, GpuType } from "./tensorTypes.ts";

/** The internal state of a tensor. */
export interface TensorRecord extends GpuTensor {
  readonly context: Context;
  readonly gpuBuffer: GPUBuffer;
  /** Throws the error that was read together with the elements. */
  readonly check: TensorCheck | undefined;
  /** The caller's tensor in the same buffer, which is destroyed together with this one. */
  readonly base: TensorRecord | undefined;
}

/** A word on the GPU that tells of an error in a kernel: 0xffffffff if there is none. */
export interface TensorCheck {
  readonly buffer: GPUBuffer;
  /** The tensors that are read together with the word. The last one that is destroyed destroys it. */
  readonly tensors: Set<TensorRecord>;
  /** Returns the error for the word. */
  error(word: number): Error;
}

export const bytesPer: Readonly<Record<GpuType, number>> = {
  float32: 4,
  float16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
};

/** The typed arrays of elements that have been read. */
const arrays = {
  float32: Float32Array,
  float16: Float32Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: Float64Array,
} as const;

interface TensorParts {
  readonly buffer: GPUBuffer;
  readonly shape: readonly number[];
  readonly type?: GpuType;
  readonly offset?: number;
  readonly strides?: readonly number[];
  readonly ownsBuffer: boolean;
  readonly base?: TensorRecord;
  readonly failure?: Failure;
  readonly check?: TensorCheck | undefined;
}

const records = new WeakSet<object>();

/** Makes a tensor of parts that have been checked. */
export function makeTensor(context: Context, parts: TensorParts): TensorRecord {
  const { buffer, shape, type = "float32", offset = 0, ownsBuffer, base, failure, check } = parts;
  const strides = parts.strides ?? rowMajorStrides(shape);
  const record: TensorRecord = {
    context,
    gpuBuffer: buffer,
    check,
    base,
    shape: [...shape],
    type,
    buffer: buffer as GpuBuffer,
    offset,
    strides: [...strides],
    read: () => readTensor(record),
    destroy() {
      if (ownsBuffer) buffer.destroy();
      base?.destroy();
      if (check?.tensors.delete(record) && check.tensors.size === 0) check.buffer.destroy();
    },
  };
  // Tensors are shown by what they are, not by what belongs to the device.
  for (const key of ["context", "gpuBuffer", "check", "base"]) {
    Object.defineProperty(record, key, { enumerable: false });
  }
  if (failure !== undefined) context.writers.set(buffer, failure);
  records.add(record);
  check?.tensors.add(record);
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
  data: Float32Array | Int32Array | Uint32Array | Uint16Array | BigInt64Array,
  shape: readonly number[],
  type: GpuType,
): TensorRecord {
  const buffer = uploadBytes(functionName, context, data);
  return makeTensor(context, { buffer, shape, type, ownsBuffer: true });
}

/** Copies an array of whole numbers of at least 0; throws if it holds anything else. */
export function copyWholeNumbers(label: string, array: ArrayLike<unknown>): number[] {
  return Array.from(array, (item, i) => {
    if (Number.isSafeInteger(item) && (item as number) >= 0) return item as number;
    throw numberError(`${label}[${i}]`, "be a whole number of at least 0", item);
  });
}

/** Returns whether a value is an array or a typed array of integers, as sizes and strides come in. */
export function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || isIntegerArray(value);
}

export function readShape(functionName: string, shape: unknown): number[] {
  const label = `${functionName}: shape`;
  if (!isList(shape)) {
    throw new TypeError(`${label} must be an array of whole numbers, got ${formatValue(shape)}.`);
  }
  const sizes = copyWholeNumbers(label, shape);
  if (sizes.reduce((product, size) => product * (size || 1), 1) >= 2 ** 31) {
    throw new RangeError(
      `${functionName}: shape ${formatShape(sizes)} holds too many elements, expected fewer than 2147483648.`,
    );
  }
  return sizes;
}

/** Copies the tensor's part of its buffer to the CPU and picks its elements. */
async function readTensor(tensor: TensorRecord): Promise<number | GpuData> {
  const name = "read";
  const { context, gpuBuffer, type, shape, strides, offset, check } = tensor;
  const error = await firstFailure(failuresOf(context, gpuBuffer));
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
  const data = new arrays[type](count === 0 ? 0 : sizeOf(shape));
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

function decode(words: Uint32Array, type: GpuType, bytes: number): GpuData["data"] {
  if (type === "int64") {
    return Float64Array.from(new BigInt64Array(words.buffer, 0, bytes / 8), Number);
  }
  if (type === "uint32") return words.subarray(0, bytes / 4);
  if (type === "int32") return new Int32Array(words.buffer, 0, bytes / 4);
  if (type === "float32") return new Float32Array(words.buffer, 0, bytes / 4);
  const halves = new Uint16Array(words.buffer, 0, bytes / 2);
  const shape = [halves.length];
  return Float32Array.from(readFloats("read", { data: halves, type: "float16", shape }).data);
}
