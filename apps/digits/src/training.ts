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
  { train, heldOut }: { train: Digits; heldOut: Digits },
  onEpoch: () => void = () => {},
): Run[] {
  const learners = routes.map((route) => {
    const network = new Network(sizes, xoroshiro128plus(seed));
    const optimizer = new Momentum(network.parameters, LEARNING_RATE, MOMENTUM);
    return { route, network, optimizer, epochs: [] as Epoch[] };
  });
  const random = xoroshiro128plus(seed);

  for (let epoch = 0; epoch < epochs; epoch++) {
    const batches = shuffledBatches(train, BATCH_SIZE, random);
    // Each takes each turn, so that a machine that is busy for a while slows all routes alike.
    for (let turn = 0; turn < learners.length; turn++) {
      const learner = learners[(epoch + turn) % learners.length];
      const pass = trainOn(batches, learner);
      learner.epochs.push({ ...pass, accuracy: accuracy(learner.network, heldOut) });
    }
    onEpoch();
  }
  return learners;
}

interface Learner {
  readonly route: Route;
  readonly network: Network;
  readonly optimizer: Momentum;
}

function trainOn(batches: readonly Digits[], { route, network, optimizer }: Learner) {
  const start = performance.now();
  let lossTime = 0;
  let total = 0;
  let images = 0;
  for (const { pixels, labels } of batches) {
    const logits = network.forward(pixels);
    const lossStart = performance.now();
    const { value, grad } = route.lossAndGrad(logits, labels);
    lossTime += performance.now() - lossStart;
    network.backward(grad);
    optimizer.step();
    total += value * labels.length;
    images += labels.length;
  }
  return { loss: total / images, time: performance.now() - start, lossTime };
}

function accuracy(network: Network, { pixels, labels }: Digits): number {
  const answers = network.classify(pixels);
  return answers.filter((answer, i) => answer === labels[i]).length / labels.length;
}
