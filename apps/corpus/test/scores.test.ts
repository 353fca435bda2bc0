import { languageScore } from "@surprisal/language";
import fc from "fast-check";
import { expect, test } from "vitest";
import { mostSurprising, type Passage } from "../src/results/passages.ts";
import { mergeShardScores, mergeTree, type ShardScore } from "../src/results/scores.ts";

const { createAccumulator, addInput, extractOutput } = languageScore;

function score(index: number, document: number, logit: number): ShardScore {
  const state = addInput(createAccumulator(), { logits: [[logit, 0]], ids: [0], bytes: 1 });
  const passages = [{ document, start: index, end: index + 1, bits: -logit, characters: 1 }];
  return { index, document, state, characters: 1, passages };
}

const scores = [0, 0, 0, 2, 2].map((document, index) => score(index, document, index - 2.3));
const sizes = { documents: 3, shards: 5, passages: 2 };

test("a tree merges neighbours and keeps the order", () => {
  const merge = (a: string, b: string) => `(${a}${b})`;
  expect(mergeTree(["a", "b", "c", "d", "e"], merge)).toBe("(((ab)(cd))e)");
  expect(mergeTree(["a"], merge)).toBe("a");
  expect(mergeTree([], merge)).toBeUndefined();
});

test("shards are added up by document and in all, in whatever order they come", () => {
  const merged = mergeShardScores(scores, sizes);
  expect(merged.documents.map(({ characters }) => characters)).toEqual([3, 0, 2]);
  expect(merged.total.characters).toBe(5);
  expect(extractOutput(merged.documents[1].state).tokens).toBe(0);
  const nats = [-2.3, -1.3, -0.3, 0.7, 1.7].map((x) => Math.log1p(Math.exp(-x)));
  const { tokens, ...total } = extractOutput(merged.total.state);
  expect(tokens).toBe(5);
  expect(total.nats).toBeCloseTo(
    nats.reduce((a, b) => a + b),
    12,
  );
  expect(merged.passages.map(({ start }) => start)).toEqual([0, 1]);
  fc.assert(
    fc.property(fc.shuffledSubarray(scores, { minLength: 5 }), (shuffled) => {
      expect(mergeShardScores(shuffled, sizes)).toEqual(merged);
    }),
  );
});

test("a shard that is missing or counted twice is an error", () => {
  const [first, ...others] = scores;
  expect(() => mergeShardScores(others, sizes)).toThrow(
    "corpus: 5 shards must have one score each, got 4.",
  );
  expect(() => mergeShardScores([first, first, ...others], sizes)).toThrow("got 6.");
  expect(() => mergeShardScores([others[0], ...others], sizes)).toThrow("one score each");
});

test("passages of the same surprise are in the order of the corpus", () => {
  const at = (document: number, start: number, bits: number): Passage => {
    return { document, start, end: start + 1, bits: 2 * bits, characters: 2 };
  };
  const inOrder = [at(1, 9, 3), at(0, 4, 2), at(0, 6, 2), at(1, 0, 2), at(0, 0, 1)];
  fc.assert(
    fc.property(fc.shuffledSubarray(inOrder, { minLength: 5 }), (shuffled) => {
      expect(mostSurprising(shuffled, 4)).toEqual(inOrder.slice(0, 4));
    }),
  );
});
