import { normalize, tokenize } from "./alphabet.ts";
import { corpus } from "./corpus.ts";
import { type Model, train } from "./model.ts";

const steps = 300;

/** Trains the model of the site. Weights are rounded to three decimals: more do not change the loss. */
export function trainOnCorpus(): Model {
  return Array.from(train(tokenize(normalize(corpus)), steps), (weight) =>
    Number(weight.toFixed(3)),
  );
}
