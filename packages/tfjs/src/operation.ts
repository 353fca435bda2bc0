import type { Tensor as Container } from "@surprisal/core";
import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import { customGrad, engine, reshape, scalar, tensor, tidy, zeros } from "@tensorflow/tfjs-core";
import { readArguments } from "./arguments.ts";
import { newResult, readTensor } from "./memory.ts";
import { copyOptions, type Options, readOptions } from "./options.ts";
import { refuseDerivative, scaleGradients } from "./secondDerivative.ts";
import { isDifferentiableTarget, withTargetGradient } from "./targetGradient.ts";

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
type Each<Tuple extends readonly unknown[], Item> = { [Index in keyof Tuple]: Item };

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

/** A function that `valueAndGrad` of any loss can be called as. */
type Call = (...args: unknown[]) => {
  readonly value: unknown;
  readonly grads?: Readonly<Record<string, unknown>>;
};

/** Further facts about an operation. */
interface OperationDetails {
  /** The name of the operation in errors. The default is the name of the loss. */
  readonly functionName?: string;
  /** Whether the target may be class probabilities. */
  readonly takesProbabilities?: boolean;
}

/** The two functions of a loss, for containers. */
interface Functions {
  readonly name: string;
  evaluate(...args: unknown[]): unknown;
  readonly valueAndGrad: Call;
}

/**
 * Makes the operation of a loss.
 *
 * @param names the names of the loss's arguments, without its options.
 */
export function operation<L extends AnyLoss>(
  loss: L,
  names: Each<OperationTensors<L>, string>,
  { functionName = loss.name, takesProbabilities = false }: OperationDetails = {},
): Operation<L> {
  const functions: Functions = {
    name: functionName,
    evaluate: loss as unknown as Functions["evaluate"],
    valueAndGrad: loss.valueAndGrad as unknown as Call,
  };

  const call = (...args: readonly unknown[]): Tensor => {
    const [tensors, given] = readArguments(functionName, names, args);
    const isTapeOn = engine().isTapeOn();
    const read = readOptions(functionName, given);
    const options = isTapeOn ? copyOptions(read) : read;
    // A loss of one number computes its gradient with its value: the upstream gradient is 1 as a rule.
    const isFused = isTapeOn && options.reduction !== "none";
    const forward = isFused ? computeBoth : computeValue;
    const differentiable = customGrad((...inputs) => {
      const save = inputs.pop() as Save;
      return forward(functions, inputs as Tensor[], options, save);
    });
    return tidy(() => {
      const value = differentiable(...tensors);
      if (!takesProbabilities || !isDifferentiableTarget(tensors)) return value;
      return withTargetGradient(value, tensors, (upstream, inputs) =>
        targetGradient(functions, inputs, options, upstream),
      );
    });
  };

  Object.defineProperty(call, "name", { value: functionName });
  return call as unknown as Operation<L>;
}

type Save = (saved: Tensor[]) => void;

/** What `customGrad` wants: a value, and the function of the gradients. */
interface Computed {
  readonly value: Tensor;
  readonly gradFunc: (upstream: Tensor, saved: Tensor[]) => Tensor[];
}

/** Computes the value. The gradients are computed when they are asked for. */
function computeValue(
  functions: Functions,
  inputs: readonly Tensor[],
  options: Options,
  save: Save,
): Computed {
  save([...inputs]);
  return {
    value: toTensor(functions.evaluate(...inputs.map(readTensor), options)),
    gradFunc: (upstream, saved) => scaledGradients(functions, saved, options, upstream),
  };
}

/** Computes the value and the gradients for the upstream gradient 1, in one pass. */
function computeBoth(
  functions: Functions,
  inputs: readonly Tensor[],
  options: Options,
  save: Save,
): Computed {
  const [gradients, value] = computeGradients(functions, inputs, options, undefined);
  save([...inputs, ...gradients]);
  return {
    value: toTensor(value),
    gradFunc: (upstream, saved) => {
      const [own, gradients] = [saved.slice(0, inputs.length), saved.slice(inputs.length)];
      if (engine().isTapeOn()) return scaleGradients(functions.name, gradients, own, upstream);
      if (upstream.dataSync()[0] !== 1) return scaledGradients(functions, own, options, upstream);
      // Saved tensors are disposed of. A reshaped one has the same memory; the wasm backend copies a clone's.
      return gradients.map((gradient) => reshape(gradient, gradient.shape));
    },
  };
}

/**
 * Computes the gradients for an upstream gradient. The loss multiplies by it in float64: float32 would lose digits of
 * small gradients.
 */
function scaledGradients(
  functions: Functions,
  inputs: readonly Tensor[],
  options: Options,
  upstream: Tensor,
): Tensor[] {
  const [gradients] = computeGradients(functions, inputs, options, upstream);
  if (!engine().isTapeOn()) return gradients;
  return refuseDerivative(functions.name, gradients, [upstream, ...inputs]);
}

/** Returns one gradient for each argument, and the value. */
function computeGradients(
  functions: Functions,
  inputs: readonly Tensor[],
  options: Options,
  upstream: Tensor | undefined,
): [gradients: Tensor[], value: unknown] {
  // The first gradient is written where it belongs. Allocating it may move the memory that views are of.
  const first = newResult(inputs[0].shape);
  const args = inputs.map(readTensor);
  const gradOutput = upstream && readUpstream(upstream);
  const { value, grads } = functions.valueAndGrad(...args, {
    ...options,
    gradOutput,
    out: first.container,
  });
  return [gradientsOf(first.finish(), grads, inputs), value];
}

/** Returns the gradient with respect to class probabilities. */
function targetGradient(
  functions: Functions,
  inputs: readonly Tensor[],
  options: Options,
  upstream: Tensor,
): Tensor {
  const gradOutput = readUpstream(upstream);
  const asked = { ...options, gradOutput, differentiate: ["input", "target"] };
  let target: unknown;
  try {
    target = functions.valueAndGrad(...inputs.map(readTensor), asked).grads?.target;
  } catch (cause) {
    // The value has been computed from the same arguments, so only the gradient can be the cause.
    const message = `${functions.name}: its gradient with respect to target is not known. To treat target as a constant, compute it outside the function that is differentiated.`;
    throw new TypeError(message, { cause });
  }
  const gradient = toTensor(target, inputs[1].shape);
  if (!engine().isTapeOn()) return gradient;
  return refuseDerivative(functions.name, [gradient], [upstream, ...inputs])[0];
}

function readUpstream(upstream: Tensor): unknown {
  return upstream.rank === 0 ? upstream.dataSync()[0] : readTensor(upstream);
}

/**
 * Returns one gradient for each argument. The differentiable arguments of a loss come first. The others, and integers,
 * have none in `grads`. TensorFlow.js wants zeros for them, in float32 even where the argument holds integers.
 */
function gradientsOf(
  first: Tensor,
  grads: Readonly<Record<string, unknown>> | undefined,
  inputs: readonly Tensor[],
): Tensor[] {
  const [, ...others] = Object.values(grads ?? {});
  return inputs.map((input, i) => {
    if (i === 0) return first;
    const gradient = input.dtype === "float32" ? others.shift() : undefined;
    return gradient === undefined ? zeros(input.shape) : toTensor(gradient, input.shape);
  });
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
