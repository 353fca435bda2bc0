import type { FloatInput, IntegerInput } from "@surprisal/core";
import {
  compensatedSum,
  lossOptionNames,
  optionsParser,
  type SampleWeight,
  unknown,
} from "@surprisal/core/authoring";
import { negativeLogProbs } from "../logits/negativeLogProbs.ts";
import { type TokenOptions, tokenSchemas } from "../logits/options.ts";
import { readLogits } from "../logits/readLogits.ts";
import { readTokens } from "../logits/readTokens.ts";

/** Options of `perplexity`. */
export interface PerplexityOptions extends TokenOptions {
  /**
   * One weight of at least 0 for each id, or a mask. An attention mask can be passed as it is. Choose weights near 1:
   * below 1e-308, the product of a weight and a token's surprisal loses its digits.
   */
  sampleWeight?: SampleWeight | undefined;
}

const parseOptions = optionsParser(
  { ...tokenSchemas, sampleWeight: unknown<unknown>() },
  lossOptionNames,
);

/**
 * Computes the perplexity of a language model on a text: how many equally probable tokens it chooses from at
 * each position, on average.
 *
 * perplexity = exp(−Σ w · log p(id) / Σ w)
 *
 * @param logits logits of shape [V], [T, V], [B, T, V] or […, V], in any container of floats.
 * @param ids token ids, of the shape of logits without the vocabulary.
 * @param options shift, ignoreIndex, sampleWeight.
 * @returns a number of at least 1; NaN if no position is left.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape does not fit, an id is not in the vocabulary, or a weight is negative.
 *
 * @example
 * ```ts
 * import { perplexity } from "@surprisal/language";
 *
 * perplexity([[0, 0, 0, 0], [0, 0, 0, 0]], [3, 1]); // 4
 * perplexity([[9, 0], [0, 0]], [0, 1], { sampleWeight: [0, 1] }); // 2
 * ```
 *
 * Source: Jelinek, Mercer, Bahl & Baker, "Perplexity: a measure of the difficulty of speech recognition tasks"
 * (1977).
 */
export function perplexity(
  logits: FloatInput,
  ids: IntegerInput,
  options?: PerplexityOptions,
): number {
  const functionName = "perplexity";
  const parsed = parseOptions(functionName, options);
  const read = readLogits(functionName, logits);
  const tokens = readTokens(functionName, read, ids, parsed);
  const nats = compensatedSum();
  const weights = compensatedSum();
  negativeLogProbs(read, tokens.ids, 1, (firstRow, count, values) => {
    const terms = new Float64Array(count);
    const rowWeights = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      if (tokens.ids[firstRow + i] < 0) continue;
      rowWeights[i] = tokens.weights === undefined ? 1 : tokens.weights[firstRow + i];
      terms[i] = rowWeights[i] * values[i];
    }
    nats.add(terms, count);
    weights.add(rowWeights, count);
  });
  return Math.exp(nats.value() / weights.value());
}
