/** A short stretch of a document, and how surprising it is to the model. */
export interface Passage {
  /** The place of the document in the run. */
  readonly document: number;
  readonly start: number;
  readonly end: number;
  readonly bits: number;
}

/**
 * Returns the most surprising passages, the most surprising first.
 *
 * Passages of the same surprise are in the order of the corpus, so that the result does not depend on the
 * order of the arguments.
 */
export function mostSurprising(passages: readonly Passage[], count: number): Passage[] {
  return passages
    .toSorted((a, b) => b.bits - a.bits || a.document - b.document || a.start - b.start)
    .slice(0, count);
}
