import { simplify, tokensOf } from "../../../../models/nextCharacter/alphabet.ts";
import { type Model, train } from "../../../../models/nextCharacter/model.ts";
import { text } from "../../../../models/nextCharacter/text.ts";

export declare const data: Model;

/** The model, trained when the site is built; three decimals are more than it knows. */
export default {
  load: (): Model =>
    Array.from(train(tokensOf(simplify(text)), 300), (weight) => Number(weight.toFixed(3))),
};
