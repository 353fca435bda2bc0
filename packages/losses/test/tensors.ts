import type { FloatInput, Tensor } from "@surprisal/core";

/** A loss of any type. */
// biome-ignore lint/suspicious/noExplicitAny: the checks accept losses of all types.
export type AnyLoss = any;

export const float64 = (
  data: ArrayLike<number>,
  shape: readonly number[],
): Tensor<Float64Array> => ({
  data: Float64Array.from(data),
  shape,
});

/** Returns the numbers of any result, in row-major order. */
export function flat(result: unknown): number[] {
  if (typeof result === "number") return [result];
  if (Array.isArray(result)) return result.flat(Number.POSITIVE_INFINITY) as number[];
  if (ArrayBuffer.isView(result)) return Array.from(result as Float64Array);
  return Array.from((result as Tensor<Float64Array>).data);
}

/** Returns a tensor as nested arrays. */
export function toNested({ data, shape }: Tensor): FloatInput {
  if (shape.length === 0) return data[0];
  const stride = data.length / shape[0];
  if (shape.length === 1) return Array.from(data);
  return Array.from({ length: shape[0] }, (_, i) =>
    toNested({ data: data.slice(i * stride, (i + 1) * stride), shape: shape.slice(1) }),
  ) as FloatInput;
}

/** Returns the same tensor with its elements stored in reverse, after three others. */
export function reverseStorage({ data, shape }: Tensor<Float64Array>): object {
  const strides = shape.map((_, i) => -shape.slice(i + 1).reduce((a, b) => a * b, 1));
  const reversed = Float64Array.of(8, 8, 8, ...Array.from(data).reverse());
  return { data: reversed, shape, strides, offset: reversed.length - 1 };
}

/** Returns floats of any container as a tensor of float64; undefined for integers and other values. */
export function asTensor(value: unknown): Tensor<Float64Array> | undefined {
  if (typeof value === "number") return float64([value], []);
  if (value instanceof Float64Array || value instanceof Float32Array) {
    return float64(value, [value.length]);
  }
  if (Array.isArray(value)) {
    const shape: number[] = [];
    for (let item: unknown = value; Array.isArray(item); item = item[0]) shape.push(item.length);
    const data = value.flat(Number.POSITIVE_INFINITY);
    return data.every((item) => typeof item === "number") ? float64(data, shape) : undefined;
  }
  const { data, shape } = (value ?? {}) as Partial<Tensor>;
  const holdsFloats = data instanceof Float64Array || data instanceof Float32Array;
  return holdsFloats && shape ? float64(data, shape) : undefined;
}

/** Returns the tensor as a plain number if it has no axes: the container of such a result. */
export function fromTensor(tensor: Tensor<Float64Array>): FloatInput {
  return tensor.shape.length === 0 ? tensor.data[0] : tensor;
}

/** Numbers of any type, in row-major order. */
export interface Numbers {
  readonly data: Float64Array | Float32Array | Int32Array;
  readonly shape: readonly number[];
}

/** Returns a contiguous container as its numbers, in their own type. */
export function asNumbers(value: unknown): Numbers {
  const tensor = asTensor(value);
  if (ArrayBuffer.isView(value)) {
    const data = value as Int32Array;
    return { data, shape: [data.length] };
  }
  return tensor ?? (value as Numbers);
}
