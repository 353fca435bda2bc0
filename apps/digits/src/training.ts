import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { Digits } from "./data/digits.ts";
import { shuffledBatches } from "./data/sampling.ts";
import { Momentum } from "./model/momentum.ts";
import { Network } from "./model/network.ts";
import type { Route } from "./routes.ts";

const BATCH_SIZE = 32;
const LEARNING_RATE = 0.05;
const MOMENTUM = 0.9;

/** The parameters of a training. */
export interface Plan {
  /** The size of the input, of each hidden layer, and of the output. */
  readonly sizes: readonly number[];
  readonly epochs: number;
  readonly seed: number;
}

/** The results of one pass over the training images. */
export interface Epoch {
  /** Mean loss of the training images, each before its own step. */
  readonly loss: number;
  /** Share of the held-out images that are classified correctly after the epoch. */
  readonly accuracy: number;
  /** Milliseconds of the training: forward, loss, backward, step. */
  readonly time: number;
  /** Milliseconds of it for the loss and its gradient, the only part in which the routes differ. */
  readonly lossTime: number;
}

/** The training images and the held-out images. */
export interface Parts {
  readonly train: Digits;
  readonly heldOut: Digits;
}

/** A network that is trained by one route, and its epochs. */
export interface Run {
  readonly route: Route;
  readonly network: Network;
  readonly epochs: Epoch[];
}

/** Trains one network per route, with the same initial weights and the same batches. */
export function trainByEach(
  routes: readonly Route[],
  { sizes, epochs, seed }: Plan,
  { train, heldOut }: Parts,
  onEpoch: () => void = () => {},
): Run[] {
  const learners = routes.map((route) => new Learner(route, sizes, seed));
  const random = xoroshiro128plus(seed);

  for (let epoch = 0; epoch < epochs; epoch++) {
    const batches = shuffledBatches(train, BATCH_SIZE, random);
    // The order changes each epoch, so that a slow moment of the machine hits all routes alike.
    for (let turn = 0; turn < learners.length; turn++) {
      learners[(epoch + turn) % learners.length].learn(batches, heldOut);
    }
    onEpoch();
  }
  return learners;
}

/** Trains one network without end, one epoch for each value that is requested. */
export function* trainStepwise(
  route: Route,
  { sizes, seed }: Omit<Plan, "epochs">,
  { train, heldOut }: Parts,
): Generator<Run, never> {
  const learner = new Learner(route, sizes, seed);
  const random = xoroshiro128plus(seed);
  while (true) {
    learner.learn(shuffledBatches(train, BATCH_SIZE, random), heldOut);
    yield learner;
  }
}

class Learner implements Run {
  readonly route: Route;
  readonly network: Network;
  readonly epochs: Epoch[] = [];
  readonly #optimizer: Momentum;

  constructor(route: Route, sizes: readonly number[], seed: number) {
    this.route = route;
    this.network = new Network(sizes, xoroshiro128plus(seed));
    this.#optimizer = new Momentum(this.network.parameters, LEARNING_RATE, MOMENTUM);
  }

  learn(batches: readonly Digits[], heldOut: Digits): void {
    const pass = this.#pass(batches);
    this.epochs.push({ ...pass, accuracy: accuracy(this.network, heldOut) });
  }

  #pass(batches: readonly Digits[]) {
    const start = performance.now();
    let lossTime = 0;
    let total = 0;
    let images = 0;
    for (const { pixels, labels } of batches) {
      const logits = this.network.forward(pixels);
      const lossStart = performance.now();
      const { value, grad } = this.route.lossAndGrad(logits, labels);
      lossTime += performance.now() - lossStart;
      this.network.backward(grad);
      this.#optimizer.step();
      total += value * labels.length;
      images += labels.length;
    }
    return { loss: total / images, time: performance.now() - start, lossTime };
  }
}

function accuracy(network: Network, { pixels, labels }: Digits): number {
  const answers = network.classify(pixels);
  return answers.filter((answer, i) => answer === labels[i]).length / labels.length;
}
