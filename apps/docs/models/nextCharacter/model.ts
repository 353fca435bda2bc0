import { tensor } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";
import { alphabet, startToken } from "./alphabet.ts";

/** The number of previous characters that the model sees. */
const contextLength = 4;

const vocabularySize = alphabet.length;

/**
 * A log-linear model of the next character. Each position of the context has a table of weights, of
 * shape [alphabet, alphabet]: the row of its character is added to the logits. The tables are stored
 * one after the other.
 */
export type Model = ArrayLike<number>;

/** Returns logits of shape [tokens.length, alphabet]: row i is computed from tokens 0 to i. */
export function computeLogits(model: Model, tokens: readonly number[]): Float32Array {
  const logits = new Float32Array(tokens.length * vocabularySize);
  forEachContextToken(tokens, (row, offset) => {
    for (let j = 0; j < vocabularySize; j++) logits[row * vocabularySize + j] += model[offset + j];
  });
  return logits;
}

/** Trains a model on tokens by gradient descent with momentum. It starts from 0: no seed is needed. */
export function train(tokens: readonly number[], steps: number): Model {
  const model = new Float64Array(contextLength * vocabularySize * vocabularySize);
  const velocity = new Float64Array(model.length);
  const inputs = [startToken, ...tokens.slice(0, -1)];
  for (let step = 0; step < steps; step++) {
    const logits = tensor(computeLogits(model, inputs), [tokens.length, vocabularySize]);
    const { grad } = crossEntropy.valueAndGrad(logits, tokens);
    for (let i = 0; i < velocity.length; i++) velocity[i] *= 0.9;
    forEachContextToken(inputs, (row, offset) => {
      for (let j = 0; j < vocabularySize; j++) {
        velocity[offset + j] -= grad.data[row * vocabularySize + j];
      }
    });
    for (let i = 0; i < model.length; i++) model[i] += velocity[i];
  }
  return model;
}

/** Calls `visit` for each token in the context of each row, with the offset of its weights. */
function forEachContextToken(
  tokens: readonly number[],
  visit: (row: number, offset: number) => void,
): void {
  for (let row = 0; row < tokens.length; row++) {
    for (let distance = 0; distance < contextLength; distance++) {
      const token = tokens[row - distance] ?? startToken;
      visit(row, (distance * vocabularySize + token) * vocabularySize);
    }
  }
}
