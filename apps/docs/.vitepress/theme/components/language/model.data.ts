import { simplify, tokensOf } from "./alphabet.ts";
import { type Model, train } from "./model.ts";
import { text } from "./text.ts";

export declare const data: Model;

/** The model, trained when the site is built; three decimals are more than it knows. */
export default {
  load: (): Model =>
    Array.from(train(tokensOf(simplify(text)), 300), (weight) => Number(weight.toFixed(3))),
};
