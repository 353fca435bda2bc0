/** `Float16Array`, if the TypeScript library in use declares it; else `never`. */
export type Float16 = typeof globalThis extends { Float16Array: { prototype: infer T } }
  ? T
  : never;

/** The typed arrays that hold results. */
export type FloatArray = Float32Array | Float64Array | Float16;

/** The arrays that kernels compute on. */
export type KernelArray = Float32Array | Float64Array;

/** `Float32Array<ArrayBuffer>`, and `Float32Array` before TypeScript 5.7. */
export type NewFloat32Array = ReturnType<Float32Array["slice"]>;

/** Every typed array of integers. */
export type IntegerArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** Every typed array of numbers or bigints. */
export type NumericArray = FloatArray | IntegerArray;

/** Rectangular arrays of numbers, nested to any depth. */
export type NestedNumbers = readonly (number | NestedNumbers)[];

/** Rectangular arrays of whole numbers, nested to any depth. */
export type NestedIntegers = readonly (number | bigint | NestedIntegers)[];

/** Rectangular arrays, nested to any depth, of rows that are typed arrays of one type. */
export type NestedRows<Row extends NumericArray> = readonly (Row | NestedRows<Row>)[];

/**
 * A tensor of another library: `{ data, shape }`, ONNX Runtime's `{ data, dims }`, or ndarray's
 * `{ data, shape, stride, offset }`.
 *
 * Without `strides` the elements are in row-major order. Strides and offset are counted in elements. A `stride`
 * that is a method is ignored.
 * A `Uint16Array` with `type: "float16"` or `"bfloat16"` holds the bits of floats.
 */
export type TensorLike<Data = TensorData> = TensorFields<Data> &
  (
    | { readonly shape: readonly number[]; readonly dims?: unknown }
    | { readonly dims: readonly number[]; readonly shape?: undefined }
  );

/**
 * The elements of a tensor. The type also allows strings, for ONNX Runtime's tensors, and any view of a buffer, for
 * npyjs's arrays. Anything but a typed array of numbers throws.
 */
export type TensorData = NumericArray | ArrayBufferView | readonly string[];

/** The fields of a tensor without its shape. */
interface TensorFields<Data> {
  readonly data: Data;
  readonly strides?: Strides;
  readonly stride?: Strides;
  readonly offset?: number | undefined;
  readonly type?: string | undefined;
  /** Whether the elements are in column-major order, as in files of NumPy. */
  readonly fortranOrder?: boolean | undefined;
  /** The same, as the header of such a file calls it. */
  readonly fortran_order?: boolean | undefined;
}

type Strides = readonly number[] | ((...args: never[]) => unknown) | undefined;

/** A typed array with its shape, in row-major order. */
export interface Tensor<D extends NumericArray = FloatArray> {
  readonly data: D;
  readonly shape: readonly number[];
}

/** Floats in any container: a number, nested arrays, a float array (one vector) or a tensor. */
export type FloatInput = number | NestedNumbers | NestedRows<FloatArray> | FloatArray | TensorLike;

/** Whole numbers, such as class indices, in any container. */
export type IntegerInput =
  | number
  | bigint
  | NestedIntegers
  | NestedRows<NumericArray>
  | NumericArray
  | TensorLike;

/** Numbers of any type, in any container. */
export type NumberInput = FloatInput | IntegerInput;

type Elements<D> = D extends FloatArray ? D : FloatArray;

/** The type of a result that has the shape of an argument of type `I`: the same container. */
export type Output<I> = I extends number
  ? number
  : I extends FloatArray
    ? ReturnType<I["subarray"]>
    : I extends readonly (infer E)[]
      ? NestedNumbers extends I
        ? NestedNumbers
        : Output<E>[]
      : I extends { readonly data: infer D }
        ? Tensor<Elements<D>>
        : never;

/** The type of a result with one axis less than an argument of type `I`: a number if none is left. */
export type Reduced<I> = I extends number
  ? number
  : I extends FloatArray
    ? number
    : I extends readonly (infer E)[]
      ? NestedNumbers extends I
        ? number | NestedNumbers
        : E extends number
          ? number
          : E extends FloatArray
            ? Output<E>
            : Reduced<E>[]
      : I extends { readonly data: infer D }
        ? number | Tensor<Elements<D>>
        : never;

/** Options whose `out` has type `Out`. If no `out` is given, `Out` keeps its default. */
export type TypedOut<Options, Out> = Options &
  ({ readonly out?: object | undefined } | { readonly out: Out });

/**
 * The type of what a call returns, if it writes a result of type `Result` to a container of type `Out`: that container, if
 * it is of the result's kind. A result of one vector may also be written to a tensor, and that of a tensor to a float array.
 * The returned container then has the same memory as the given one.
 */
// With `infer`, the compiler never takes `Out` from the type that a caller expects.
export type WrittenTo<Result, Out> = Result extends number
  ? Result
  : Result extends FloatArray
    ? Out extends infer Given extends FloatArray
      ? Given
      : Result
    : Result extends readonly unknown[]
      ? Out extends infer Given extends readonly unknown[]
        ? Given
        : Result
      : Out extends infer Given extends FloatArray
        ? Tensor<Given>
        : Out extends infer Given extends TensorLike
          ? Given
          : Result;
