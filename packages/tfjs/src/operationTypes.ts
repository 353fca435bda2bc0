// The types of operations.
import type { Scalar, Tensor } from "@tensorflow/tfjs-core";

/** A loss of `@surprisal/losses`, as far as an operation needs it. */
export interface AnyLoss {
  readonly name: string;
  (...args: never[]): unknown;
  valueAndGrad(...args: never[]): {
    readonly value: unknown;
    readonly grad: unknown;
    readonly grads?: Readonly<Record<string, unknown>> | undefined;
  };
}

/** The arguments of a loss, its options at the end. */
type ArgumentsOf<L> = L extends { valueAndGrad: unknown; (...args: infer Args): unknown }
  ? Args
  : never;

/** The options of a loss that an operation takes: all but those that belong to its gradient. */
export type OperationOptions<L> = Omit<
  NonNullable<Extract<ArgumentsOf<L>[number], { reduction?: unknown }>>,
  "out"
>;

/** A tensor for each argument of a loss but its options. */
export type OperationTensors<L> =
  Required<ArgumentsOf<L>> extends [...infer Arguments, options: unknown]
    ? Each<Arguments, Tensor>
    : never;

/** A tuple of the same length whose elements are all of one type. */
export type Each<Tuple extends readonly unknown[], Item> = { [Index in keyof Tuple]: Item };

/**
 * A loss as an operation of TensorFlow.js, which `tf.grad`, `tf.variableGrads` and optimizers differentiate.
 *
 * Arguments are tensors, in the order of the loss's own, and options after them.
 */
export interface Operation<L> {
  /** Returns each loss (`reduction: "none"`), as a tensor. */
  (...args: [...OperationTensors<L>, OperationOptions<L> & { readonly reduction: "none" }]): Tensor;
  /** Returns the losses reduced to one number, as a scalar. */
  (
    ...args: [
      ...OperationTensors<L>,
      options?: OperationOptions<L> & {
        readonly reduction?: "mean" | "sum" | "batchmean" | undefined;
      },
    ]
  ): Scalar;
  /** Returns one of the two, if the compiler does not know the reduction. */
  (...args: [...OperationTensors<L>, options?: OperationOptions<L>]): Tensor;
}
