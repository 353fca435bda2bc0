/** The model's tokens: a space, the letters, comma and full stop. */
export const alphabet = " abcdefghijklmnopqrstuvwxyz,.";

/** The token before every text, which nothing has to predict. */
export const startToken = 0;

/** A text in the letters of the alphabet: small ones, and single spaces for all that it lacks. */
export function simplify(text: string): string {
  return text
    .toLowerCase()
    .replace(/[!?;:]/g, ".")
    .replace(/[^a-z,.]+/g, " ")
    .trim();
}

/** The tokens of a text that has been simplified. */
export function tokensOf(text: string): number[] {
  return [...text].map((character) => alphabet.indexOf(character));
}
