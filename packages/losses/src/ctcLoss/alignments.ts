// The forward and the backward pass over all alignments of one sequence with its labels.
import type { KernelArray } from "@surprisal/core/authoring";
import { follow, lossOfLikely, newLikelyAlignment } from "./likelyAlignment.ts";
import {
  acquire,
  addShares,
  advance,
  clear,
  copy,
  expOf,
  logOf,
  type Probabilities,
  release,
  setLog,
  storeSum,
} from "./probabilities.ts";

/** The cells of 0 before and after the states of a time step, so that each state has neighbours. */
const padding = 2;

/** One sequence of log-probabilities and its labels. */
export interface Sequence {
  readonly logProbs: ArrayLike<number>;
  /** The offset of the log-probabilities of the first time step. */
  readonly start: number;
  /** The distance between time steps. */
  readonly stride: number;
  /** The number of time steps. */
  readonly steps: number;
  readonly blank: number;
  readonly labels: Int32Array;
}

/** The arrays that the alignments of one sequence after another are computed in. */
export interface Buffers {
  /** Whether α is kept for all time steps, as the gradient needs it. */
  readonly keepsSteps: boolean;
  /** α: the probability of all alignments up to a time step that end in a state. */
  readonly alphas: Probabilities;
  /** The probability of each state's class at each time step. */
  readonly emissions: Probabilities;
  /** β: the probability of all alignments from a time step and state on. */
  readonly betas: Probabilities;
  /** The probability of the labels, which is that of all alignments. */
  readonly total: Probabilities;
  /** One element per class: the share of the alignments that are in the class at a time step. */
  readonly shares: Float64Array;
}

/** Takes the arrays for sequences of at most so many time steps and labels from the pool. */
export function acquireBuffers(
  steps: number,
  labels: number,
  classes: number,
  keepsSteps: boolean,
): Buffers {
  const width = 2 * labels + 1 + 2 * padding;
  return {
    keepsSteps,
    alphas: acquire((keepsSteps ? steps : 2) * width),
    emissions: acquire((keepsSteps ? steps : 1) * width),
    betas: acquire(width),
    total: acquire(1),
    shares: new Float64Array(classes),
  };
}

/** Gives the arrays back to the pool. */
export function releaseBuffers({ alphas, emissions, betas, total }: Buffers): void {
  for (const probabilities of [alphas, emissions, betas, total]) release(probabilities);
}

/**
 * The states of a sequence. State 2j + 1 of a time step is label j; the even states are blanks. Of each
 * time step only those states are computed that can be on the way from the first step to the last.
 */
export interface States {
  readonly count: number;
  /** The class of each state. */
  readonly classes: Int32Array;
  /** Holds 1 where an alignment may go from state s − 2 to state s: both are labels, and they differ. */
  readonly skips: Uint8Array;
}

/**
 * Returns −log of the probability of the labels, and writes its gradient times `scale` to `gradient`,
 * which holds zeros.
 */
export function evaluateSequence(
  sequence: Sequence,
  zeroInfinity: boolean,
  gradient: KernelArray | undefined,
  scale: number,
  buffers: Buffers,
): number {
  if (sequence.steps === 0 && sequence.labels.length === 0) return 0;
  const states = statesOf(sequence);
  const isPossible = isAlignable(sequence);
  const loss = isPossible ? computeAlphas(sequence, states, buffers) : Number.POSITIVE_INFINITY;
  if (zeroInfinity && loss === Number.POSITIVE_INFINITY) return 0;
  if (gradient !== undefined) {
    if (Number.isFinite(loss)) storeGradient(sequence, states, scale, gradient, buffers);
    else fillGradient(sequence, Number.NaN, gradient, buffers.shares.length);
  }
  return loss;
}

/** Returns whether there are time steps enough for the labels, and for a blank between equal neighbours. */
function isAlignable({ steps, labels }: Sequence): boolean {
  let needed = labels.length;
  for (let j = 1; j < labels.length; j++) if (labels[j] === labels[j - 1]) needed++;
  return needed <= steps;
}

/** Writes the same number for all classes of all time steps of a sequence. */
function fillGradient(
  { start, stride, steps }: Sequence,
  value: number,
  gradient: KernelArray,
  classes: number,
): void {
  for (let t = 0, offset = start; t < steps; t++, offset += stride) {
    gradient.fill(value, offset, offset + classes);
  }
}

function statesOf({ labels, blank }: Sequence): States {
  const count = 2 * labels.length + 1;
  const classes = new Int32Array(count).fill(blank);
  // The recursion backward looks at two states more.
  const skips = new Uint8Array(count + padding);
  for (let j = 0; j < labels.length; j++) {
    classes[2 * j + 1] = labels[j];
    skips[2 * j + 1] = j > 0 && labels[j] !== labels[j - 1] ? 1 : 0;
  }
  return { count, classes, skips };
}

/** Computes α of every time step, and the total. Returns its −log. The sequence must be alignable. */
function computeAlphas(sequence: Sequence, states: States, buffers: Buffers): number {
  const { steps } = sequence;
  const { count, skips } = states;
  const { keepsSteps, alphas, emissions, total } = buffers;
  const width = count + 2 * padding;
  const rowOf = (t: number) => (keepsSteps ? t : t % 2) * width + padding;
  const alignment = newLikelyAlignment();
  for (let t = 0; t < steps; t++) {
    const factorRow = keepsSteps ? t * count : 0;
    loadEmissions(sequence, t, emissions, factorRow);
    const toRow = rowOf(t);
    const first = firstState(count, steps - t);
    const last = lastState(count, t);
    clear(alphas, toRow - padding, toRow);
    clear(alphas, toRow + last + 1, toRow + last + 1 + padding);
    const fromRow = t > 0 ? rowOf(t - 1) : toRow;
    follow(alignment, sequence, states, t, first, last, alphas, fromRow);
    if (t > 0) {
      const rows = { fromRow, factorRow, toRow };
      const step = { from: alphas, neighbour: -1, skips, factors: emissions, to: alphas, ...rows };
      advance(step, first, last);
    } else for (let s = first; s <= last; s++) copy(emissions, factorRow + s, alphas, toRow + s);
  }
  // Without labels there is one state, and the cell before it is 0.
  const end = rowOf(steps - 1) + count - 1;
  storeSum(alphas, end, 2, -1, total, 0);
  return lossOfLikely(alignment, alphas, end, count) ?? 0 - logOf(total, 0);
}

/**
 * Writes the gradient times `scale`: at each time step, the probability of each class less the share of
 * the alignments that are in this class.
 */
function storeGradient(
  { logProbs, start, stride, steps }: Sequence,
  { count, classes, skips }: States,
  scale: number,
  gradient: KernelArray,
  { alphas, emissions, betas, total, shares }: Buffers,
): void {
  const width = count + 2 * padding;
  clear(betas, 0, count + padding);
  const rows = { fromRow: 0, toRow: 0, skips: skips.subarray(padding) };
  const step = { from: betas, neighbour: 1, factors: emissions, to: betas, ...rows };
  for (let t = steps - 1; t >= 0; t--) {
    const first = firstState(count, steps - t);
    const last = lastState(count, t);
    const factorRow = t * count;
    if (t < steps - 1) advance({ ...step, factorRow }, first, last);
    else for (let s = first; s <= last; s++) copy(emissions, factorRow + s, betas, s);
    shares.fill(0);
    const row = t * width + padding;
    // Both α and β contain the probability of the state itself.
    addShares(alphas, row, betas, emissions, factorRow, total, first, last, classes, shares);
    const offset = start + t * stride;
    let top = 0;
    for (let c = 0; c < shares.length; c++) {
      gradient[offset + c] = (expOf(logProbs[offset + c]) - shares[c]) * scale;
      if (shares[c] > shares[top]) top = c;
    }
    if (!(shares[top] > 0.5)) continue;
    // Two numbers near 1 have a difference without digits. The shares add up to 1.
    const rest = sumOfOthers(shares, top);
    gradient[offset + top] = (Math.expm1(logProbs[offset + top]) + rest) * scale;
  }
}

/** Returns the sum of all elements but one. */
function sumOfOthers(elements: Float64Array, one: number): number {
  let sum = 0;
  for (let i = 0; i < elements.length; i++) if (i !== one) sum += elements[i];
  return sum;
}

/** Returns the first state from which the last one can be reached in the time steps that are left. */
function firstState(states: number, stepsLeft: number): number {
  return Math.max(0, states - 2 * stepsLeft);
}

/** Returns the last state that can be reached at a time step. */
function lastState(states: number, t: number): number {
  return Math.min(states - 1, 2 * t + 1);
}

/** Stores the probability of each state's class at a time step, from index `first` on. */
function loadEmissions(
  { logProbs, start, stride, blank, labels }: Sequence,
  t: number,
  emissions: Probabilities,
  first: number,
): void {
  const row = start + t * stride;
  setLog(emissions, first, logProbs[row + blank]);
  for (let j = 0; j < labels.length; j++) {
    setLog(emissions, first + 2 * j + 1, logProbs[row + labels[j]]);
    copy(emissions, first, emissions, first + 2 * j + 2);
  }
}
