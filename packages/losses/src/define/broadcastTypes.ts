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

/** What each argument of a row loss after its input holds: a vector, or one value per row. */
export type RowContents = readonly ("vector" | "value")[];

/** One loss per row: the axes of all arguments, without those of the vectors. "row" means that all hold vectors. */
export type ReducedBroadcast<
  I,
  Rest extends readonly unknown[],
  Contents extends "row" | RowContents = "row",
> = I extends TensorLike
  ? Reduced<I>
  : OfKind<
      I,
      JoinAll<
        Reduced<JoinAll<Output<I>, Holding<"vector", Rest, Contents>>>,
        Holding<"value", Rest, Contents>
      >
    >;

/** The arguments that hold vectors, or those that hold values. */
type Holding<What, Rest extends readonly unknown[], Contents> = Contents extends readonly [
  infer First,
  ...infer Others,
]
  ? Rest extends readonly [infer A, ...infer Further]
    ? [...(First extends What ? [A] : []), ...Holding<What, Further, Others>]
    : []
  : What extends "vector"
    ? Rest
    : [];

/** A result in the kind of container that is returned: for a vector, a result with several axes is a tensor. */
type OfKind<I, Result> = I extends FloatArray
  ? Result extends readonly (infer E)[]
    ? NestedNumbers extends Result
      ? Output<I> | Tensor<Output<I>>
      : E extends number
        ? Output<I>
        : Tensor<Output<I>>
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
