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

/** A message from the page to the worker. */
export type Request =
  | { readonly kind: "start"; readonly route: string; readonly model: string; readonly csv: string }
  | { readonly kind: "pause" }
  | { readonly kind: "resume" };

/** The state of the training. */
export interface Progress {
  /** The mean loss of each epoch so far. */
  readonly losses: readonly number[];
  /** The share of held-out images that are classified correctly after each epoch. */
  readonly accuracies: readonly number[];
  /** Counts of held-out images by digit (row) and predicted digit (column), of shape [10, 10]. */
  readonly confusion: readonly number[];
  /** The values of each parameter of the network. */
  readonly parameters: readonly Float32Array[];
}

export type Report =
  | { readonly kind: "progress"; readonly progress: Progress }
  | { readonly kind: "error"; readonly message: string };
