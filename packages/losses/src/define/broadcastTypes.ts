// The types of arguments that are broadcast: a result has as many axes as the argument with most of them.
import type {
  FloatArray,
  NestedNumbers,
  NumericArray,
  Output,
  Reduced,
  Tensor,
  TensorLike,
} from "@surprisal/core";

/** A result with the axes of all arguments. Its kind of container is that of the input, whose type is `I`. */
export type Broadcast<I, Rest extends readonly unknown[]> = I extends TensorLike
  ? Output<I>
  : OfKind<I, JoinAll<Output<I>, Rest>>;

/** The same with one axis less. */
export type ReducedBroadcast<I, Rest extends readonly unknown[]> = I extends TensorLike
  ? Reduced<I>
  : OfKind<I, Reduced<JoinAll<Output<I>, Rest>>>;

/** A result in the kind of container that is returned: for a vector, a result with several axes is a tensor. */
type OfKind<I, Result> = I extends FloatArray
  ? Result extends readonly unknown[]
    ? Tensor<Output<I>>
    : Result
  : Result;

/** Nested arrays of type `I`, with the axes of all arguments. */
type JoinAll<I, Rest extends readonly unknown[]> = Rest extends readonly [infer A, ...infer Others]
  ? JoinAll<Join<I, A>, Others>
  : I;

/** Nested arrays of type `I`, with more axes if an argument of type `A` has more. */
type Join<I, A> = A extends number | bigint
  ? I
  : A extends NumericArray
    ? I extends number
      ? I[]
      : I
    : A extends readonly (infer E)[]
      ? JoinNested<I, A, E>
      : AnyAxes<I>;

/** The same for an argument that is nested arrays with items of type `E`. */
type JoinNested<I, A, E> = A extends E
  ? AnyAxes<I>
  : I extends FloatArray
    ? E extends number | bigint
      ? I
      : Join<I, E>[]
    : I extends readonly (infer F)[]
      ? I extends F
        ? I
        : Join<F, E>[]
      : Join<I, E>[];

/** Nested arrays like `I` with an unknown number of axes. */
type AnyAxes<I> = I extends number
  ? number | NestedNumbers
  : I extends FloatArray
    ? I | Rows<I>
    : I extends readonly (infer F)[]
      ? I extends F
        ? I
        : readonly AnyAxes<F>[]
      : I;

/** Rows of type `Row`, nested to any depth. */
type Rows<Row> = readonly (Row | Rows<Row>)[];
