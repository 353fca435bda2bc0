import type { Tensor } from "@surprisal/core";

/** Numbers that are trained, with the gradient of the loss with respect to each. */
export interface Parameter {
  readonly values: Float32Array;
  readonly grad: Float32Array;
}

/** A step of a network, on a batch of shape [rows, features]. */
export interface Layer {
  readonly parameters: readonly Parameter[];
  /** Computes the outputs, and remembers what `backward` needs. */
  forward(input: Tensor<Float32Array>): Tensor<Float32Array>;
  /** From the gradient of the outputs: fills those of the parameters, returns that of the inputs. */
  backward(gradOutput: Tensor<Float32Array>): Tensor<Float32Array>;
}
