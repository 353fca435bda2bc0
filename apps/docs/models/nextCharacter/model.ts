import { tensor } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";
import { alphabet, startToken } from "./alphabet.ts";

/** How many characters the model looks back. */
export const reach = 4;

const size = alphabet.length;

/**
 * A log-linear model of the next character: for each of the last characters a table says how much
 * it speaks for each next one, and the logits are the sums. Tables lie one after the other, of
 * shape [reach, alphabet, alphabet].
 */
export type Model = ArrayLike<number>;

/** Logits of shape [tokens.length, alphabet]: row i comes from the tokens up to i. */
export function logitsOf(model: Model, tokens: readonly number[]): Float32Array {
  const logits = new Float32Array(tokens.length * size);
  forEachEntry(tokens, (row, entry) => {
    for (let j = 0; j < size; j++) logits[row * size + j] += model[entry + j];
  });
  return logits;
}

/** Trains on a text by gradient descent with momentum, from 0: always to the same model. */
export function train(text: readonly number[], steps: number): Model {
  const model = new Float64Array(reach * size * size);
  const velocity = new Float64Array(model.length);
  const before = [startToken, ...text.slice(0, -1)];
  for (let step = 0; step < steps; step++) {
    const logits = tensor(logitsOf(model, before), [text.length, size]);
    const { grad } = crossEntropy.valueAndGrad(logits, text);
    for (let i = 0; i < velocity.length; i++) velocity[i] *= 0.9;
    forEachEntry(before, (row, entry) => {
      for (let j = 0; j < size; j++) velocity[entry + j] -= grad.data[row * size + j];
    });
    for (let i = 0; i < model.length; i++) model[i] += velocity[i];
  }
  return model;
}

/** Visits, for each row, where in the tables the last characters have theirs. */
function forEachEntry(tokens: readonly number[], visit: (row: number, entry: number) => void) {
  for (let row = 0; row < tokens.length; row++) {
    for (let back = 0; back < reach; back++) {
      const token = tokens[row - back] ?? startToken;
      visit(row, (back * size + token) * size);
    }
  }
}
