import { type Tensor, tensor } from "@surprisal/core";
import type { Layer } from "./layer.ts";

/** The hyperbolic tangent of each element. Without it, two linear layers would be one. */
export class Tanh implements Layer {
  readonly parameters = [];
  #output = new Float32Array(0);

  forward(input: Tensor<Float32Array>): Tensor<Float32Array> {
    this.#output = input.data.map((x) => Math.tanh(x));
    return tensor(this.#output, input.shape);
  }

  backward(gradOutput: Tensor<Float32Array>): Tensor<Float32Array> {
    const y = this.#output;
    return tensor(
      gradOutput.data.map((g, k) => g * (1 - y[k] * y[k])),
      gradOutput.shape,
    );
  }
}
