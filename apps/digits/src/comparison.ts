import type { Tensor } from "@surprisal/core";
import type { Network } from "./model/network.ts";
import type { Run } from "./training.ts";

/** The differences of a run from a reference run that should have the same results. */
export interface Difference {
  /** The largest difference between the losses of an epoch. */
  readonly loss: number;
  /** The largest difference between final weights. */
  readonly weight: number;
  /** The number of images that the two final networks classify differently. */
  readonly answers: number;
  /** The time for the loss and its gradient, relative to the reference. */
  readonly slowdown: number;
}

/** Compares a run with a reference, and the two final networks on some images. */
export function difference(run: Run, reference: Run, pixels: Tensor<Float32Array>): Difference {
  const answers = reference.network.classify(pixels);
  return {
    loss: greatestGap(losses(run), losses(reference)),
    weight: greatestGap(weights(run.network), weights(reference.network)),
    answers: run.network.classify(pixels).filter((answer, i) => answer !== answers[i]).length,
    slowdown: typicalTimes(run).loss / typicalTimes(reference).loss,
  };
}

/** Returns median milliseconds per epoch: in total, and for the loss and its gradient. */
export function typicalTimes({ epochs }: Run) {
  return {
    all: median(epochs.map(({ time }) => time)),
    loss: median(epochs.map(({ lossTime }) => lossTime)),
  };
}

function losses({ epochs }: Run): number[] {
  return epochs.map(({ loss }) => loss);
}

function weights({ parameters }: Network): number[] {
  return parameters.flatMap(({ values }) => [...values]);
}

function greatestGap(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, k) => Math.abs(value - b[k])));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
