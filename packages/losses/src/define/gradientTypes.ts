// The types of gradients. An `out` holds the input's gradient, or containers by the argument's name.
import type {
  FloatArray,
  FloatInput,
  Output,
  Tensor,
  TensorLike,
  WrittenTo,
} from "@surprisal/core";

/** A gradient in its argument's kind of container. */
export type Gradient = Output<FloatInput>;

/** The result of `valueAndGrad`: the value of a loss and its gradients. */
export interface ValueAndGrad<Value, Grad, Differentiated extends string = never, Out = undefined> {
  /** The loss, as the loss itself returns it. */
  readonly value: Value;
  /** ∂value/∂input times the upstream gradient, in the input's kind of container. */
  readonly grad: Grad;
  /**
   * All gradients, by the argument's name, if the loss differentiates several arguments. An argument of
   * integers has no gradient. Neither has an argument that the call leaves out of `differentiate`.
   */
  readonly grads: [Differentiated] extends [never]
    ? Readonly<Record<string, Gradient>> | undefined
    : Gradients<Differentiated, Out>;
}

/** Gradients by the argument's name. That of an optional argument, whose name ends in "?", may be missing. */
export type Gradients<Names extends string, Out = undefined> = {
  readonly [Name in Names as Name extends `${string}?` ? never : Name]: NamedGradient<Name, Out>;
} & {
  readonly [Name in Names as Name extends `${infer Optional}?` ? Optional : never]?: NamedGradient<
    Name extends `${infer Optional}?` ? Optional : never,
    Out
  >;
};

/** The gradient of the input, which is an argument of type `I`. */
export type InputGradient<I, Out, Differentiated extends string> = WrittenTo<
  Output<I>,
  Out extends Container ? Out : ContainerOfInput<Out, Differentiated>
>;

type Container = FloatArray | readonly unknown[] | TensorLike;

/** The input's container in an `out` by name. The input's name is not known: any may be it, unless all are given. */
type ContainerOfInput<Out, Differentiated extends string> = [keyof Out] extends [never]
  ? undefined
  : Out[keyof Out] | ([WithoutMark<Differentiated>] extends [keyof Out] ? never : undefined);

type WithoutMark<Name extends string> = Name extends `${infer Optional}?` ? Optional : Name;

/** The gradient of the argument `Name`, whose own type is not known. */
type NamedGradient<Name extends string, Out> = Out extends Container
  ? Gradient | Extract<Out, TensorLike>
  : Name extends keyof Out
    ? GradientIn<Out[Name]>
    : Gradient;

/** A gradient that is written to a container of type `Out`. */
type GradientIn<Out> = Out extends readonly unknown[]
  ? Out
  : Out extends FloatArray
    ? number | Out | Tensor<Out>
    : Out extends TensorLike
      ? number | FloatArray | Out
      : Gradient;
