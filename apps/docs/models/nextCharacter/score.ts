import { softmax, tensor } from "@surprisal/core";
import { perplexity, tokenLogProbs } from "@surprisal/language";
import { alphabet, startToken, tokenize } from "./alphabet.ts";
import { computeLogits, type Model } from "./model.ts";

/** The surprisal of a text. */
export interface Score {
  readonly characters: readonly { readonly character: string; readonly bits: number }[];
  /** Mean over the characters, in nats. */
  readonly loss: number;
  readonly perplexity: number;
}

/** Scores a normalized text, character by character. */
export function score(model: Model, text: string): Score {
  const tokens = tokenize(text);
  // Position i predicts token i + 1: the inputs begin with the start token and lack the last one.
  const logits = tensor(computeLogits(model, [startToken, ...tokens.slice(0, -1)]), [
    tokens.length,
    alphabet.length,
  ]);
  const total = perplexity(logits, tokens);
  return {
    characters: Array.from(tokenLogProbs(logits, tokens).data, (logProb, i) => ({
      character: text[i],
      bits: 0 - logProb / Math.LN2,
    })),
    loss: Math.log(total),
    perplexity: total,
  };
}

/** Returns the `k` most probable characters at a position of a text, given the text before it. */
export function topCharacters(model: Model, text: string, position: number, k: number) {
  const tokens = [startToken, ...tokenize(text.slice(0, position))];
  const logits = computeLogits(model, tokens).slice(-alphabet.length);
  return Array.from(softmax(logits), (probability, i) => ({ character: alphabet[i], probability }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, k);
}
