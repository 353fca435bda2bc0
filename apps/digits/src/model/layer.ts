import type { Tensor } from "@surprisal/core";

/** Trained numbers, and the gradient of the loss with respect to them. */
export interface Parameter {
  readonly values: Float32Array;
  readonly grad: Float32Array;
}

/** A step of a network, on a batch of shape [rows, features]. */
export interface Layer {
  readonly parameters: readonly Parameter[];
  /** Computes the outputs and keeps what `backward` needs. */
  forward(input: Tensor<Float32Array>): Tensor<Float32Array>;
  /** Takes the gradient of the outputs, stores that of the parameters and returns that of the inputs. */
  backward(gradOutput: Tensor<Float32Array>): Tensor<Float32Array>;
}
