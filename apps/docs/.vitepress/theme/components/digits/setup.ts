import { CLASSES, fused, PIXELS, type Route, viaLogSoftmax, viaSoftmax } from "@surprisal/digits";

/** What can be chosen before the training, by the names on the page. */
export const routes: Readonly<Record<string, Route>> = {
  crossEntropy: fused,
  "logSoftmax, then NLL": viaLogSoftmax,
  "softmax, log, then NLL": viaSoftmax,
};

export const models: Readonly<Record<string, readonly number[]>> = {
  "one linear layer": [PIXELS, CLASSES],
  "one hidden layer of 32": [PIXELS, 32, CLASSES],
};

/** The seed of split, weights and batches: every reader sees the same run. */
export const seed = 1;

/** What the page asks of the worker. */
export type Request =
  | { readonly kind: "start"; readonly route: string; readonly model: string; readonly csv: string }
  | { readonly kind: "pause" }
  | { readonly kind: "resume" };

/** How far the training is. */
export interface Progress {
  /** The mean loss of each epoch so far. */
  readonly losses: readonly number[];
  /** The share of held-out images classified correctly after each. */
  readonly accuracies: readonly number[];
  /** How often a held-out image of a digit (row) was taken for one (column), of shape [10, 10]. */
  readonly confusion: readonly number[];
  /** The values of each parameter of the network. */
  readonly parameters: readonly Float32Array[];
}

export type Report =
  | { readonly kind: "progress"; readonly progress: Progress }
  | { readonly kind: "error"; readonly message: string };
