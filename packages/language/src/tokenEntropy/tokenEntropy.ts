import type { FloatInput, Reduced } from "@surprisal/core";
import {
  type KernelArray,
  logSoftmaxKernel,
  lossOptionNames,
  openOutput,
  optionsParser,
  softmaxKernel,
} from "@surprisal/core/authoring";
import { type TemperatureOptions, temperatureSchemas } from "../logits/options.ts";
import { forEachBlock, newBlock, readLogits } from "../logits/readLogits.ts";

const parseOptions = optionsParser(temperatureSchemas, lossOptionNames);

/**
 * Computes how unsure a language model is of the next token at each position: the entropy of its probabilities.
 *
 * It is 0 if one token is certain, and log V if all tokens are equally probable. Its exponential is the
 * number of equally probable tokens with the same uncertainty.
 *
 * result[t] = −Σⱼ pⱼ log pⱼ, with p = softmax(logits[t] / temperature)
 *
 * @param logits logits of shape [V], [T, V], [B, T, V] or […, V], in any container of floats.
 * @param options temperature.
 * @returns entropies (in nats) in logits' kind of container, of its shape without the vocabulary.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape does not fit, or temperature is out of range.
 *
 * @example
 * ```ts
 * import { tokenEntropy } from "@surprisal/language";
 *
 * tokenEntropy([[0, 0, 0, 0], [9, 0, 0, 0]]); // [1.386…, 0.003…]
 * ```
 *
 * Source: Shannon, "A mathematical theory of communication" (1948); SciPy's `entropy`.
 */
export function tokenEntropy<I extends FloatInput>(
  logits: I,
  options?: TemperatureOptions,
): Reduced<I> {
  const functionName = "tokenEntropy";
  const { temperature } = parseOptions(functionName, options);
  const read = readLogits(functionName, logits);
  const { vocabulary, spec } = read;
  const output = openOutput(functionName, undefined, read.shape, read.spec, [read.memory]);
  let buffers: readonly [KernelArray, KernelArray] | undefined;
  forEachBlock(read, ({ data, firstRow, rows }) => {
    buffers ??= [newBlock(spec, data.length), newBlock(spec, data.length)];
    const [probs, logProbs] = buffers.map((buffer) => buffer.subarray(0, data.length));
    const layout = { outer: rows, size: vocabulary, inner: 1 };
    softmaxKernel(data, probs, layout, temperature, Number.NaN);
    logSoftmaxKernel(data, logProbs, layout, temperature, Number.NaN);
    for (let r = 0; r < rows; r++) {
      output.data[firstRow + r] = entropyOf(probs, logProbs, r * vocabulary, (r + 1) * vocabulary);
    }
  });
  return output.finish() as Reduced<I>;
}

/** Returns −Σ p · log p of a row. All terms are at least 0, so they add up without cancellation. */
function entropyOf(probs: KernelArray, logProbs: KernelArray, start: number, end: number): number {
  let sum = 0;
  for (let j = start; j < end; j++) {
    const p = probs[j] < leastNormal ? tinyProbability(probs[j], logProbs[j]) : probs[j];
    // A token of probability 0 adds nothing, even if its logarithm is −∞.
    if (p !== 0) sum -= p * logProbs[j];
  }
  return sum;
}

/** The least normal float32. */
const leastNormal = 2 ** -126;

/** Returns a probability that float32 holds with few digits or as 0. Below exp(−120), not even a million of them count. */
function tinyProbability(p: number, logProb: number): number {
  return logProb > -120 ? Math.exp(logProb) : p;
}
