import { CLASSES, fused, PIXELS, type Route, viaLogSoftmax, viaSoftmax } from "@surprisal/digits";

/** The routes to choose from, by their names on the page. */
export const routes: Readonly<Record<string, Route>> = {
  crossEntropy: fused,
  "logSoftmax, then NLL": viaLogSoftmax,
  "softmax, log, then NLL": viaSoftmax,
};

export const models: Readonly<Record<string, readonly number[]>> = {
  "one linear layer": [PIXELS, CLASSES],
  "one hidden layer of 32": [PIXELS, 32, CLASSES],
};

/** The seed of split, weights and batches: all readers see the same run. */
export const seed = 1;

/** The numbers of epochs after which a training can stop. */
export const epochChoices: readonly number[] = [10, 20, 40, 100];

/** What a training is of. */
export interface Plan {
  /** The name of the route, or of two that are compared. */
  readonly routes: readonly string[];
  readonly model: string;
  readonly epochs: number;
}

/** A message from the page to the worker. */
export type Request =
  | { readonly kind: "start"; readonly plan: Plan; readonly csv: string }
  | { readonly kind: "pause" }
  /** Trains on, until so many epochs are done in all. */
  | { readonly kind: "resume"; readonly epochs: number };

/** A held-out image that the network takes for another digit. */
export interface Misread {
  readonly label: number;
  readonly answer: number;
  /** 64 grey values from 0 to 1. */
  readonly pixels: readonly number[];
}

/** The state of the training by one route. */
export interface Progress {
  /** The mean loss of each epoch so far. */
  readonly losses: readonly number[];
  /** The share of held-out images that are classified correctly after each epoch. */
  readonly accuracies: readonly number[];
  /** Counts of held-out images by digit (row) and predicted digit (column), of shape [10, 10]. */
  readonly confusion: readonly number[];
  readonly misread: readonly Misread[];
  /** The values of each parameter of the network. */
  readonly parameters: readonly Float32Array[];
}

export type Report =
  /** The progress of each route, in the order of the plan. */
  | { readonly kind: "progress"; readonly courses: readonly Progress[] }
  /** All epochs are done. */
  | { readonly kind: "done" }
  | { readonly kind: "error"; readonly message: string };
