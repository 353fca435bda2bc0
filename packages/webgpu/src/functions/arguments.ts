import { formatShape, formatValue, sameShape, sizeOf } from "@surprisal/core/authoring";
import type { Call } from "../call.ts";
import type { Context } from "../context.ts";
import { emptyTensor, isTensor, type TensorCheck, type TensorRecord } from "../tensor.ts";

/** Returns a tensor of floats of this device, or throws. */
export function readInput(
  functionName: string,
  name: string,
  context: Context,
  value: unknown,
): TensorRecord {
  const tensor = readTensor(functionName, name, context, value);
  if (tensor.type !== "float32" && tensor.type !== "float16") {
    throw new TypeError(
      `${functionName}: ${name} must be of type float32 or float16, got ${tensor.type}.`,
    );
  }
  return tensor;
}

/** Returns a float32 tensor whose elements are adjacent, from any offset on, or throws. */
export function readFlat(
  functionName: string,
  name: string,
  context: Context,
  value: unknown,
): TensorRecord {
  const tensor = readInput(functionName, name, context, value);
  if (tensor.type === "float32" && isRowMajor(tensor)) return tensor;
  throw new RangeError(
    `${functionName}: ${name} must be float32 and row-major, got ${tensor.type} with strides ${formatShape(tensor.strides)}. Copy it to such a buffer.`,
  );
}

/** Throws unless the elements of a tensor are adjacent, in row-major order. */
export function checkRowMajor(functionName: string, name: string, tensor: TensorRecord): void {
  if (isRowMajor(tensor)) return;
  throw new RangeError(
    `${functionName}: ${name} must be row-major, got strides ${formatShape(tensor.strides)}. Copy it to a row-major buffer.`,
  );
}

function isRowMajor({ shape, strides }: TensorRecord): boolean {
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== stride) return false;
    stride *= shape[i];
  }
  return true;
}

/** Returns a tensor of this device, or throws. */
export function readTensor(
  functionName: string,
  name: string,
  context: Context,
  value: unknown,
): TensorRecord {
  if (!isTensor(value)) {
    throw new TypeError(
      `${functionName}: ${name} must be a tensor of the GPU, got ${formatValue(value)}. Make one with gpu.tensor(data, shape).`,
    );
  }
  if (value.context.device !== context.device) {
    throw new RangeError(
      `${functionName}: ${name} is on another device. Wrap the device that made it: onGpu(device).`,
    );
  }
  return value;
}

/** Returns the caller's command encoder, if there is one. */
export function readEncoder(functionName: string, encoder: unknown): GPUCommandEncoder | undefined {
  if (encoder === undefined) return undefined;
  if (typeof encoder === "object" && encoder !== null && "beginComputePass" in encoder) {
    return encoder as GPUCommandEncoder;
  }
  throw new TypeError(
    `${functionName}: encoder must be a GPUCommandEncoder, got ${formatValue(encoder)}. Make one with device.createCommandEncoder().`,
  );
}

/** Returns the tensor that receives a result: `out`, once it has been checked, or a new one. */
export function openOutput(
  call: Call,
  out: unknown,
  shape: readonly number[],
  inputs: readonly TensorRecord[],
  check?: TensorCheck,
): TensorRecord {
  const { functionName, context, failure } = call;
  if (out === undefined)
    return emptyTensor(functionName, context, shape, "float32", { failure, check });
  const tensor = readTensor(functionName, "out", context, out);
  if (tensor.type !== "float32") {
    throw new TypeError(`${functionName}: out must be of type float32, got ${tensor.type}.`);
  }
  if (!sameShape(tensor.shape, shape)) {
    throw new RangeError(
      `${functionName}: out must have shape ${formatShape(shape)}, got ${formatShape(tensor.shape)}.`,
    );
  }
  checkPlain(functionName, "out", tensor);
  if (inputs.some(({ gpuBuffer }) => gpuBuffer === tensor.gpuBuffer)) {
    throw new RangeError(`${functionName}: out must not share its buffer with an argument.`);
  }
  return tensor;
}

/** Throws unless the tensor is row-major, begins with its buffer, and fills whole vectors of it. */
export function checkPlain(functionName: string, name: string, tensor: TensorRecord): void {
  const { shape, offset, gpuBuffer } = tensor;
  const isPlain = offset === 0 && isRowMajor(tensor);
  if (isPlain && gpuBuffer.size >= Math.ceil(sizeOf(shape) / 4) * 16) return;
  throw new RangeError(
    `${functionName}: ${name} must be row-major from the start of a buffer whose size is a multiple of 16 bytes, as gpu.empty(shape) makes it.`,
  );
}
