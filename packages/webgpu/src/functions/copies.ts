import { sameShape, sizeOf } from "@surprisal/core/authoring";
import { type AxisLayout, axisLayout } from "../axisLayout.ts";
import { axisParameters, mergeAxes, repeatedStrides } from "../broadcast.ts";
import type { Call } from "../call.ts";
import { parametersOf } from "../parameters.ts";
import { bytesPer, makeTensor, type TensorRecord } from "../tensor.ts";
import type { GpuType } from "../tensorTypes.ts";
import { copyKernel, copyParameters } from "../wgsl/copy.ts";
import { workgroupSize } from "../wgsl/variant.ts";
import { isPlain, isRowMajor } from "./arguments.ts";

/** Elements of a buffer. */
export interface BufferView {
  readonly buffer: GPUBuffer;
  readonly type: GpuType;
  readonly offset: number;
  readonly strides: readonly number[];
}

/** Returns the elements of a tensor as they are repeated to a shape. */
export function viewOf(tensor: TensorRecord, shape: readonly number[]): BufferView {
  const { gpuBuffer: buffer, type, offset } = tensor;
  return { buffer, type, offset, strides: repeatedStrides(tensor, shape) };
}

/**
 * Copies elements to a row-major buffer that belongs to the call.
 *
 * @param views one tensor's elements, or those of two, which are multiplied.
 * @param period the number of positions of a text whose last one becomes 0; 0 if every element is copied.
 */
export function copyElements(
  call: Call,
  views: readonly BufferView[],
  shape: readonly number[],
  { period = 0, toFloats = true } = {},
): GPUBuffer {
  const count = sizeOf(shape);
  const output = call.scratch(count * (toFloats ? 4 : bytesPer[views[0].type]));
  const axes = mergeAxes(
    shape,
    views.map(({ strides }) => strides),
  );
  const { types, values } = axisParameters("axis", axes);
  const numbers = { zero: 0, count, period };
  const offsets = { offset0: views[0].offset, offset1: views[1]?.offset ?? 0 };
  call.dispatch(
    copyKernel({ types: views.map(({ type }) => type), toFloats, axes: axes.length }),
    parametersOf({ ...copyParameters, ...types }, { ...numbers, ...offsets, ...values }),
    [...views.map(({ buffer }) => buffer), output],
    Math.ceil(count / workgroupSize),
  );
  return output;
}

/** Returns the tensor if its elements are adjacent and of a type that kernels read, else a copy in float32. */
export function toFloats(
  call: Call,
  tensor: TensorRecord,
  types: readonly GpuType[] = ["float32"],
): TensorRecord {
  if (types.includes(tensor.type) && isRowMajor(tensor)) return tensor;
  return copyTensor(call, tensor, "float32");
}

/** Returns the tensor if its elements are adjacent, else a copy. The copy of float16 elements is float32. */
export function toRowMajor(call: Call, tensor: TensorRecord): TensorRecord {
  if (isRowMajor(tensor)) return tensor;
  return copyTensor(call, tensor, tensor.type === "float16" ? "float32" : tensor.type);
}

/** Returns the rows of a tensor along an axis; those of a copy if they are not at equal distances. */
export function openRows(
  call: Call,
  tensor: TensorRecord,
  axis: number,
): { readonly input: TensorRecord; readonly layout: AxisLayout } {
  const layout = axisLayout(tensor, axis);
  if (layout !== undefined) return { input: tensor, layout };
  const input = copyTensor(call, tensor, "float32");
  return { input, layout: axisLayout(input, axis) as AxisLayout };
}

/** Copies a tensor to a row-major one that belongs to the call. */
function copyTensor(call: Call, tensor: TensorRecord, type: GpuType): TensorRecord {
  const { shape, context } = tensor;
  const options = { toFloats: type === "float32" };
  const buffer = copyElements(call, [viewOf(tensor, shape)], shape, options);
  return makeTensor(context, { buffer, shape, type, ownsBuffer: false });
}

/** Returns the buffer of a tensor whose numbers have this shape, or of a copy that kernels can read. */
export function floatBuffer(call: Call, tensor: TensorRecord, shape: readonly number[]): GPUBuffer {
  const isReady = tensor.type === "float32" && isPlain(tensor) && sameShape(tensor.shape, shape);
  return isReady ? tensor.gpuBuffer : copyElements(call, [viewOf(tensor, shape)], shape);
}
