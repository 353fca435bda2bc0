import { languageScore } from "@surprisal/language";
import { mostSurprising, type Passage } from "./passages.ts";

/** The score of a part of the corpus: plain JSON, however large the part is. */
export interface Score {
  /** The state of `languageScore`. */
  readonly state: ReturnType<typeof languageScore.createAccumulator>;
  /** The number of characters (Unicode code points). */
  readonly characters: number;
}

/** The result of one shard. */
export interface ShardScore extends Score {
  readonly index: number;
  readonly document: number;
  readonly passages: readonly Passage[];
}

/** The result of a run. */
export interface CorpusScore {
  readonly documents: readonly Score[];
  readonly total: Score;
  readonly passages: readonly Passage[];
}

/** Adds up the scores of all shards, which may come in any order. Throws unless each is there once. */
export function mergeShardScores(
  scores: readonly ShardScore[],
  { documents, shards, passages }: { documents: number; shards: number; passages: number },
): CorpusScore {
  const inOrder = scores.toSorted((a, b) => a.index - b.index);
  if (inOrder.length !== shards || inOrder.some(({ index }, place) => index !== place)) {
    throw new RangeError(
      `corpus: ${shards} shards must have one score each, got ${scores.length}.`,
    );
  }
  const byDocument: Score[][] = Array.from({ length: documents }, () => []);
  for (const score of inOrder) byDocument[score.document].push(score);
  const merged = byDocument.map((parts) => mergeTree(parts, mergeScores) ?? emptyScore());
  const surprising = inOrder.map((score) => score.passages);
  return {
    documents: merged,
    total: mergeTree(merged, mergeScores) ?? emptyScore(),
    passages: mergeTree(surprising, (a, b) => mostSurprising([...a, ...b], passages)) ?? [],
  };
}

/** Merges neighbours until one is left: the order of the parts is kept, and no state is merged often. */
export function mergeTree<T>(parts: readonly T[], merge: (a: T, b: T) => T): T | undefined {
  if (parts.length <= 1) return parts[0];
  const pairs: T[] = [];
  for (let i = 0; i < parts.length; i += 2) {
    pairs.push(i + 1 < parts.length ? merge(parts[i], parts[i + 1]) : parts[i]);
  }
  return mergeTree(pairs, merge);
}

function mergeScores(a: Score, b: Score): Score {
  return {
    state: languageScore.mergeAccumulators([a.state, b.state]),
    characters: a.characters + b.characters,
  };
}

function emptyScore(): Score {
  return { state: languageScore.createAccumulator(), characters: 0 };
}
