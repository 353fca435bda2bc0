import type { Tensor } from "@surprisal/core";
import type { Network } from "./model/network.ts";
import type { Run } from "./training.ts";

/** How a run differs from a reference that should give the same. */
export interface Difference {
  /** The greatest between the losses of the same epoch. */
  readonly loss: number;
  /** The greatest between the same weights at the end. */
  readonly weight: number;
  /** How many images the two networks classify differently at the end. */
  readonly answers: number;
  /** How many times as long the loss and its gradient took. */
  readonly slowdown: number;
}

/** The difference of a run from a reference, with answers to these images. */
export function difference(run: Run, reference: Run, pixels: Tensor<Float32Array>): Difference {
  const answers = reference.network.classify(pixels);
  return {
    loss: greatestGap(losses(run), losses(reference)),
    weight: greatestGap(weights(run.network), weights(reference.network)),
    answers: run.network.classify(pixels).filter((answer, i) => answer !== answers[i]).length,
    slowdown: typicalTimes(run).loss / typicalTimes(reference).loss,
  };
}

/** Milliseconds per epoch, in all and for the loss and its gradient: the medians. */
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
