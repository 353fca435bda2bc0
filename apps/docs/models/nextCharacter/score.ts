import { softmax, tensor } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";
import { alphabet, startToken, tokensOf } from "./alphabet.ts";
import { logitsOf, type Model } from "./model.ts";

/** How surprised the model is by a text. */
export interface Score {
  readonly characters: readonly { readonly character: string; readonly bits: number }[];
  /** Mean over the characters, in nats. */
  readonly loss: number;
  readonly perplexity: number;
}

/** Scores a text that has been simplified: its surprisal, character by character. */
export function score(model: Model, text: string): Score {
  const tokens = tokensOf(text);
  // Position i predicts token i + 1: the start goes in, the last token does not.
  const logits = tensor(logitsOf(model, [startToken, ...tokens.slice(0, -1)]), [
    tokens.length,
    alphabet.length,
  ]);
  const nats = crossEntropy(logits, tokens, { reduction: "none" });
  const loss = crossEntropy(logits, tokens);
  return {
    characters: Array.from(typeof nats === "number" ? [nats] : nats.data, (value, i) => ({
      character: text[i],
      bits: value / Math.LN2,
    })),
    loss,
    perplexity: Math.exp(loss),
  };
}

/** The most probable characters at a position of a text, given all before it. */
export function guesses(model: Model, text: string, position: number, count: number) {
  const tokens = [startToken, ...tokensOf(text.slice(0, position))];
  const logits = logitsOf(model, tokens).slice(-alphabet.length);
  return Array.from(softmax(logits), (probability, i) => ({ character: alphabet[i], probability }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, count);
}
