import type { Tensor } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { choosePairs } from "./addition.ts";
import { Network } from "./network.ts";
import type { Optimizer } from "./optimizers.ts";
import type { Route } from "./routes.ts";

/** The seed of pairs and weights: all readers see the same run. */
const seed = 1;

/** The number of steps from one report to the next. */
export const reportEvery = 20;

/** The state of a network at a report. */
export interface State {
  /** The number of steps taken. */
  readonly step: number;
  /** The mean loss of all pairs (in nats), with all its digits by whichever route the network learns. */
  readonly loss: number;
  /** The share of pairs that are added correctly. */
  readonly accuracy: number;
  /** The share of pairs whose target has a gradient of exactly 0. */
  readonly silent: number;
}

/** Trains a network on all pairs at once, without end: 20 steps for each state that is requested. */
export function* train(route: Route, optimizer: Optimizer): Generator<State, never> {
  const random = xoroshiro128plus(seed);
  const pairs = choosePairs(random);
  const network = new Network(pairs, random);
  const takeStep = optimizer(network.parameters);
  for (let step = 0; ; step++) {
    const logits = network.forward();
    const gradient = route(logits, pairs.sums);
    if (step % reportEvery === 0) {
      yield { step, ...judge(logits, gradient, pairs.sums) };
    }
    network.backward(gradient);
    takeStep();
  }
}

function judge(
  logits: Tensor<Float32Array>,
  gradient: Tensor<Float32Array>,
  targets: Uint8Array,
): Omit<State, "step"> {
  const isRight = (target: number, row: number) => {
    const x = rowOf(logits, row);
    return x.indexOf(Math.max(...x)) === target;
  };
  const isSilent = (target: number, row: number) => rowOf(gradient, row)[target] === 0;
  return {
    loss: crossEntropy(logits, targets),
    accuracy: targets.filter(isRight).length / targets.length,
    silent: targets.filter(isSilent).length / targets.length,
  };
}

function rowOf({ data, shape }: Tensor<Float32Array>, row: number): Float32Array {
  return data.subarray(row * shape[1], (row + 1) * shape[1]);
}
