import type { FloatInput, IntegerInput, Reduced, TypedOut, WrittenTo } from "@surprisal/core";
import { lossOptionNames, openOutput, optionsParser, unknown } from "@surprisal/core/authoring";
import { negativeLogProbs } from "../logits/negativeLogProbs.ts";
import {
  type TemperatureOptions,
  type TokenOptions,
  temperatureSchemas,
  tokenSchemas,
} from "../logits/options.ts";
import { readLogits } from "../logits/readLogits.ts";
import { readTokens } from "../logits/readTokens.ts";

/** Options of `tokenLogProbs`. */
export interface TokenLogProbsOptions extends TokenOptions, TemperatureOptions {
  /** Receives the result: a container of the result's kind, shape and element type. */
  out?: object | undefined;
}

const parseOptions = optionsParser(
  {
    ...tokenSchemas,
    ...temperatureSchemas,
    out: unknown<unknown>(),
  },
  lossOptionNames,
);

/**
 * Computes the log-probability that a language model gives to each token of a text.
 *
 * Only one number for each position is stored, never a log-probability for each token of the vocabulary.
 *
 * result[t] = log softmax(logits[t] / temperature)[ids[t]]; with `shift`, ids[t + 1]
 *
 * @param logits logits of shape [V], [T, V], [B, T, V] or […, V], in any container of floats.
 * @param ids token ids, of the shape of logits without the vocabulary.
 * @param options shift, temperature, ignoreIndex, out.
 * @returns log-probabilities (in nats) in logits' kind of container, of the shape of ids; one position fewer with `shift`. An ignored position has 0.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape does not fit, an id is not in the vocabulary, or an option is out of range.
 *
 * @example
 * ```ts
 * import { tokenLogProbs } from "@surprisal/language";
 *
 * const logits = [[2, 1, 0], [0, 1, 2], [0, 0, 0]];
 * tokenLogProbs(logits, [0, 2, 1]); // [-0.407…, -0.407…, -1.098…]
 * tokenLogProbs(logits, [0, 2, 1], { shift: true }); // [-2.407…, -1.407…]
 * ```
 *
 * Source: `torch.nn.functional.log_softmax` with `gather`.
 */
export function tokenLogProbs<I extends FloatInput, Out = undefined>(
  logits: I,
  ids: IntegerInput,
  options?: TypedOut<TokenLogProbsOptions, Out>,
): WrittenTo<Reduced<I>, Out> {
  const functionName = "tokenLogProbs";
  const { temperature, out, ...tokenOptions } = parseOptions(functionName, options);
  const read = readLogits(functionName, logits);
  const tokens = readTokens(functionName, read, ids, tokenOptions);
  const output = openOutput(functionName, out, tokens.shape, read.spec, [read.memory]);
  const { data } = output;
  negativeLogProbs(read, tokens.ids, temperature, (firstRow, count, values) => {
    for (let i = 0; i < count; i++) {
      const place = tokens.placeOf(firstRow + i);
      if (place >= 0) data[place] = 0 - values[i];
    }
  });
  return output.finish() as WrittenTo<Reduced<I>, Out>;
}
