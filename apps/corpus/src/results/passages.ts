/** A short stretch of a document, and how surprising it is to the model. */
export interface Passage {
  /** The place of the document in the run. */
  readonly document: number;
  readonly start: number;
  readonly end: number;
  readonly bits: number;
  /** The number of characters that begin in the passage, at least 1. */
  readonly characters: number;
}

/** Returns how surprising a passage is. A total would hide short passages, as the last of a document is. */
export function bitsPerCharacter({ bits, characters }: Passage): number {
  return bits / characters;
}

/**
 * Returns the passages with the most bits per character, the most surprising first.
 *
 * Passages of the same surprise are in the order of the corpus, so that the result does not depend on the
 * order of the arguments.
 */
export function mostSurprising(passages: readonly Passage[], count: number): Passage[] {
  return passages
    .toSorted(
      (a, b) =>
        bitsPerCharacter(b) - bitsPerCharacter(a) || a.document - b.document || a.start - b.start,
    )
    .slice(0, count);
}
