import { formatShape, readNumbers, sameShape, sizeOf } from "@surprisal/core/authoring";
import type { Call } from "../call.ts";
import { isTensor } from "../tensor.ts";
import { readFloat32 } from "./classTarget.ts";

/** Reads factors of single elements, and broadcasts those of the CPU as NumPy does. */
export function readFactors(
  call: Call,
  option: string,
  value: unknown,
  shape: readonly number[],
): GPUBuffer | undefined {
  if (value === undefined) return undefined;
  const { functionName } = call;
  if (isTensor(value)) {
    const tensor = readFloat32(call, option, value);
    if (sameShape(tensor.shape, shape)) return tensor.gpuBuffer;
    throw new RangeError(
      `${functionName}: ${option} must have the input's shape ${formatShape(shape)}, got ${formatShape(tensor.shape)}.`,
    );
  }
  const read = readNumbers(`${functionName}: ${option}`, value);
  const missing = shape.length - read.shape.length;
  const fits =
    missing >= 0 && read.shape.every((size, i) => size === 1 || size === shape[missing + i]);
  if (!fits) {
    throw new RangeError(
      `${functionName}: ${option} must broadcast to the input's shape ${formatShape(shape)}, got ${formatShape(read.shape)}.`,
    );
  }
  const factors = new Float32Array(sizeOf(shape));
  for (let i = 0; i < factors.length; i++) factors[i] = read.data[sourceOf(i, shape, read.shape)];
  return call.upload(factors);
}

/** Returns the place of the number that is repeated at place `i` of the larger shape. */
function sourceOf(i: number, shape: readonly number[], source: readonly number[]): number {
  let rest = i;
  let place = 0;
  let stride = 1;
  for (let axis = shape.length - 1, own = source.length - 1; own >= 0; axis--, own--) {
    const index = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
    if (source[own] !== 1) place += index * stride;
    stride *= source[own];
  }
  return place;
}
