import {
  formatShape,
  formatValue,
  resolveAxis,
  sameShape,
  sizeOf,
} from "@surprisal/core/authoring";
import type { Call } from "../call.ts";
import {
  emptyTensor,
  isTensor,
  makeTensor,
  type TensorCheck,
  type TensorRecord,
} from "../tensor.ts";

/** Returns a tensor of floats of this device, or throws. */
export function readInput(call: Call, name: string, value: unknown): TensorRecord {
  const tensor = readTensor(call, name, value);
  if (tensor.type !== "float32" && tensor.type !== "float16") {
    throw new TypeError(
      `${call.functionName}: ${name} must be of type float32 or float16, got ${tensor.type}.`,
    );
  }
  return tensor;
}

/** Returns the name of the function that was called, for errors. */
export function nameOfCall(loss: string, withGradient: boolean): string {
  return withGradient ? `${loss}.valueAndGrad` : loss;
}

/** Returns the class axis of an input, counted from the first. */
export function resolveClassAxis(
  functionName: string,
  axis: number,
  { shape }: Pick<TensorRecord, "shape">,
): number {
  if (shape.length > 0) return resolveAxis(functionName, axis, shape);
  throw new RangeError(`${functionName}: input must have a class axis, got a number.`);
}

/** Returns whether the elements of a tensor are adjacent, in row-major order. */
export function isRowMajor({ shape, strides }: Pick<TensorRecord, "shape" | "strides">): boolean {
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== stride) return false;
    stride *= shape[i];
  }
  return true;
}

/** Returns an argument that is a tensor of this device, or throws. No result of the call can be written to its buffer. */
export function readTensor(call: Call, name: string, value: unknown): TensorRecord {
  const tensor = checkTensor(call, name, value);
  call.argumentBuffers.add(tensor.gpuBuffer);
  return tensor;
}

function checkTensor({ functionName, context }: Call, name: string, value: unknown): TensorRecord {
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

/**
 * Returns the tensor that receives a result, in the buffer of `out`, once that has been checked, or in a new one. All
 * arguments have been read.
 */
export function openOutput(
  call: Call,
  out: unknown,
  shape: readonly number[],
  { check, name = "out" }: { check?: TensorCheck | undefined; name?: string } = {},
): TensorRecord {
  const { functionName, context, failure } = call;
  if (out === undefined)
    return emptyTensor(functionName, context, shape, "float32", { failure, check });
  const tensor = checkTensor(call, name, out);
  if (tensor.type !== "float32") {
    throw new TypeError(`${functionName}: ${name} must be of type float32, got ${tensor.type}.`);
  }
  if (!sameShape(tensor.shape, shape)) {
    throw new RangeError(
      `${functionName}: ${name} must have shape ${formatShape(shape)}, got ${formatShape(tensor.shape)}.`,
    );
  }
  checkPlain(functionName, name, tensor);
  if (call.argumentBuffers.has(tensor.gpuBuffer)) {
    throw new RangeError(`${functionName}: ${name} must not share its buffer with an argument.`);
  }
  // A tensor of its own, because reading it also reads the errors of this call.
  const { gpuBuffer: buffer, base = tensor } = tensor;
  return makeTensor(context, { buffer, shape, ownsBuffer: false, base, failure, check });
}

/** Returns whether the tensor is row-major, begins with its buffer, and fills whole vectors of it. */
export function isPlain(tensor: TensorRecord): boolean {
  const { shape, offset, gpuBuffer } = tensor;
  const vectors = Math.ceil(sizeOf(shape) / 4);
  return offset === 0 && isRowMajor(tensor) && gpuBuffer.size >= vectors * 16;
}

/** Throws unless kernels can write the tensor in vectors. */
function checkPlain(functionName: string, name: string, tensor: TensorRecord): void {
  if (isPlain(tensor)) return;
  throw new RangeError(
    `${functionName}: ${name} must be row-major from the start of a buffer whose size is a multiple of 16 bytes, as gpu.empty(shape) makes it.`,
  );
}
