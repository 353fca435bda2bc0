import {
  CLASSES,
  type Digits,
  Network,
  type Parts,
  PIXELS,
  parseDigits,
  type Run,
  split,
  trainStepwise,
} from "@surprisal/digits";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { type Misread, models, type Progress, routes, seed } from "./setup.ts";

export interface Training {
  /** Trains one more epoch. */
  next(): Progress;
}

export function startTraining(csv: string, route: string, model: string): Training {
  const parts: Parts = split(parseDigits(csv), xoroshiro128plus(seed));
  const runs = trainStepwise(routes[route], { sizes: models[model], seed }, parts);
  return { next: () => progressOf(runs.next().value, parts.heldOut) };
}

function progressOf({ network, epochs }: Run, heldOut: Digits): Progress {
  const answers = network.classify(heldOut.pixels);
  return {
    losses: epochs.map(({ loss }) => loss),
    accuracies: epochs.map(({ accuracy }) => accuracy),
    confusion: confusionOf(answers, heldOut),
    misread: misreadOf(answers, heldOut),
    parameters: network.parameters.map(({ values }) => values.slice()),
  };
}

function confusionOf(answers: Uint8Array, { labels }: Digits): number[] {
  const counts = new Array<number>(CLASSES * CLASSES).fill(0);
  answers.forEach((answer, i) => {
    counts[labels[i] * CLASSES + answer]++;
  });
  return counts;
}

function misreadOf(answers: Uint8Array, { pixels, labels }: Digits): Misread[] {
  const wrong = Array.from(answers.keys()).filter((i) => answers[i] !== labels[i]);
  return wrong.map((i) => ({
    label: labels[i],
    answer: answers[i],
    pixels: Array.from(pixels.data.subarray(i * PIXELS, (i + 1) * PIXELS)),
  }));
}

/** Makes the network that the worker has trained from its parameters. */
export function networkOf(model: string, parameters: readonly Float32Array[]): Network {
  const network = new Network(models[model], xoroshiro128plus(seed));
  network.parameters.forEach(({ values }, i) => {
    values.set(parameters[i]);
  });
  return network;
}
