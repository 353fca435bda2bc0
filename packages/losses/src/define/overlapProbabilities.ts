import { argmax, expBelowZero } from "@surprisal/core/authoring";
import type { ParsedOverlapOptions } from "./overlapOptions.ts";

type Activation = ParsedOverlapOptions["activation"];

/** The probabilities of the classes at one position. */
export interface Probabilities {
  readonly p: Float64Array;
  /** 1 − p, with its digits where p is close to 1. */
  readonly complement: Float64Array;
}

/** Computes the probabilities of a position from its elements. */
export function loadProbabilities(
  activation: Activation,
  x: Float64Array,
  { p, complement }: Probabilities,
): void {
  if (activation === "softmax") {
    loadSoftmax(x, p, complement);
    return;
  }
  for (let j = 0; j < x.length; j++) {
    if (activation === "none") {
      p[j] = x[j];
      complement[j] = 1 - x[j];
    } else {
      const exp = expBelowZero(-Math.abs(x[j]));
      p[j] = (x[j] >= 0 ? 1 : exp) / (1 + exp);
      complement[j] = (x[j] >= 0 ? exp : 1) / (1 + exp);
    }
  }
}

/** Computes softmax; faster than the kernels for a few classes. */
function loadSoftmax(x: Float64Array, p: Float64Array, complement: Float64Array): void {
  let top = 0;
  for (let j = 1; j < x.length; j++) if (x[j] > x[top]) top = j;
  const max = x[top];
  // NaN, unless the maximum is finite.
  let sumExcludingTop = max - max;
  for (let j = 0; j < x.length; j++) {
    p[j] = j === top ? 1 : expBelowZero(x[j] - max);
    if (j !== top) sumExcludingTop += p[j];
  }
  const sum = 1 + sumExcludingTop;
  for (let j = 0; j < x.length; j++) {
    p[j] /= sum;
    complement[j] = j === top ? sumExcludingTop / sum : 1 - p[j];
  }
}

/** Replaces derivatives with respect to the probabilities by those with respect to the elements. */
export function backpropagate(
  activation: Activation,
  { p, complement }: Probabilities,
  derivatives: Float64Array,
): void {
  if (activation === "none") return;
  if (activation === "sigmoid") {
    for (let j = 0; j < p.length; j++) {
      // A class that does not count has no gradient, even if its element is NaN.
      if (derivatives[j] !== 0) derivatives[j] *= p[j] * complement[j];
    }
    return;
  }
  // pⱼ (dⱼ − Σ p d), where the sum is taken relative to the most probable class: nothing cancels.
  const top = argmax(p);
  const own = derivatives[top];
  let excess = 0;
  for (let k = 0; k < p.length; k++) excess += p[k] * (own - derivatives[k]);
  for (let j = 0; j < p.length; j++) derivatives[j] = p[j] * (derivatives[j] - own + excess);
}
