// The forward and the backward pass over all alignments of one sequence with its labels.
import type { KernelArray } from "@surprisal/core/authoring";
import { makeWorkspace } from "../define/workspace.ts";
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

/**
 * The alignments of a sequence. State 2j + 1 of a time step is label j; the even states are blanks. Of
 * each time step only those states are computed that can be on the way from the first step to the last.
 */
interface Alignments {
  readonly sequence: Sequence;
  readonly states: number;
  /** The class of each state. */
  readonly classes: Int32Array;
  /** Holds 1 where an alignment may go from state s − 2 to state s: both are labels, and they differ. */
  readonly skips: Uint8Array;
  /** α: the probability of all alignments up to a time step that end in a state. */
  readonly alphas: Probabilities;
  /** The probability of each state's class at each time step. */
  readonly emissions: Probabilities;
  /** The probability of the labels, which is that of all alignments. */
  readonly total: Probabilities;
}

const workspace = /* @__PURE__ */ makeWorkspace();

/**
 * Returns −log of the probability of the labels, and writes its gradient times `scale` to `gradient`,
 * which holds zeros.
 *
 * @param shares has one element per class, for any use.
 */
export function evaluateSequence(
  sequence: Sequence,
  zeroInfinity: boolean,
  gradient: KernelArray | undefined,
  scale: number,
  shares: Float64Array,
): number {
  if (sequence.steps === 0 && sequence.labels.length === 0) return 0;
  const alignments = isAlignable(sequence) ? align(sequence) : undefined;
  const loss = alignments === undefined ? Number.POSITIVE_INFINITY : 0 - logOf(alignments.total, 0);
  const isZero = zeroInfinity && loss === Number.POSITIVE_INFINITY;
  if (gradient !== undefined && !isZero) {
    if (alignments !== undefined && Number.isFinite(loss)) {
      storeGradient(alignments, scale, gradient, shares);
    } else fillGradient(sequence, Number.NaN, gradient, shares.length);
  }
  if (alignments !== undefined) releaseAlignments(alignments);
  return isZero ? 0 : loss;
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

/** Computes α of every time step. There must be one, and the sequence must be alignable. */
function align(sequence: Sequence): Alignments {
  const { steps, labels, blank } = sequence;
  const states = 2 * labels.length + 1;
  const width = states + 2 * padding;
  const classes = Int32Array.from({ length: states }, (_, s) =>
    s % 2 === 0 ? blank : labels[s >> 1],
  );
  const skips = Uint8Array.from({ length: states + padding }, (_, s) =>
    Number(s % 2 === 1 && s > 1 && s < states && classes[s] !== classes[s - 2]),
  );
  const alphas = acquire(workspace, steps * width);
  const emissions = acquire(workspace, steps * states);
  const total = acquire(workspace, 1);
  for (let t = 0; t < steps; t++) {
    loadEmissions(sequence, t, emissions);
    const toRow = t * width + padding;
    const first = firstState(states, steps - t);
    const last = lastState(states, t);
    clear(alphas, toRow - padding, toRow);
    clear(alphas, toRow + last + 1, toRow + last + 1 + padding);
    if (t === 0) {
      for (let s = first; s <= last; s++) copy(emissions, s, alphas, toRow + s);
      continue;
    }
    const rows = { fromRow: toRow - width, factorRow: t * states, toRow };
    const step = { from: alphas, neighbour: -1, skips, factors: emissions, to: alphas, ...rows };
    advance(step, first, last);
  }
  // Without labels there is one state, and the cell before it is 0.
  storeSum(alphas, (steps - 1) * width + padding + states - 1, 2, -1, total, 0);
  return { sequence, states, classes, skips, alphas, emissions, total };
}

/** Gives the arrays of the alignments back to the workspace. */
function releaseAlignments({ alphas, emissions, total }: Alignments): void {
  for (const probabilities of [alphas, emissions, total]) release(workspace, probabilities);
}

/**
 * Writes the gradient times `scale`: at each time step, the probability of each class less the share of
 * the alignments that are in this class.
 */
function storeGradient(
  { sequence, states, classes, skips, alphas, emissions, total }: Alignments,
  scale: number,
  gradient: KernelArray,
  shares: Float64Array,
): void {
  const { logProbs, start, stride, steps } = sequence;
  const width = states + 2 * padding;
  // β: the probability of all alignments from a time step and state on.
  const betas = acquire(workspace, states + padding);
  clear(betas, 0, states + padding);
  const step = { from: betas, fromRow: 0, neighbour: 1, factors: emissions, to: betas, toRow: 0 };
  const nextSkips = skips.subarray(padding);
  for (let t = steps - 1; t >= 0; t--) {
    const first = firstState(states, steps - t);
    const last = lastState(states, t);
    const factorRow = t * states;
    if (t < steps - 1) advance({ ...step, skips: nextSkips, factorRow }, first, last);
    else for (let s = first; s <= last; s++) copy(emissions, factorRow + s, betas, s);
    shares.fill(0);
    const row = t * width + padding;
    // Both α and β contain the probability of the state itself.
    addShares(alphas, row, betas, emissions, factorRow, total, first, last, classes, shares);
    const offset = start + t * stride;
    for (let c = 0; c < shares.length; c++) {
      gradient[offset + c] = (expOf(logProbs[offset + c]) - shares[c]) * scale;
    }
  }
  release(workspace, betas);
}

/** Returns the first state from which the last one can be reached in the time steps that are left. */
function firstState(states: number, stepsLeft: number): number {
  return Math.max(0, states - 2 * stepsLeft);
}

/** Returns the last state that can be reached at a time step. */
function lastState(states: number, t: number): number {
  return Math.min(states - 1, 2 * t + 1);
}

/** Stores the probability of each state's class at a time step. */
function loadEmissions(
  { logProbs, start, stride, blank, labels }: Sequence,
  t: number,
  emissions: Probabilities,
): void {
  const row = start + t * stride;
  const first = t * (2 * labels.length + 1);
  setLog(emissions, first, logProbs[row + blank]);
  for (let j = 0; j < labels.length; j++) {
    setLog(emissions, first + 2 * j + 1, logProbs[row + labels[j]]);
    copy(emissions, first, emissions, first + 2 * j + 2);
  }
}
