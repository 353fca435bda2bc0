/** The runtime's `Float16Array`, where its type library has one. */
export type Float16 = typeof globalThis extends { Float16Array: { prototype: infer T } }
  ? T
  : never;

/** The element containers that results come in. */
export type FloatArray = Float32Array | Float64Array | Float16;

/** The arrays that kernels compute on. */
export type KernelArray = Float32Array | Float64Array;

/** Every typed array that can be read as numbers. */
export type NumericArray =
  | FloatArray
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** Rectangular arrays of numbers, nested to any depth. */
export type NestedNumbers = readonly (number | NestedNumbers)[];

/** Rectangular arrays of whole numbers, nested to any depth. */
export type NestedIntegers = readonly (number | bigint | NestedIntegers)[];

/**
 * Elements with a shape, as most libraries hold them: `{ data, shape }`, an ONNX Runtime tensor
 * (`{ data, dims }`), an ndarray (`{ data, shape, stride, offset }`).
 *
 * Without `strides` the elements lie in row-major order. Strides and offset count elements.
 * A `Uint16Array` holds the bits of floats, as `type: "float16"` or `"bfloat16"` says.
 */
export interface TensorLike {
  readonly data: ArrayLike<unknown>;
  readonly shape?: readonly number[];
  readonly dims?: readonly number[];
  readonly strides?: readonly number[];
  readonly stride?: readonly number[];
  readonly offset?: number;
  readonly type?: string;
}

/** A typed array with its shape, in row-major order. */
export interface Tensor<D extends NumericArray = FloatArray> {
  readonly data: D;
  readonly shape: readonly number[];
}

/** What can be passed where numbers are differentiated: a number, nested arrays, a float array (one vector), or a tensor. */
export type FloatInput = number | NestedNumbers | FloatArray | TensorLike;

/** What can be passed where one class index stands per row. */
export type IntegerInput = number | bigint | NestedIntegers | NumericArray | TensorLike;

type Elements<D> = D extends FloatArray ? D : FloatArray;

/** What comes back in the shape of `I`: the container that was passed in. */
export type Output<I> = I extends number
  ? number
  : I extends Float32Array
    ? Float32Array
    : I extends Float64Array
      ? Float64Array
      : I extends Float16
        ? Float16
        : I extends readonly (infer E)[]
          ? NestedNumbers extends I
            ? NestedNumbers
            : Output<E>[]
          : I extends { readonly data: infer D }
            ? Tensor<Elements<D>>
            : never;

/** What comes back in the shape of `I` less one axis: a number where none is left. */
export type Reduced<I> = I extends number
  ? number
  : I extends FloatArray
    ? number
    : I extends readonly (infer E)[]
      ? NestedNumbers extends I
        ? number | NestedNumbers
        : E extends number
          ? number
          : Reduced<E>[]
      : I extends { readonly data: infer D }
        ? number | Tensor<Elements<D>>
        : never;
