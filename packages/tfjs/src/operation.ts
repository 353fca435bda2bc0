import { customGrad, engine, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { readArguments } from "./arguments.ts";
import { computeBoth, computeValue, type Functions, type Save } from "./gradients.ts";
import type { AnyLoss, Each, Operation, OperationTensors } from "./operationTypes.ts";
import { copyOptions, readOptions, withOwnNames } from "./options.ts";
import { isDifferentiableTarget, targetGradient, withTargetGradient } from "./targetGradient.ts";

/** Further facts about an operation. */
interface OperationDetails {
  /** The name of the operation in errors. The default is the name of the loss. */
  readonly functionName?: string;
  /** Whether the target may be class probabilities. */
  readonly takesProbabilities?: boolean;
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
    evaluate: withOwnNames(loss.name, loss as unknown as Functions["evaluate"]),
    valueAndGrad: withOwnNames(
      loss.name,
      loss.valueAndGrad as unknown as Functions["valueAndGrad"],
    ),
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
