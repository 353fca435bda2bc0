import { formatShape, formatValue, sameShape } from "@surprisal/core/authoring";
import type { PartialState } from "./partialSoftmax.ts";

/** The result of `mergePartials`. */
export interface MergedPartials {
  /** −log p of each position's token, in nats; 0 where it is ignored. */
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
 * @returns the losses, and the merged state. A position whose token is in none of the parts has the loss ∞.
 * @throws TypeError if a state is not one of `partialSoftmax` or `mergePartials`.
 * @throws RangeError if states are of different positions or versions, their ids overlap, or two of them hold the token
 * of one position.
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
  const [{ shape }] = parts;
  const vocabulary = parts.flatMap((part) => part.vocabulary).sort((a, b) => a.start - b.start);
  checkDisjoint(vocabulary);
  checkTokens(parts);
  const rows = parts[0].max.length;
  const max: (number | null | "NaN")[] = [];
  const sumExpExcludingMax: number[] = [];
  const targetLogit: (number | null)[] = [];
  const losses: number[] = [];
  for (let r = 0; r < rows; r++) {
    const rowMax = parts.reduce((top, part) => largerOf(top, fromJson(part.max[r])), -Infinity);
    const hasNaN = Number.isNaN(rowMax);
    max.push(hasNaN ? "NaN" : rowMax === Number.NEGATIVE_INFINITY ? null : rowMax);
    sumExpExcludingMax.push(hasNaN ? 0 : mergeSums(parts, r, rowMax));
    const target = parts.reduce(
      (top, part) => largerOf(top, fromJson(part.targetLogit[r])),
      -Infinity,
    );
    targetLogit.push(target === Number.NEGATIVE_INFINITY ? null : target);
    // A row of only −∞ has no loss, as in crossEntropy: NaN.
    const loss = rowMax - target + Math.log1p(sumExpExcludingMax[r]);
    losses.push(parts[0].ignored[r] ? 0 : loss);
  }
  const { ignored } = parts[0];
  const state: PartialState = {
    type: "partialSoftmax",
    version: 1,
    shape,
    vocabulary,
    max,
    sumExpExcludingMax,
    targetLogit,
    ignored,
  };
  return { losses, state };
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

/** Returns the number of a state's maximum or logit. */
export function fromJson(value: number | null | "NaN"): number {
  return Number(value ?? Number.NEGATIVE_INFINITY);
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
    throw new RangeError(`${functionName}: states must hold at least one state.`);
  parts.forEach((part, i) => {
    checkState(`${functionName}: states[${i}]`, part, parts[0]);
  });
  return parts;
}

/** Throws unless a value is a state of the same positions as the first one. */
export function checkState(label: string, state: PartialState, first: PartialState = state): void {
  if (typeof state !== "object" || state === null || state.type !== "partialSoftmax") {
    throw new TypeError(`${label} must be a state of partialSoftmax, got ${formatValue(state)}.`);
  }
  if (state.version !== 1) {
    throw new RangeError(`${label}.version must be 1, got ${formatValue(state.version)}.`);
  }
  if (!isArrayOf(state.shape, isSize)) {
    throw new TypeError(
      `${label}.shape must be an array of sizes, got ${formatValue(state.shape)}.`,
    );
  }
  if (!isArrayOf(state.vocabulary, isInterval)) {
    throw new TypeError(
      `${label}.vocabulary must be an array of { start, end }, got ${formatValue(state.vocabulary)}.`,
    );
  }
  const rows = state.shape.reduce((product, size) => product * size, 1);
  for (const [name, isValid] of Object.entries(elementChecks)) {
    const array = state[name as keyof typeof elementChecks];
    if (!isArrayOf(array, isValid) || array.length !== rows) {
      const Kind = Array.isArray(array) ? RangeError : TypeError;
      throw new Kind(
        `${label}.${name} must hold a valid element for each of ${rows} positions, got ${formatValue(array)}.`,
      );
    }
  }
  if (!sameShape(state.shape, first.shape)) {
    throw new RangeError(
      `${label} must have positions of shape ${formatShape(first.shape)}, like the first state, got ${formatShape(state.shape)}.`,
    );
  }
  const differs = state.ignored.findIndex((ignored, r) => ignored !== first.ignored[r]);
  if (differs !== -1) {
    throw new RangeError(
      `${label} must ignore the same positions as the first state, but differs at row ${differs}.`,
    );
  }
}

const isLogit = (value: unknown) => value === null || Number.isFinite(value);

/** What the elements of a state's arrays must be. */
const elementChecks = {
  max: (value: unknown) => value === "NaN" || isLogit(value),
  sumExpExcludingMax: (value: unknown) => Number.isFinite(value) && (value as number) >= 0,
  targetLogit: isLogit,
  ignored: (value: unknown) => typeof value === "boolean",
};

function isArrayOf(array: unknown, isValid: (element: unknown) => boolean): array is unknown[] {
  // Not every, which skips the gaps of an array.
  return Array.isArray(array) && array.findIndex((element) => !isValid(element)) === -1;
}

function isSize(size: unknown): boolean {
  return Number.isSafeInteger(size) && (size as number) >= 0;
}

function isInterval(interval: unknown): boolean {
  const { start, end } = (interval ?? {}) as { start?: unknown; end?: unknown };
  return isSize(start) && isSize(end) && (start as number) <= (end as number);
}

function checkDisjoint(vocabulary: PartialState["vocabulary"]): void {
  const i = vocabulary.findIndex(({ start }, k) => k > 0 && start < vocabulary[k - 1].end);
  if (i === -1) return;
  throw new RangeError(
    `mergePartials: states must have different ids, but ids ${vocabulary[i].start} to ${Math.min(vocabulary[i].end, vocabulary[i - 1].end) - 1} are in more than one.`,
  );
}

/** Throws if two parts have a logit of one position's token: they were computed for different tokens. */
function checkTokens(parts: readonly PartialState[]): void {
  for (let r = 0; r < parts[0].max.length; r++) {
    const [first, second] = [...parts.keys()].filter((k) => parts[k].targetLogit[r] !== null);
    if (second === undefined) continue;
    throw new RangeError(
      `mergePartials: states must be of the same tokens, but states[${first}] and states[${second}] both hold the token of row ${r}. Pass the same ids to each call of partialSoftmax.`,
    );
  }
}
