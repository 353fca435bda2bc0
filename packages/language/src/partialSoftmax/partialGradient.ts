import type { FloatInput, IntegerInput, Output, TypedOut, WrittenTo } from "@surprisal/core";
import {
  formatShape,
  integer,
  lossOptionNames,
  openOutput,
  optionsParser,
  readNumbers,
  sameShape,
  sizeOf,
  unknown,
} from "@surprisal/core/authoring";
import { checkLogits, forEachBlock, type Logits, readLogits } from "../logits/readLogits.ts";
import { type PartialState, readIds } from "./partialSoftmax.ts";
import { checkComplete, checkState, fromJson, joinIntervals } from "./partialState.ts";

/** Options of `partialGradient`. */
export interface PartialGradientOptions {
  /**
   * The id of the first token of this part of the vocabulary.
   *
   * @defaultValue 0
   */
  vocabularyStart?: number | undefined;
  /**
   * The upstream gradient: a number for all positions, or one for each. It is a factor, so 0 · NaN is NaN.
   *
   * @defaultValue 1
   */
  gradOutput?: FloatInput | undefined;
  /** Receives the gradient: a container of logits' kind, shape and element type. */
  out?: object | undefined;
}

const parseOptions = optionsParser(
  {
    vocabularyStart: { ...integer(0), otherNames: /^vocabstart/ },
    gradOutput: unknown<unknown>(),
    out: unknown<unknown>(),
  },
  lossOptionNames,
);

/**
 * Computes the gradient of each position's loss for one part of a vocabulary, from the merged state.
 *
 * gradient = gradOutput · (exp(x − max) / (1 + S) − [token])
 *
 * @param logits the logits of this part, as in `partialSoftmax`.
 * @param ids token ids of the whole vocabulary, as in `partialSoftmax`.
 * @param state the `state` of `mergePartials`.
 * @param options vocabularyStart, gradOutput, out.
 * @returns the gradient in logits' kind of container. An ignored position has zeros.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape does not fit, an id is in no part of the state, or the state is not of all parts.
 *
 * @example
 * ```ts
 * import { mergePartials, partialGradient, partialSoftmax } from "@surprisal/language";
 *
 * const { state } = mergePartials([
 *   partialSoftmax([[2, 1]], [0]),
 *   partialSoftmax([[0]], [0], { vocabularyStart: 2 }),
 * ]);
 * partialGradient([[2, 1]], [0], state); // [[-0.334…, 0.244…]]
 * partialGradient([[0]], [0], state, { vocabularyStart: 2 }); // [[0.090…]]
 * ```
 *
 * Source: Shoeybi et al., "Megatron-LM", arXiv 1909.08053.
 */
export function partialGradient<I extends FloatInput, Out = undefined>(
  logits: I,
  ids: IntegerInput,
  state: PartialState,
  options?: TypedOut<PartialGradientOptions, Out>,
): WrittenTo<Output<I>, Out> {
  const functionName = "partialGradient";
  const { vocabularyStart, gradOutput, out } = parseOptions(functionName, options);
  const read = readLogits(functionName, logits);
  const { vocabulary, shape } = read;
  checkState(`${functionName}: state`, state);
  if (!sameShape(state.shape, shape)) {
    throw new RangeError(
      `${functionName}: state must have positions of shape ${formatShape(shape)}, logits' shape without the vocabulary, got ${formatShape(state.shape)}.`,
    );
  }
  checkPart(functionName, state, vocabularyStart, vocabulary);
  checkComplete(functionName, "gradients", state);
  const targets = readIds(functionName, read, ids, (row) => state.ignored[row]);
  checkTokens(functionName, state, targets);
  checkTargetLogits(functionName, read, state, targets, vocabularyStart);
  const scales = readScales(functionName, gradOutput, shape);
  checkLogits(functionName, read);
  const output = openOutput(functionName, out, [...shape, vocabulary], read.spec, [read.memory]);
  forEachBlock(read, ({ data, firstRow, rows: count }) => {
    for (let r = 0; r < count; r++) {
      const row = firstRow + r;
      if (state.ignored[row]) {
        output.data.fill(0, row * vocabulary, (row + 1) * vocabulary);
        continue;
      }
      const scale = scales[row];
      const max = fromJson(state.max[row]);
      const sumExp = 1 + state.sumExpExcludingMax[row];
      const target = targets[row] - vocabularyStart;
      // The output may be the logits themselves.
      const targetLogit = data[r * vocabulary + target];
      for (let j = 0; j < vocabulary; j++) {
        const p = Math.exp(data[r * vocabulary + j] - max) / sumExp;
        output.data[row * vocabulary + j] = scale * p;
      }
      if (target < 0 || target >= vocabulary) continue;
      // Where the maximum is infinite, the result is NaN.
      const isMax = targetLogit === max && Number.isFinite(max);
      // p − 1 would cancel where the token is almost certain.
      const difference = isMax
        ? -state.sumExpExcludingMax[row] / sumExp
        : Math.exp(targetLogit - max) / sumExp - 1;
      output.data[row * vocabulary + target] = scale * difference;
    }
  });
  return output.finish() as WrittenTo<Output<I>, Out>;
}

/** Throws unless the ids from `start` on are among those that the state was made of. */
function checkPart(
  functionName: string,
  state: PartialState,
  start: number,
  vocabulary: number,
): void {
  const intervals = joinIntervals(state.vocabulary);
  const end = start + vocabulary;
  if (vocabulary === 0 && start >= 0) return;
  if (intervals.some((interval) => interval.start <= start && end <= interval.end)) return;
  const known = intervals.map((interval) => `${interval.start} to ${interval.end - 1}`);
  throw new RangeError(
    `${functionName}: logits must be of ids that state has, ${known.join(", ")}, got ${start} to ${end - 1}. Set vocabularyStart to the first id of these logits.`,
  );
}

/** Throws if the token of a position is none of the state's. */
function checkTokens(
  functionName: string,
  { vocabulary, ignored }: PartialState,
  tokens: Float64Array,
): void {
  const end = vocabulary.reduce((last, interval) => Math.max(last, interval.end), 0);
  const row = tokens.findIndex((token, r) => !ignored[r] && token >= end);
  if (row < 0) return;
  throw new RangeError(
    `${functionName}: ids must be in the state's vocabulary, 0 to ${end - 1}, got ${tokens[row]} at row ${row}.`,
  );
}

/** Logits that are computed again may differ by so much, relative to 1 or to their magnitude. */
const logitTolerance = 2 ** -6;

/** Throws if the logit of a token is not the one that the state has: the logits, the ids or their start are others. */
function checkTargetLogits(
  functionName: string,
  read: Logits,
  { ignored, targetLogit }: PartialState,
  targets: Float64Array,
  start: number,
): void {
  const { vocabulary } = read;
  forEachBlock(read, ({ data, firstRow, rows }) => {
    for (let r = 0; r < rows; r++) {
      const row = firstRow + r;
      const place = targets[row] - start;
      if (ignored[row] || place < 0 || place >= vocabulary) continue;
      const known = targetLogit[row];
      const logit = data[r * vocabulary + place];
      const expected = fromJson(known);
      const tolerance = logitTolerance * Math.max(1, Math.abs(expected));
      if (known !== null && !(Math.abs(logit - expected) > tolerance)) continue;
      throw new RangeError(
        `${functionName}: logits must be those of the state: the logit of token ${targets[row]} at row ${row} must be ${known ?? "in another part"}, got ${logit}. Pass the same logits and ids as to partialSoftmax, and set vocabularyStart to the first id of these logits.`,
      );
    }
  });
}

/** Reads the upstream gradient of each position, as a copy: `out` may be in its memory. */
function readScales(functionName: string, value: unknown, shape: readonly number[]): Float64Array {
  const scales = new Float64Array(sizeOf(shape)).fill(1);
  if (value === undefined) return scales;
  const numbers = readNumbers(`${functionName}: gradOutput`, value);
  if (numbers.shape.length === 0) return scales.fill(numbers.data[0]);
  if (!sameShape(numbers.shape, shape)) {
    throw new RangeError(
      `${functionName}: gradOutput must be a number or have shape ${formatShape(shape)}, got ${formatShape(numbers.shape)}.`,
    );
  }
  scales.set(numbers.data);
  return scales;
}
