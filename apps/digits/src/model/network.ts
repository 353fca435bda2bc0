import type { Tensor } from "@surprisal/core";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import type { Layer, Parameter } from "./layer.ts";
import { Linear } from "./linear.ts";
import { Tanh } from "./tanh.ts";

/**
 * Linear layers with a tanh between each two.
 *
 * The sizes are those of the input, of each hidden layer, and of the output: [64, 10] is one
 * linear layer, [64, 32, 10] has a hidden layer of 32.
 */
export class Network {
  readonly parameters: readonly Parameter[];
  readonly #layers: readonly Layer[];

  constructor(sizes: readonly number[], random: RandomGenerator) {
    const layers: Layer[] = [];
    for (let k = 1; k < sizes.length; k++) {
      if (k > 1) layers.push(new Tanh());
      layers.push(new Linear(sizes[k - 1], sizes[k], random));
    }
    this.#layers = layers;
    this.parameters = layers.flatMap((layer) => layer.parameters);
  }

  /** Returns logits of shape [rows, classes]. */
  forward(input: Tensor<Float32Array>): Tensor<Float32Array> {
    return this.#layers.reduce((x, layer) => layer.forward(x), input);
  }

  /** Stores the gradients of all parameters, for the batch of the last call of `forward`. */
  backward(gradLogits: Tensor<Float32Array>): void {
    this.#layers.reduceRight((grad, layer) => layer.backward(grad), gradLogits);
  }

  /** Returns the class with the largest logit of each row. */
  classify(input: Tensor<Float32Array>): Uint8Array {
    const { data, shape } = this.forward(input);
    const [rows, classes] = shape;
    return Uint8Array.from({ length: rows }, (_, r) => {
      const logits = data.subarray(r * classes, (r + 1) * classes);
      return logits.indexOf(Math.max(...logits));
    });
  }
}
