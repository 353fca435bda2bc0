import type { Tensor as Container } from "@surprisal/core";
import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import { customGrad, scalar, tensor, tidy, zerosLike } from "@tensorflow/tfjs-core";
import { readTensor } from "./readTensor.ts";

/** A loss of `@surprisal/losses`, as far as an operation needs it. */
interface AnyLoss {
  readonly name: string;
  (...args: never[]): unknown;
  valueAndGrad(...args: never[]): {
    readonly value: unknown;
    readonly grad: unknown;
    readonly grads?: Readonly<Record<string, unknown>> | undefined;
  };
}

/** The options of a loss that an operation takes: all but those that belong to its gradient. */
export type OperationOptions<L> = L extends {
  valueAndGrad: unknown;
  (...args: infer Args): unknown;
}
  ? Omit<NonNullable<Extract<Args[number], { reduction?: unknown }>>, "out">
  : object;

/**
 * A loss as an operation of TensorFlow.js, which `tf.grad`, `tf.variableGrads` and optimizers differentiate.
 *
 * Arguments are tensors, in the order of the loss's own; the last one may be its options. With
 * `reduction: "none"` the result is a tensor of losses, else a scalar.
 */
export type Operation<Options> = (
  ...args: [...tensors: Tensor[], last: Tensor | Options | undefined]
) => Tensor;

/** A function that `valueAndGrad` of any loss can be called as. */
type Call = (...args: unknown[]) => {
  readonly value: unknown;
  readonly grad: unknown;
  readonly grads?: Readonly<Record<string, unknown>>;
};

/** Makes the operation of a loss. */
export function operation<L extends AnyLoss>(loss: L): Operation<OperationOptions<L>> {
  const valueAndGrad = loss.valueAndGrad as unknown as Call;
  const evaluate = loss as unknown as (...args: unknown[]) => unknown;

  const call = (...args: readonly unknown[]): Tensor => {
    const tensors = args.filter(isTensor);
    const [options = {}] = args.slice(tensors.length) as [object?];
    if (tensors.length === 0 || args.length > tensors.length + 1) {
      throw new TypeError(
        `${loss.name}: arguments must be tensors of TensorFlow.js, and options after them.`,
      );
    }
    const reduction = (options as { reduction?: unknown }).reduction ?? "mean";
    const differentiable = customGrad((...inputs) => {
      const save = inputs.pop() as (saved: Tensor[]) => void;
      const variables = inputs as Tensor[];
      const containers = variables.map((input) => readTensor(loss.name, input));
      save(variables);
      return {
        value: toTensor(evaluate(...containers, options)),
        gradFunc: (upstream: Tensor, saved: Tensor[]) => {
          const read = saved.map((input) => readTensor(loss.name, input));
          const gradOutput =
            reduction === "none" ? readTensor(loss.name, upstream) : upstream.dataSync()[0];
          const result = valueAndGrad(...read, { ...options, gradOutput });
          return gradientsOf(result, saved);
        },
      };
    });
    return tidy(() => differentiable(...tensors));
  };

  Object.defineProperty(call, "name", { value: loss.name });
  return call as Operation<OperationOptions<L>>;
}

/**
 * Returns one gradient for each argument. The differentiable arguments of a loss come first; the others, and
 * integers, have none, for which TensorFlow.js wants zeros.
 */
function gradientsOf(
  { grad, grads }: { readonly grad: unknown; readonly grads?: Readonly<Record<string, unknown>> },
  inputs: readonly Tensor[],
): Tensor[] {
  const gradients = grads === undefined ? [grad] : Object.values(grads);
  return inputs.map((input, i) =>
    gradients[i] === undefined ? zerosLike(input) : toTensor(gradients[i], input.shape),
  );
}

/** Copies a result to a tensor of the active backend. */
function toTensor(result: unknown, shape?: readonly number[]): Tensor {
  if (typeof result === "number") {
    return shape === undefined || shape.length === 0
      ? (scalar(result) as Scalar)
      : tensor([result], [...shape]);
  }
  const { data, shape: own } = result as Container<Float32Array>;
  return tensor(data, [...own]);
}

function isTensor(value: unknown): value is Tensor {
  return typeof value === "object" && value !== null && "dataSync" in value && "dtype" in value;
}
