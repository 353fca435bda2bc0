import type { FloatInput, IntegerInput } from "@surprisal/core";
import {
  type Accumulator,
  formatValue,
  lossOptionNames,
  numberError,
  optionsParser,
  type SampleWeight,
  sumAccumulator,
  unknown,
} from "@surprisal/core/authoring";
import { negativeLogProbs } from "../logits/negativeLogProbs.ts";
import {
  type TemperatureOptions,
  type TokenOptions,
  temperatureSchemas,
  tokenSchemas,
} from "../logits/options.ts";
import { readLogits } from "../logits/readLogits.ts";
import { readTokens } from "../logits/readTokens.ts";

/** One text, or a batch of texts, that a language model has read. */
export interface LanguageScoreInput extends TokenOptions, TemperatureOptions {
  /** Logits of shape [V], [T, V], [B, T, V] or […, V], in any container of floats. */
  readonly logits: FloatInput;
  /** Token ids, of the shape of logits without the vocabulary. */
  readonly ids: IntegerInput;
  /**
   * One weight of at least 0 for each id, or a mask. Choose weights near 1: below 1e-308, the product of a weight and a
   * token's surprisal loses its digits.
   */
  readonly sampleWeight?: SampleWeight | undefined;
  /**
   * The length in bytes (UTF-8) of the text of the scored ids, for `bitsPerByte`. With `shift`, the first token is not
   * scored.
   */
  readonly bytes?: number | undefined;
}

/** The score of a language model on a corpus. */
export interface LanguageScore {
  /** The number of tokens that were scored, or the sum of their weights. */
  readonly tokens: number;
  /** −Σ log p of these tokens. */
  readonly nats: number;
  /** exp(nats / tokens); NaN if there are no tokens. */
  readonly perplexity: number;
  /** nats / tokens / ln 2; NaN if there are no tokens. */
  readonly bitsPerToken: number;
  /** nats / bytes / ln 2; NaN unless every input has `bytes`. */
  readonly bitsPerByte: number;
}

const parseInput = optionsParser(
  {
    ...tokenSchemas,
    ...temperatureSchemas,
    logits: unknown<unknown>(),
    ids: { ...unknown<unknown>(), otherNames: /^(label|target|inputid)$/ },
    sampleWeight: unknown<unknown>(),
    bytes: unknown<unknown>(),
  },
  lossOptionNames,
);

/**
 * Scores a corpus part by part, on one machine or on many: an accumulator of four functions.
 *
 * `createAccumulator` makes a state, `addInput` adds a text to it, `mergeAccumulators` joins the states of
 * parts, and `extractOutput` returns the score. A state is plain JSON of a few hundred bytes.
 *
 * nats = −Σ w · log p(id); perplexity = exp(nats / tokens)
 *
 * Sums are exact. If all machines use the same kernels (see `kernels`), the score has the same bits for every
 * division of the corpus and every order of merging.
 *
 * @throws TypeError if an input or a state is of the wrong kind.
 * @throws RangeError if a shape does not fit, an id is not in the vocabulary, or a state is of another version.
 *
 * @example
 * ```ts
 * import { languageScore } from "@surprisal/language";
 *
 * const { createAccumulator, addInput, mergeAccumulators, extractOutput } = languageScore;
 * const first = addInput(createAccumulator(), { logits: [[2, 1, 0]], ids: [0], bytes: 1 });
 * const second = addInput(createAccumulator(), { logits: [[0, 0, 0]], ids: [2], bytes: 1 });
 * const score = extractOutput(mergeAccumulators([first, second]));
 * score.tokens; // 2
 * score.perplexity; // 2.123…
 * score.bitsPerByte; // 1.086…
 * ```
 *
 * Source: Apache Beam's `CombineFn`; Shewchuk (1997) for the sums.
 */
export const languageScore: Accumulator<LanguageScoreInput, LanguageScore> =
  /* @__PURE__ */ sumAccumulator<LanguageScoreInput, LanguageScore>({
    type: "languageScore",
    version: 1,
    length: 4,
    add(functionName, input, sumAt) {
      const [tokenSum, natSum, byteSum, withoutBytes] = [0, 1, 2, 3].map(sumAt);
      const isObject = typeof input === "object" && input !== null && !Array.isArray(input);
      if (!isObject || ArrayBuffer.isView(input) || "data" in input) {
        throw new TypeError(
          `${functionName}: input must be an object { logits, ids }, got ${formatValue(input)}.`,
        );
      }
      const { logits, ids, bytes, temperature, ...options } = parseInput(functionName, input);
      const byteCount = readBytes(functionName, bytes);
      const read = readLogits(functionName, logits);
      const tokens = readTokens(functionName, read, ids, options);
      negativeLogProbs(read, tokens.ids, temperature, (firstRow, count, values) => {
        for (let i = 0; i < count; i++) {
          if (tokens.ids[firstRow + i] < 0) continue;
          const weight = tokens.weights === undefined ? 1 : tokens.weights[firstRow + i];
          tokenSum.add(weight);
          natSum.add(weight * values[i]);
        }
      });
      if (byteCount === undefined) withoutBytes.add(1);
      else byteSum.add(byteCount);
    },
    result([tokens, nats, bytes, withoutBytes]) {
      return {
        tokens,
        nats,
        perplexity: Math.exp(nats / tokens),
        bitsPerToken: nats / tokens / Math.LN2,
        bitsPerByte: withoutBytes === 0 ? nats / bytes / Math.LN2 : Number.NaN,
      };
    },
  });

function readBytes(functionName: string, bytes: unknown): number | undefined {
  if (bytes === undefined) return undefined;
  if (typeof bytes === "number" && Number.isSafeInteger(bytes) && bytes >= 0) return bytes;
  throw numberError(`${functionName}: bytes`, "be a whole number of at least 0", bytes);
}
