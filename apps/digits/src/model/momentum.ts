import type { Parameter } from "./layer.ts";

/** Gradient descent with momentum: steps along a decaying sum of the gradients so far. */
export class Momentum {
  readonly #parameters: readonly Parameter[];
  readonly #velocities: readonly Float32Array[];
  readonly #rate: number;
  readonly #momentum: number;

  constructor(parameters: readonly Parameter[], rate: number, momentum: number) {
    this.#parameters = parameters;
    this.#velocities = parameters.map(({ values }) => new Float32Array(values.length));
    this.#rate = rate;
    this.#momentum = momentum;
  }

  step(): void {
    for (const [p, { values, grad }] of this.#parameters.entries()) {
      const velocity = this.#velocities[p];
      for (let k = 0; k < values.length; k++) {
        velocity[k] = this.#momentum * velocity[k] + grad[k];
        values[k] -= this.#rate * velocity[k];
      }
    }
  }
}
