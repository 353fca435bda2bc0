import { expect, test } from "vitest";
import { boostDocument, boostTerm, tokenize } from "./searchOptions.ts";

test("a name, its words and the words written together have terms in common", () => {
  const name = ["logsoftmax", "log", "softmax"];
  expect(tokenize("logSoftmax")).toEqual(name);
  expect(tokenize("log_softmax")).toEqual(["log", "softmax", "logsoftmax"]);
  expect(tokenize("logSoftmax", "title")).toEqual(["logSoftmax", ...name]);
});

test("a query has no words that every page has", () => {
  expect(tokenize("What is a logit?")).toEqual(["logit"]);
  expect(tokenize("The logit of a class", "text")).toEqual(["The", "logit", "of", "a", "class"]);
});

test("a text has pairs of its keywords only", () => {
  const terms = tokenize("keywords: kl divergence\nThe divergence of two rows.", "text");
  expect(terms).toContain("kldivergence");
  expect(terms).not.toContain("tworows");
});

test("two words that are neighbours count more than each alone", () => {
  const terms = tokenize("log softmax");
  expect(terms.map((term, i) => boostTerm(term, i, terms))).toEqual([1, 1, 2]);
});

test("the page of a name is first, and definitions are last", () => {
  const boost = (id: string, title: string, titles: string[] = []) =>
    boostDocument(id, "focal", { title, titles });
  const order = [
    boost("/losses/focalLoss#focalloss", "focalLoss"),
    boost("/losses/sigmoidFocalLoss#sigmoidfocalloss", "sigmoidFocalLoss"),
    boost("/losses/focalLoss#formula", "Formula", ["focalLoss"]),
    boost("/reference/losses/variables/focalLoss#focalloss", "focalLoss"),
  ];
  expect(order).toEqual([...new Set(order)].sort((a, b) => b - a));
});
