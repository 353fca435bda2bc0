import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { Digits } from "./data/digits.ts";
import { shuffledBatches } from "./data/sampling.ts";
import { Momentum } from "./model/momentum.ts";
import { Network } from "./model/network.ts";
import type { Route } from "./routes.ts";

const BATCH_SIZE = 32;
const LEARNING_RATE = 0.05;
const MOMENTUM = 0.9;

/** What to train. */
export interface Plan {
  /** The size of the input, of each hidden layer, and of the output. */
  readonly sizes: readonly number[];
  readonly epochs: number;
  readonly seed: number;
}

/** What one pass over the training images gave. */
export interface Epoch {
  /** Mean loss of the training images, each as it was met. */
  readonly loss: number;
  /** Share of the held-out images that are classified correctly afterwards. */
  readonly accuracy: number;
  /** Milliseconds of the training: forward, loss, backward, step. */
  readonly time: number;
  /** Milliseconds of that for the loss and its gradient: all in which the routes differ. */
  readonly lossTime: number;
}

/** The images to learn from, and those to be tried on. */
export interface Parts {
  readonly train: Digits;
  readonly heldOut: Digits;
}

/** A network that learns by one route, and how it went. */
export interface Run {
  readonly route: Route;
  readonly network: Network;
  readonly epochs: Epoch[];
}

/** Trains one network per route: the same initial weights, the same batches, the same steps. */
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
    // Each takes each turn, so that a machine that is busy for a while slows all routes alike.
    for (let turn = 0; turn < learners.length; turn++) {
      learners[(epoch + turn) % learners.length].learn(batches, heldOut);
    }
    onEpoch();
  }
  return learners;
}

/** Trains one network, an epoch each time that the next is asked for; without an end. */
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
