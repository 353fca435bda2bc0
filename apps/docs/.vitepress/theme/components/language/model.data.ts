import type { Model } from "../../../../models/nextCharacter/index.ts";
import { trainOnCorpus } from "../../../../models/nextCharacter/trainOnCorpus.ts";

export declare const data: Model;

/** Trains the model when the site is built. */
export default { load: trainOnCorpus };
