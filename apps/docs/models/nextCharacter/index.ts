export { normalize } from "./alphabet.ts";
export type { Model } from "./model.ts";
export { score, topCharacters } from "./score.ts";
