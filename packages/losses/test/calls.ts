import type { Tensor } from "@surprisal/core";
import { type AnyLoss, asTensor } from "./tensors.ts";

/** The arguments of one call of a loss, and the facts that are known about its result. */
export interface Call {
  readonly label: string;
  readonly input: Tensor<Float64Array>;
  readonly rest: readonly unknown[];
  readonly options?: object;
  /** The value that these options give. */
  readonly value?: number;
  /**
   * The gradients by the argument's name, the first argument's among them. They must be stated where the
   * loss has a kink: its central differences are not the subgradient there.
   */
  readonly grads?: Readonly<Record<string, readonly number[]>>;
  /** Whether the gradient is not the derivative of the value, but another framework's convention. */
  readonly hasOwnConvention?: boolean;
}

/** An argument of a call that holds floats. */
export interface FloatArgument {
  readonly position: number;
  readonly name: string;
  readonly tensor: Tensor<Float64Array>;
}

/** Calls a function of the loss with one argument replaced. */
export type Replace = (position: number, value: unknown, options?: object) => AnyLoss;

/** Returns the arguments of a call that hold floats, with the names that errors give them. */
export function floatArguments(loss: AnyLoss, { input, rest, options }: Call): FloatArgument[] {
  return [input, ...rest].flatMap((value, position, args) => {
    const tensor = asTensor(value);
    const name = argumentName(loss, args, position, options);
    return tensor === undefined || name === undefined ? [] : [{ position, name, tensor }];
  });
}

/** Returns the name of an argument, which the error about a wrong value holds. */
function argumentName(
  loss: AnyLoss,
  args: readonly unknown[],
  position: number,
  options: object | undefined,
): string | undefined {
  try {
    loss(...args.with(position, "x"), options);
    return undefined;
  } catch (error) {
    return /^[\w.]+: (\w+) must/.exec((error as Error).message)?.[1];
  }
}

/** Returns the gradients of a result by the argument's name, also if there is one. */
export function gradientsOf(result: AnyLoss, names: readonly string[]): Record<string, unknown> {
  return result.grads ?? { [names[0]]: result.grad };
}
