import type { FloatInput, IntegerInput, Reduced } from "@surprisal/core";
import { openOutput, optionsParser } from "@surprisal/core/authoring";
import { type TokenOptions, tokenSchemas } from "../logits/options.ts";
import { forEachRun, readLogits } from "../logits/readLogits.ts";
import { readTokens } from "../logits/readTokens.ts";

const parseOptions = optionsParser(tokenSchemas);

/**
 * Computes the rank of each token of a text among all tokens of the vocabulary, by probability. The most
 * probable token has rank 1.
 *
 * rank = 1 + the number of tokens with a larger logit, and of those with an equal logit and a lower id
 *
 * @param logits logits of shape [V], [T, V], [B, T, V] or […, V], in any container of floats.
 * @param ids token ids, of the shape of logits without the vocabulary.
 * @param options shift, ignoreIndex.
 * @returns ranks from 1 to V in logits' kind of container, of the shape of ids; one position fewer with `shift`.
 * An ignored position has 0; a token whose logit is NaN has NaN.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape does not fit, or an id is not in the vocabulary.
 *
 * @example
 * ```ts
 * import { tokenRanks } from "@surprisal/language";
 *
 * tokenRanks([[2, 1, 0], [0, 1, 2]], [0, 1]); // [1, 2]
 * ```
 *
 * Source: Gehrmann, Strobelt & Rush, "GLTR: statistical detection and visualization of generated text", arXiv
 * 1906.04043.
 */
export function tokenRanks<I extends FloatInput>(
  logits: I,
  ids: IntegerInput,
  options?: TokenOptions,
): Reduced<I> {
  const functionName = "tokenRanks";
  const parsed = parseOptions(functionName, options);
  const read = readLogits(functionName, logits);
  const { vocabulary } = read;
  const tokens = readTokens(functionName, read, ids, parsed);
  const inputs = read.data === undefined ? [] : [read.data];
  const output = openOutput(functionName, undefined, tokens.shape, read.spec, inputs);
  forEachRun(read, ({ data, firstRow, rows }) => {
    for (let r = 0; r < rows; r++) {
      const place = tokens.placeOf(firstRow + r);
      const id = tokens.ids[firstRow + r];
      if (place < 0) continue;
      output.data[place] = id < 0 ? 0 : rankOf(data, r * vocabulary, vocabulary, id);
    }
  });
  return output.finish() as Reduced<I>;
}

function rankOf(data: ArrayLike<number>, start: number, vocabulary: number, id: number): number {
  const logit = data[start + id];
  if (Number.isNaN(logit)) return Number.NaN;
  let rank = 1;
  for (let j = start; j < start + id; j++) if (data[j] >= logit) rank++;
  for (let j = start + id + 1; j < start + vocabulary; j++) if (data[j] > logit) rank++;
  return rank;
}
