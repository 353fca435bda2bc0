import { type Tensor, tensor } from "@surprisal/core";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import type { Layer, Parameter } from "./layer.ts";

/** A linear layer: output = input · weightᵀ + bias, with one row of weights per output. */
export class Linear implements Layer {
  readonly parameters: readonly Parameter[];
  readonly #inputs: number;
  readonly #outputs: number;
  readonly #weight: Parameter;
  readonly #bias: Parameter;
  #input: Float32Array = new Float32Array(0);

  constructor(inputs: number, outputs: number, random: RandomGenerator) {
    this.#inputs = inputs;
    this.#outputs = outputs;
    this.#weight = parameter(outputs * inputs);
    this.#bias = parameter(outputs);
    this.parameters = [this.#weight, this.#bias];

    // Glorot's uniform initialisation keeps the variance of the outputs equal from layer to layer.
    const limit = Math.sqrt(6 / (inputs + outputs));
    const { values } = this.#weight;
    for (let k = 0; k < values.length; k++) values[k] = limit * (2 * uniformFloat64(random) - 1);
  }

  forward(input: Tensor<Float32Array>): Tensor<Float32Array> {
    const inputs = this.#inputs;
    const outputs = this.#outputs;
    const { values: weight } = this.#weight;
    const { values: bias } = this.#bias;
    const { data: x } = input;
    const [rows] = input.shape;
    const y = new Float32Array(rows * outputs);
    for (let r = 0; r < rows; r++) {
      for (let o = 0; o < outputs; o++) {
        let sum = bias[o];
        for (let i = 0; i < inputs; i++) sum += x[r * inputs + i] * weight[o * inputs + i];
        y[r * outputs + o] = sum;
      }
    }
    this.#input = x;
    return tensor(y, [rows, outputs]);
  }

  backward(gradOutput: Tensor<Float32Array>): Tensor<Float32Array> {
    const inputs = this.#inputs;
    const outputs = this.#outputs;
    const { values: weight, grad: gradWeight } = this.#weight;
    const { grad: gradBias } = this.#bias;
    const { data: gradY } = gradOutput;
    const [rows] = gradOutput.shape;
    const x = this.#input;
    const gradX = new Float32Array(rows * inputs);
    gradWeight.fill(0);
    gradBias.fill(0);
    for (let r = 0; r < rows; r++) {
      for (let o = 0; o < outputs; o++) {
        const slope = gradY[r * outputs + o];
        gradBias[o] += slope;
        for (let i = 0; i < inputs; i++) {
          gradWeight[o * inputs + i] += slope * x[r * inputs + i];
          gradX[r * inputs + i] += slope * weight[o * inputs + i];
        }
      }
    }
    return tensor(gradX, [rows, inputs]);
  }
}

function parameter(size: number): Parameter {
  return { values: new Float32Array(size), grad: new Float32Array(size) };
}
