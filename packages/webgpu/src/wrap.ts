import {
  formatShape,
  formatValue,
  numberError,
  optionsParser,
  readFloats,
  readNumbers,
  rowMajorStrides,
  sizeOf,
  unknown,
} from "@surprisal/core/authoring";
import { bufferUsage } from "./constants.ts";
import { type Context, checkBinding, checkDevice } from "./context.ts";
import { toFloat32 } from "./float32.ts";
import { checkOwner } from "./foreignBuffers.ts";
import { readGpuArray } from "./gpuArrays.ts";
import {
  bytesPer,
  copyWholeNumbers,
  isList,
  makeTensor,
  readShape,
  type TensorRecord,
  uploadTensor,
} from "./tensor.ts";
import type { GpuType, TensorOptions } from "./tensorTypes.ts";

const parseOptions = optionsParser({
  type: unknown<GpuType>(),
  offset: unknown<number>(),
  strides: unknown<readonly number[]>(),
});

/** Wraps a buffer, or the buffer of another library's array, or copies an array of the CPU to the GPU. */
export function wrap(
  context: Context,
  data: unknown,
  shape: unknown,
  givenOptions?: TensorOptions,
): TensorRecord {
  checkDevice("tensor", context);
  const options = parseOptions("tensor", givenOptions);
  if (isBuffer(data)) return wrapBuffer(context, data, shape, options);
  const array = readGpuArray(data);
  if (array === undefined) {
    return uploadArray(context, data, shape, options, readType(options.type));
  }
  if (!isBuffer(array.buffer)) {
    throw new TypeError(
      `tensor: the data must be in a GPUBuffer, got ${formatValue(array.buffer)}.`,
    );
  }
  return wrapBuffer(context, array.buffer, shape ?? [...array.shape], {
    ...options,
    type: options.type ?? array.type,
  });
}

function wrapBuffer(
  context: Context,
  data: GPUBuffer,
  shape: unknown,
  options: TensorOptions,
): TensorRecord {
  const name = "tensor";
  const type = readType(options.type);
  const sizes = readShape(name, shape);
  const { offset = 0, strides: given = rowMajorStrides(sizes) } = options;
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw numberError(`${name}: offset`, "be a whole number of at least 0", offset);
  }
  if (!isList(given)) {
    throw new TypeError(`${name}: strides must be an array, got ${formatValue(given)}.`);
  }
  const strides = copyWholeNumbers(`${name}: strides`, given);
  if (strides.length !== sizes.length) {
    throw new RangeError(
      `${name}: strides must be ${sizes.length} whole numbers, one per axis, got ${formatShape(strides)}.`,
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
  if (data.size % 4 !== 0) {
    throw new RangeError(
      `${name}: the size of the buffer must be a multiple of 4 bytes, as kernels read it, got ${data.size}. Create it with ${4 * Math.ceil(data.size / 4)}.`,
    );
  }
  checkBinding(name, context.device, data.size);
  // A buffer without bytes cannot be bound, and there is nothing to read.
  if (data.size > 0) checkOwner(context, data);
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
      `${name}: offset and strides belong to a GPUBuffer, got ${formatValue(data)}. Give them with the array: { data, shape, strides, offset }.`,
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
  const elements =
    type === "float32" ? toFloat32(`${name}: data`, read.data) : toIntegers(read.data, type);
  return checked(uploadTensor(name, context, elements, sizes, type), read.data.length);
}

const ranges = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
} as const;

/** Converts numbers to integers of a type, and throws if that would change one of them. */
function toIntegers(
  numbers: ArrayLike<number>,
  type: keyof typeof ranges,
): Int32Array | Uint32Array | BigInt64Array {
  const [least, most] = ranges[type];
  for (let i = 0; i < numbers.length; i++) {
    if (Number.isInteger(numbers[i]) && numbers[i] >= least && numbers[i] <= most) continue;
    throw new RangeError(
      `tensor: the data of type ${type} must be whole numbers from ${least} to ${most}, got ${numbers[i]}.`,
    );
  }
  if (type === "int64") return BigInt64Array.from(Array.from(numbers, BigInt));
  return (type === "int32" ? Int32Array : Uint32Array).from(numbers);
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
    `tensor: type must be "float32", "float16", "int32", "uint32" or "int64", got ${formatValue(type)}.`,
  );
}

function isBuffer(value: unknown): value is GPUBuffer {
  if (typeof value !== "object" || value === null) return false;
  return (
    Object.prototype.toString.call(value) === "[object GPUBuffer]" ||
    ("mapAsync" in value && "usage" in value && "size" in value)
  );
}
