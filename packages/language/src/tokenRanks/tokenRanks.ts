import type { Float16, FloatInput, IntegerInput, Reduced, Tensor } from "@surprisal/core";
import {
  lossOptionNames,
  type OutputSpec,
  openOutput,
  optionsParser,
} from "@surprisal/core/authoring";
import { type TokenOptions, tokenSchemas } from "../logits/options.ts";
import { forEachRun, readLogits } from "../logits/readLogits.ts";
import { readTokens } from "../logits/readTokens.ts";

/** The container of the ranks: that of the logits. Float16 logits have float32 ranks. */
export type Ranks<I> = InFloat32<Reduced<I>>;

type InFloat32<R> = R extends Float16
  ? Float32Array
  : R extends Tensor<Float16>
    ? Tensor<Float32Array>
    : R extends (infer E)[]
      ? InFloat32<E>[]
      : R;

const parseOptions = optionsParser(tokenSchemas, lossOptionNames);

/**
 * Computes the rank of each token of a text among all tokens of the vocabulary, by probability. The most
 * probable token has rank 1.
 *
 * rank = 1 + the number of tokens before it: those with a larger logit, or an equal one and a lower id
 *
 * @param logits logits of shape [V], [T, V], [B, T, V] or […, V], in any container of floats.
 * @param ids token ids, of the shape of logits without the vocabulary.
 * @param options shift, ignoreIndex.
 * @returns ranks from 1 to V in logits' kind of container, of the shape of ids; one position fewer with `shift`.
 * Float16 logits have float32 ranks, because float16 lacks odd numbers above 2048.
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
): Ranks<I> {
  const functionName = "tokenRanks";
  const parsed = parseOptions(functionName, options);
  const read = readLogits(functionName, logits);
  const { vocabulary } = read;
  const tokens = readTokens(functionName, read, ids, parsed);
  const output = openOutput(functionName, undefined, tokens.shape, rankSpec(read.spec), [
    read.memory,
  ]);
  forEachRun(read, ({ data, firstRow, rows }) => {
    for (let r = 0; r < rows; r++) {
      const place = tokens.placeOf(firstRow + r);
      const id = tokens.ids[firstRow + r];
      if (place < 0) continue;
      output.data[place] = id < 0 ? 0 : rankOf(data, r * vocabulary, vocabulary, id);
    }
  });
  return output.finish() as Ranks<I>;
}

/** Ranks of half-precision logits are float32: float16 has no whole numbers above 2048 that are odd. */
function rankSpec(spec: OutputSpec): OutputSpec {
  return spec.elementType === "float16" ? { ...spec, elementType: "float32" } : spec;
}

function rankOf(data: ArrayLike<number>, start: number, vocabulary: number, id: number): number {
  const logit = data[start + id];
  if (Number.isNaN(logit)) return Number.NaN;
  let rank = 1;
  for (let j = start; j < start + id; j++) if (data[j] >= logit) rank++;
  for (let j = start + id + 1; j < start + vocabulary; j++) if (data[j] > logit) rank++;
  return rank;
}
