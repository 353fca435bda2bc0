import type { KernelArray } from "../types.ts";
import { readFields, type TensorFields } from "./fields.ts";
import { fromBfloat16, fromFloat16 } from "./float16.ts";
import { isRowMajor, rowMajorStrides, sizeOf } from "./layout.ts";
import {
  type ContainerKind,
  type ElementType,
  elementTypeOf,
  type FloatView,
  readFloats,
} from "./readArray.ts";
import { checkAttached, isTypedArray } from "./typedArray.ts";

/**
 * The floats of a container. Half-precision numbers are converted, and elements that are not adjacent are
 * gathered, block by block, so the whole is never copied.
 */
export interface FloatSource {
  readonly shape: readonly number[];
  readonly kind: ContainerKind;
  /** The element type of results. */
  readonly elementType: ElementType;
  /** All elements in row-major order, if that needs no copy. */
  readonly data: KernelArray | undefined;
  /** The memory of the elements: `data`, or its bytes if they are copied, so that no output is the same array. */
  readonly memory: KernelArray | Uint8Array;
  /** Copies the elements from number `first` on, in row-major order, until the block is full. */
  load(first: number, block: KernelArray): void;
}

/** Reads a container of floats without copying a large one. `label` names function and argument in errors. */
export function readFloatSource(label: string, value: unknown): FloatSource {
  if (typeof value !== "object" || value === null || Array.isArray(value) || isTypedArray(value)) {
    return sourceOf(readFloats(label, value));
  }
  const fields = readFields(label, value);
  const { data, shape, strides, offset, type } = fields;
  const isHalf = type === "float16" || type === "bfloat16";
  const halfType = isHalf && data instanceof Uint16Array ? type : undefined;
  const isContiguous = strides === undefined || isRowMajor(shape, strides);
  const elementType = halfType === undefined ? elementTypeOf(data) : "float32";
  const isKernelArray = data instanceof Float32Array || data instanceof Float64Array;
  if (elementType === undefined || (isContiguous && isKernelArray)) {
    // A getter may return something else the second time, so the fields that were read are passed on.
    return sourceOf(readFloats(label, { data, shape, strides, offset, type }));
  }
  const load = isContiguous ? contiguousLoader(data, offset) : stridedLoader(fields);
  return {
    shape,
    kind: "tensor",
    elementType,
    data: undefined,
    memory: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    load(first, block) {
      checkAttached(label, data);
      if (halfType === undefined) load(first, block);
      else {
        const bits = new Uint16Array(block.length);
        load(first, bits);
        const floats = new Float32Array(block.length);
        const decode = halfType === "float16" ? fromFloat16 : fromBfloat16;
        block.set(decode(bits, floats));
      }
    },
  };
}

function sourceOf({ data, shape, kind, elementType }: FloatView): FloatSource {
  const load: FloatSource["load"] = (first, block) => {
    block.set(data.subarray(first, first + block.length));
  };
  return { shape, kind, elementType, data, memory: data, load };
}

/** Copies elements of a tensor, as they are stored, until the block is full. */
type Load = (first: number, block: KernelArray | Uint16Array) => void;

function contiguousLoader(data: TensorFields["data"], offset: number): Load {
  return (first, block) => {
    const start = offset + first;
    block.set((data as Float32Array).subarray(start, start + block.length));
  };
}

function stridedLoader({ data, shape, strides = [], offset }: TensorFields): Load {
  const places = rowMajorStrides(shape);
  const size = shape.length === 0 ? 1 : shape[shape.length - 1];
  const step = shape.length === 0 ? 0 : strides[shape.length - 1];
  return (first, block) => {
    const end = Math.min(first + block.length, sizeOf(shape));
    for (let i = first; i < end; ) {
      let from = offset;
      let rest = i;
      for (let axis = 0; axis < shape.length; axis++) {
        from += Math.floor(rest / places[axis]) * strides[axis];
        rest %= places[axis];
      }
      const run = Math.min(end - i, size - (i % size));
      for (let j = 0; j < run; j++, from += step) block[i - first + j] = data[from] as number;
      i += run;
    }
  };
}
