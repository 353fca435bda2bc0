// The values of a loss and the gradients of its arguments, as tensors.
import { engine, reshape, type Tensor, zeros } from "@tensorflow/tfjs-core";
import { newResult, readTensor, toTensor } from "./memory.ts";
import type { Options } from "./options.ts";
import { refuseDerivative, scaleGradients } from "./secondDerivative.ts";

/** A function that `valueAndGrad` of any loss can be called as. */
type Call = (...args: unknown[]) => {
  readonly value: unknown;
  readonly grads?: Readonly<Record<string, unknown>>;
};

/** The two functions of a loss, for containers. */
export interface Functions {
  readonly name: string;
  evaluate(...args: unknown[]): unknown;
  readonly valueAndGrad: Call;
}

/** Keeps tensors for the gradients. */
export type Save = (saved: Tensor[]) => void;

/** What `customGrad` wants: a value, and the function of the gradients. */
interface Computed {
  readonly value: Tensor;
  readonly gradFunc: (upstream: Tensor, saved: Tensor[]) => Tensor[];
}

/** Computes the value. The gradients are computed when they are asked for. */
export function computeValue(
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
export function computeBoth(
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

/** Returns an upstream gradient as the loss takes it. */
export function readUpstream(upstream: Tensor): unknown {
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
