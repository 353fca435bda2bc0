/** The tokens of the model: a space, the letters, comma and full stop. */
export const alphabet = " abcdefghijklmnopqrstuvwxyz,.";

/** The token before each text. The model does not predict it. */
export const startToken = 0;

/** Maps a text to the alphabet: lower case, and one space for any other characters. */
export function normalize(text: string): string {
  return text
    .toLowerCase()
    .replace(/[!?;:]/g, ".")
    .replace(/[^a-z,.]+/g, " ")
    .trim();
}

/** Returns the tokens of a normalized text. */
export function tokenize(text: string): number[] {
  return [...text].map((character) => alphabet.indexOf(character));
}
