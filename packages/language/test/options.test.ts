import { expect, it } from "vitest";
import {
  languageScore,
  linearCrossEntropy,
  partialSoftmax,
  perplexity,
  tokenEntropy,
  tokenLogProbs,
} from "../src/index.ts";

const logits = [[2, 1, 0]];

it.each([
  [
    "perplexity",
    (options: object) => perplexity(logits, [0], options),
    { attention_mask: [1] },
    '"sampleWeight"',
  ],
  [
    "tokenLogProbs",
    (options: object) => tokenLogProbs(logits, [0], options),
    { ignore_label: 0 },
    '"ignoreIndex"',
  ],
  ["tokenEntropy", (options: object) => tokenEntropy(logits, options), { tau: 1 }, '"temperature"'],
  [
    "partialSoftmax",
    (options: object) => partialSoftmax(logits, [0], options),
    { vocab_start_index: 0 },
    '"vocabularyStart"',
  ],
  [
    "linearCrossEntropy",
    (options: object) => linearCrossEntropy(logits, logits, [0], options),
    { linear_bias: [1] },
    '"bias"',
  ],
  [
    "languageScore.addInput",
    (options: object) =>
      languageScore.addInput(languageScore.createAccumulator(), {
        logits,
        ids: [0],
        ...options,
      }),
    { labels: [0] },
    '"ids"',
  ],
])("%s says what an option of another library is called", (name, call, options, own) => {
  expect(() => call(options)).toThrow(
    `${name}: unknown option "${Object.keys(options)[0]}", it is called ${own} here.`,
  );
});

it("says which option an array in the place of the options may have been meant for", () => {
  expect(() => perplexity(logits, [0], [1] as object)).toThrow(
    "perplexity: options must be a plain object such as { sampleWeight: … }, got Array(1).",
  );
});
