// The loss of a confident model, where one alignment has nearly all of the probability. That of the labels is 1 less a
// little, and a float64 near 1 has few digits for the difference. The logarithm of the one alignment is a sum of small
// numbers, and the probability of the other alignments is a small number of its own. Both keep their digits.
import type { Sequence, States } from "./alignments.ts";
import { expOf, type Probabilities, toNumber } from "./probabilities.ts";

/** The alignment that goes to the most probable state at each time step, up to a time step. */
export interface LikelyAlignment {
  /** The state at the time step. */
  state: number;
  /** The logarithm of the alignment's probability. The exact one is the sum of this and `correction`. */
  log: number;
  /** The sum of the rounding errors in `log`. */
  correction: number;
  /** The sum of the magnitudes of the log-probabilities; +∞ if the alignment reaches neither of the two last states. */
  magnitude: number;
  /** The probability of all other alignments that end in the same state. */
  others: number;
}

/** An alignment whose logarithm is farther from 0 is not likely. The loss needs no help with its digits. */
const maxMagnitude = 1;

/** Returns the alignment before the first time step. */
export function newLikelyAlignment(): LikelyAlignment {
  return { state: 0, log: 0, correction: 0, magnitude: 0, others: 0 };
}

/**
 * Goes to a state from `first` to `last` at time step t.
 *
 * @param alphas α, whose state 0 is at index `row` at the time step before.
 */
export function follow(
  alignment: LikelyAlignment,
  { logProbs, start, stride }: Sequence,
  { classes, skips }: States,
  t: number,
  first: number,
  last: number,
  alphas: Probabilities,
  row: number,
): void {
  if (!isLikely(alignment)) return;
  const { state, log } = alignment;
  let logProb = Number.NEGATIVE_INFINITY;
  let next = state;
  for (let s = Math.max(first, state); s <= Math.min(last, state + 2); s++) {
    const candidate = logProbs[start + t * stride + classes[s]];
    if (candidate <= logProb || (s === state + 2 && skips[s] === 0)) continue;
    logProb = candidate;
    next = s;
  }
  let { others } = alignment;
  for (let s = next - 1 - skips[next]; t > 0 && s <= next; s++) {
    if (s !== state) others += toNumber(alphas, row + s);
  }
  const sum = log + logProb;
  alignment.state = next;
  alignment.log = sum;
  // Knuth's formula for the rounding error of a sum, whichever of its terms is the larger one.
  const added = sum - log;
  alignment.correction += log - (sum - added) + (logProb - added);
  alignment.magnitude += Math.abs(logProb);
  alignment.others = others * expOf(logProb);
}

/**
 * Returns −log of the probability of all alignments, given one that has reached one of the two last states.
 *
 * @param alphas α, whose last state is at index `end` at the last time step.
 * @param count the number of states.
 * @returns undefined if the alignment is not likely.
 */
export function lossOfLikely(
  alignment: LikelyAlignment,
  alphas: Probabilities,
  end: number,
  count: number,
): number | undefined {
  if (!isLikely(alignment)) return undefined;
  const { state, log, correction } = alignment;
  const others = alignment.others + toNumber(alphas, state === count - 1 ? end - 1 : end);
  const ratio = others / Math.exp(log);
  if (!(ratio < Number.POSITIVE_INFINITY)) return undefined;
  return 0 - (log + Math.log1p(ratio) + correction);
}

function isLikely({ magnitude }: LikelyAlignment): boolean {
  return magnitude < maxMagnitude;
}
