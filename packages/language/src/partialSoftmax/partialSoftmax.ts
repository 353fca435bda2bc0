import type { FloatInput, IntegerInput } from "@surprisal/core";
import {
  formatShape,
  integer,
  lossOptionNames,
  optionsParser,
  readNumbers,
} from "@surprisal/core/authoring";
import { checkLogits, type Logits, readLogits } from "../logits/readLogits.ts";
import { rowSums } from "./rowSums.ts";

/** Options of `partialSoftmax`. */
export interface PartialSoftmaxOptions {
  /**
   * The id of the first token of this part of the vocabulary.
   *
   * @defaultValue 0
   */
  vocabularyStart?: number | undefined;
  /**
   * Positions with this id are ignored.
   *
   * @defaultValue -100
   */
  ignoreIndex?: number | undefined;
}

/**
 * The state of one part of a vocabulary for each position: plain JSON, three numbers a position. JSON has no infinities
 * and no NaN: `"NaN"` is the maximum of a row that holds NaN or ∞, or the logit of its token.
 */
export interface PartialState {
  readonly type: "partialSoftmax";
  readonly version: 1;
  /** The positions' shape. */
  readonly shape: readonly number[];
  /** The ids of this part, from `start` to before `end`. A merged state that has gaps has several intervals. */
  readonly vocabulary: readonly { readonly start: number; readonly end: number }[];
  /** The largest logit; null if all are −∞. */
  readonly max: readonly (number | null | "NaN")[];
  /** Σ exp(logit − max) of all other logits. The largest one's own 1 is left out, to keep the digits of a sure row. */
  readonly sumExpExcludingMax: readonly number[];
  /** The logit of the token; null if the token is in another part. */
  readonly targetLogit: readonly (number | null | "-Infinity" | "NaN")[];
  /** Whether the position is ignored. */
  readonly ignored: readonly boolean[];
}

const parseOptions = optionsParser(
  {
    vocabularyStart: { ...integer(0), otherNames: /^vocabstart/ },
    ignoreIndex: integer(-100),
  },
  lossOptionNames,
);

/**
 * Computes the contribution of one part of a vocabulary to the probability of each token, for a vocabulary
 * that is split over machines or threads. `mergePartials` computes the losses from all parts.
 *
 * state = maximum, Σ exp(logit − maximum) without the maximum's own 1, and the logit of the token
 *
 * @param logits logits of shape [V], [T, V], [B, T, V] or […, V], V being the size of this part.
 * @param ids token ids of the whole vocabulary, of the shape of logits without its last axis.
 * @param options vocabularyStart, ignoreIndex.
 * @returns the state, which is plain JSON.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape does not fit, or an id is negative or not a whole number.
 *
 * @example
 * ```ts
 * import { mergePartials, partialSoftmax } from "@surprisal/language";
 *
 * // A vocabulary of four tokens on two machines.
 * const first = partialSoftmax([[2, 1]], [3]);
 * const second = partialSoftmax([[0, -1]], [3], { vocabularyStart: 2 });
 * mergePartials([first, second]).losses; // [3.440…]
 * ```
 *
 * Source: Milakov & Gimelshein, "Online normalizer calculation for softmax", arXiv 1805.02867; Shoeybi et al.,
 * "Megatron-LM", arXiv 1909.08053, for the split vocabulary.
 */
export function partialSoftmax(
  logits: FloatInput,
  ids: IntegerInput,
  options?: PartialSoftmaxOptions,
): PartialState {
  const functionName = "partialSoftmax";
  const { vocabularyStart: start, ignoreIndex } = parseOptions(functionName, options);
  if (start < 0) {
    throw new RangeError(`${functionName}: vocabularyStart must be at least 0, got ${start}.`);
  }
  const read = readLogits(functionName, logits);
  const targets = readIds(functionName, read, ids, (_, id) => id === ignoreIndex);
  checkLogits(functionName, read);
  const end = start + read.vocabulary;
  const places = targets.map((id) => (id >= start && id < end ? id - start : -1));
  const { max, sumExpExcludingMax, targetLogit } = rowSums(read, places);
  return {
    type: "partialSoftmax",
    version: 1,
    shape: read.shape,
    vocabulary: [{ start, end }],
    max: Array.from(max, (largest) => (isNumber(largest) ? toNullable(largest) : "NaN")),
    sumExpExcludingMax: Array.from(sumExpExcludingMax, (sum, r) => (isNumber(max[r]) ? sum : 0)),
    targetLogit: Array.from(targetLogit, (logit, r) => {
      if (places[r] < 0) return null;
      return isNumber(max[r]) ? (toNullable(logit) ?? "-Infinity") : "NaN";
    }),
    ignored: Array.from(targets, (id) => id < 0),
  };
}

/** Returns whether a row with this maximum has a loss: none with NaN or ∞ does. */
function isNumber(max: number): boolean {
  return max < Number.POSITIVE_INFINITY;
}

function toNullable(logit: number): number | null {
  return logit === Number.NEGATIVE_INFINITY ? null : logit;
}

/** Reads ids of the whole vocabulary. An ignored one, which may be any number, is −1. */
export function readIds(
  functionName: string,
  { shape, rows }: Logits,
  value: unknown,
  isIgnored: (row: number, id: number) => boolean,
): Float64Array {
  const label = `${functionName}: ids`;
  const numbers = readNumbers(label, value);
  if (numbers.shape.length !== shape.length || numbers.shape.some((n, i) => n !== shape[i])) {
    throw new RangeError(
      `${label} must have shape ${formatShape(shape)}, logits' shape without the vocabulary, got ${formatShape(numbers.shape)}.`,
    );
  }
  const ids = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    const id = numbers.data[r];
    const isSkipped = isIgnored(r, id);
    if (!isSkipped && !(Number.isSafeInteger(id) && id >= 0)) {
      throw new RangeError(`${label} must be whole numbers from 0, got ${id} at row ${r}.`);
    }
    ids[r] = isSkipped ? -1 : id;
  }
  return ids;
}
