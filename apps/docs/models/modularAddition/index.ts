import { adam, normalizedDescent } from "./optimizers.ts";
import { subtractOne, sumOthers } from "./routes.ts";
import { reportEvery, type State, train } from "./training.ts";

export { reportEvery, type State } from "./training.ts";

export const optimizers = { normalizedDescent, adam };

export type OptimizerName = keyof typeof optimizers;

/** The states of the network of each route, at the same step. */
export interface Report {
  readonly subtractOne: State;
  readonly sumOthers: State;
}

/** Trains one network by each route, from the same start, and yields their states after every 20 steps. */
export function* trainByEach(optimizer: OptimizerName, steps: number): Generator<Report, void> {
  const subtracting = train(subtractOne, optimizers[optimizer]);
  const summing = train(sumOthers, optimizers[optimizer]);
  for (let step = 0; step <= steps; step += reportEvery) {
    yield { subtractOne: subtracting.next().value, sumOthers: summing.next().value };
  }
}
