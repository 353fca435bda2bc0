import { type Tensor, tensor } from "@surprisal/core";
import { gemmKernel } from "@surprisal/core/authoring";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import { modulus, type Pairs } from "./addition.ts";

/** The number of hidden units. */
const units = 64;

/** A matrix of trained numbers, and the gradient of the loss with respect to them. */
export class Parameter {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
  readonly grad: Float32Array;

  /** Starts uniformly between ±1/√inputs, as PyTorch's linear layers do. */
  constructor(rows: number, columns: number, inputs: number, random: RandomGenerator) {
    this.rows = rows;
    this.columns = columns;
    const limit = 1 / Math.sqrt(inputs);
    this.data = new Float32Array(rows * columns).map(
      () => limit * (2 * uniformFloat64(random) - 1),
    );
    this.grad = new Float32Array(rows * columns);
  }
}

/**
 * A network with one hidden layer of 64 units (ReLU). All its numbers are float32.
 *
 * The input is a pair of numbers, each one-hot. The product of a one-hot row and a matrix is a row of the
 * matrix. So the hidden layer adds three rows: the first number's, the second's, and the bias.
 */
export class Network {
  readonly parameters: readonly Parameter[];
  readonly #first: Parameter;
  readonly #second: Parameter;
  readonly #hiddenBias: Parameter;
  readonly #weight: Parameter;
  readonly #bias: Parameter;
  readonly #pairs: Pairs;
  readonly #hidden: Float32Array;

  constructor(pairs: Pairs, random: RandomGenerator) {
    this.#pairs = pairs;
    this.#hidden = new Float32Array(pairs.sums.length * units);
    this.#first = new Parameter(modulus, units, 2 * modulus, random);
    this.#second = new Parameter(modulus, units, 2 * modulus, random);
    this.#hiddenBias = new Parameter(1, units, 2 * modulus, random);
    this.#weight = new Parameter(modulus, units, units, random);
    this.#bias = new Parameter(1, modulus, units, random);
    this.parameters = [this.#first, this.#second, this.#hiddenBias, this.#weight, this.#bias];
  }

  /** Computes the hidden layer, and from it the logits, of shape [pairs, 23]. */
  forward(): Tensor<Float32Array> {
    const { first, second, sums } = this.#pairs;
    const rows = sums.length;
    const logits = new Float32Array(rows * modulus);
    for (let i = 0; i < rows; i++) {
      for (let u = 0; u < units; u++) {
        const sum =
          this.#first.data[first[i] * units + u] + this.#second.data[second[i] * units + u];
        this.#hidden[i * units + u] = Math.max(0, sum + this.#hiddenBias.data[u]);
      }
      logits.set(this.#bias.data, i * modulus);
    }
    gemmKernel(
      { data: this.#hidden, rows, columns: units },
      this.#weight,
      { data: logits, rows, columns: modulus },
      "b",
    );
    return tensor(logits, [rows, modulus]);
  }

  /** Stores the gradients of all parameters, for the logits of the last call of `forward`. */
  backward(gradLogits: Tensor<Float32Array>): void {
    for (const { grad } of this.parameters) grad.fill(0);
    const rows = this.#pairs.sums.length;
    const slopes = { data: gradLogits.data, rows, columns: modulus };
    const hidden = { data: this.#hidden, rows, columns: units };
    const gradHidden = { ...hidden, data: new Float32Array(rows * units) };
    gemmKernel(slopes, hidden, { ...this.#weight, data: this.#weight.grad }, "a");
    gemmKernel(slopes, this.#weight, gradHidden);
    slopes.data.forEach((slope, i) => {
      this.#bias.grad[i % modulus] += slope;
    });
    this.#addToHiddenLayer(gradHidden.data);
  }

  /** Adds the gradient of each active hidden unit to the rows of weights that it was computed from. */
  #addToHiddenLayer(gradHidden: Float32Array): void {
    const { first, second } = this.#pairs;
    for (let i = 0; i < first.length; i++) {
      for (let u = 0; u < units; u++) {
        if (this.#hidden[i * units + u] === 0) continue;
        const slope = gradHidden[i * units + u];
        this.#first.grad[first[i] * units + u] += slope;
        this.#second.grad[second[i] * units + u] += slope;
        this.#hiddenBias.grad[u] += slope;
      }
    }
  }
}
