import { expect, test } from "vitest";
import { alphabet, normalize, tokenize } from "./alphabet.ts";
import { corpus } from "./corpus.ts";
import { computeLogits } from "./model.ts";
import { score, topCharacters } from "./score.ts";
import { trainOnCorpus } from "./trainOnCorpus.ts";

const model = trainOnCorpus();
const text = normalize(corpus);

test("the loss on the corpus is below the entropy of the letters' frequencies", () => {
  const { loss } = score(model, text);
  const counts = [...alphabet].map((character) => text.split(character).length - 1);
  const entropy = counts
    .filter((count) => count > 0)
    .map((count) => count / text.length)
    .reduce((sum, p) => sum - p * Math.log(p), 0);
  expect(entropy).toBeLessThan(Math.log(alphabet.length));
  expect(loss).toBeLessThan(0.7 * entropy);
});

test("logits depend on the characters before, and not on those after", () => {
  const one = computeLogits(model, tokenize("the rabbit"));
  const other = computeLogits(model, tokenize("the rabbis"));
  const lastRow = one.length - alphabet.length;
  expect(one.slice(0, lastRow)).toEqual(other.slice(0, lastRow));
  expect(one.slice(lastRow)).not.toEqual(other.slice(lastRow));
});

test("the loss is the mean surprisal, and the perplexity its exponential", () => {
  const { characters, loss, perplexity } = score(model, "the rabbit");
  const nats = characters.map(({ bits }) => bits * Math.LN2);
  expect(nats.reduce((a, b) => a + b) / nats.length).toBeCloseTo(loss, 6);
  expect(perplexity).toBeCloseTo(Math.exp(loss), 12);
});

test("the probabilities of all characters add up to 1 and agree with the surprisal", () => {
  const { characters } = score(model, "the rabbit");
  const all = topCharacters(model, "the rabbit", 3, alphabet.length);
  expect(all.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6);
  const space = all.find(({ character }) => character === " ");
  expect(-Math.log2(space?.probability ?? 0)).toBeCloseTo(characters[3].bits, 5);
});

test("a text is mapped to the alphabet", () => {
  expect(normalize("  Oh dear!  I — 7 shall\nbe late?")).toBe("oh dear. i shall be late.");
  expect(tokenize("a z.")).toEqual([1, 0, 26, 28]);
});
