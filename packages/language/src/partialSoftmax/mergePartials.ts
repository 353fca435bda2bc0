import { formatValue } from "@surprisal/core/authoring";
import type { PartialState } from "./partialSoftmax.ts";
import {
  checkComplete,
  checkState,
  fromJson,
  type Interval,
  type JsonNumber,
  joinIntervals,
} from "./partialState.ts";

/** The result of `mergePartials`. */
export interface MergedPartials {
  /**
   * −log p of each position's token, in nats; 0 where it is ignored. They are computed when they are first read. Reading
   * them is an error if an id below the last one, or the token of a position, is in no part: more states have to be merged first.
   */
  readonly losses: readonly number[];
  /** The state of all parts together, which may be merged with other states, and from which gradients are computed. */
  readonly state: PartialState;
}

/**
 * Merges the states of the parts of a vocabulary, and computes the loss of each position.
 *
 * max = maxₖ maxₖ; S = Σₖ (1 + Sₖ) · exp(maxₖ − max) − 1; loss = (max − target) + log1p(S)
 *
 * The gradient of a part's logits is exp(x − max) / (1 + S), less 1 at the token: `partialGradient` computes it.
 *
 * @param states states of `partialSoftmax`, or of `mergePartials` itself, in any order. No id may be in more than one.
 * @returns the losses, and the merged state. States of some of the parts can be merged, too, and their state with others
 * later. Only losses need all parts.
 * @throws TypeError if a state is not one of `partialSoftmax` or `mergePartials`.
 * @throws RangeError if states are of different positions or versions, their ids overlap, or two of them hold the token
 * of one position; and when losses are read, if ids or the token of a position are in no part.
 *
 * @example
 * ```ts
 * import { mergePartials, partialSoftmax } from "@surprisal/language";
 *
 * const parts = [0, 1, 2].map((start) => partialSoftmax([[3]], [1], { vocabularyStart: start }));
 * mergePartials(parts).losses; // [1.098…]
 * ```
 *
 * Source: Milakov & Gimelshein, arXiv 1805.02867.
 */
export function mergePartials(states: Iterable<PartialState>): MergedPartials {
  const parts = readStates(states);
  const [{ shape, ignored }] = parts;
  const vocabulary = parts.flatMap((part) => part.vocabulary);
  checkDisjoint(vocabulary);
  const rows = ignored.length;
  const max: PartialState["max"][number][] = [];
  const sumExpExcludingMax: number[] = [];
  const targetLogit: JsonNumber[] = [];
  for (let r = 0; r < rows; r++) {
    const rowMax = parts.reduce((top, part) => largerOf(top, fromJson(part.max[r])), -Infinity);
    const hasNaN = Number.isNaN(rowMax);
    max.push(hasNaN ? "NaN" : rowMax === Number.NEGATIVE_INFINITY ? null : rowMax);
    sumExpExcludingMax.push(hasNaN ? 0 : mergeSums(parts, r, rowMax));
    targetLogit.push(findTarget(parts, r));
  }
  const state: PartialState = {
    type: "partialSoftmax",
    version: 1,
    shape,
    vocabulary: joinIntervals(vocabulary),
    max,
    sumExpExcludingMax,
    targetLogit,
    ignored,
  };
  let losses: readonly number[] | undefined;
  return {
    get losses() {
      losses ??= lossesOf(state);
      return losses;
    },
    state,
  };
}

/** Returns the loss of each position of a state that has all ids and tokens. */
function lossesOf(state: PartialState): number[] {
  checkComplete("mergePartials", "losses", state);
  return state.ignored.map((isIgnored, r) => {
    if (isIgnored) return 0;
    const target = state.targetLogit[r];
    if (target === null) throw tokenError(state.vocabulary, r);
    // A row of only −∞ has no loss, as in crossEntropy: NaN.
    return fromJson(state.max[r]) - fromJson(target) + Math.log1p(state.sumExpExcludingMax[r]);
  });
}

function tokenError([ids]: readonly Interval[], row: number): RangeError {
  return new RangeError(
    `mergePartials: losses need the states of all parts of the vocabulary, but the token of row ${row} is in none of them. The parts have ids ${ids.start} to ${ids.end - 1}.`,
  );
}

/** Returns Σ exp(x − max) of a row over all parts, without one 1 of the maximum. */
function mergeSums(parts: readonly PartialState[], row: number, max: number): number {
  let hasMax = false;
  let sum = 0;
  for (const part of parts) {
    const partMax = fromJson(part.max[row]);
    if (partMax === Number.NEGATIVE_INFINITY) continue;
    const others = part.sumExpExcludingMax[row];
    if (partMax === max && !hasMax) {
      // The first maximum's own 1 is left out: added and taken away, it would round the others away.
      hasMax = true;
      sum += others;
    } else sum += (1 + others) * Math.exp(partMax - max);
  }
  return sum;
}

/** Returns the larger number, or NaN. */
function largerOf(a: number, b: number): number {
  return Number.isNaN(a) || a > b ? a : b;
}

function readStates(states: Iterable<PartialState>): readonly PartialState[] {
  const functionName = "mergePartials";
  if (typeof states !== "object" || states === null || !(Symbol.iterator in states)) {
    throw new TypeError(
      `${functionName}: states must be an array of states, got ${formatValue(states)}.`,
    );
  }
  const parts = [...states];
  if (parts.length === 0)
    throw new RangeError(`${functionName}: states must hold at least one state, got none.`);
  parts.forEach((part, i) => {
    checkState(`${functionName}: states[${i}]`, part, parts[0]);
  });
  return parts;
}

function checkDisjoint(vocabulary: readonly Interval[]): void {
  const intervals = vocabulary.filter(({ start, end }) => start < end);
  intervals.sort((a, b) => a.start - b.start);
  const i = intervals.findIndex(({ start }, k) => k > 0 && start < intervals[k - 1].end);
  if (i === -1) return;
  const last = Math.min(intervals[i].end, intervals[i - 1].end) - 1;
  throw new RangeError(
    `mergePartials: states must have different ids, but ids ${intervals[i].start} to ${last} are in more than one. Set vocabularyStart of each partialSoftmax to the first id of its logits.`,
  );
}

/** Returns the logit of a position's token. Throws if two parts have it: they were computed for different tokens. */
function findTarget(parts: readonly PartialState[], row: number): JsonNumber {
  const [first, second] = [...parts.keys()].filter((k) => parts[k].targetLogit[row] !== null);
  if (second === undefined) return first === undefined ? null : parts[first].targetLogit[row];
  throw new RangeError(
    `mergePartials: states must be of the same tokens, but states[${first}] and states[${second}] both hold the token of row ${row}. Pass the same ids to each call of partialSoftmax.`,
  );
}
