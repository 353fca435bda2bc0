import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { languageScore } from "@surprisal/language";
import { afterAll, expect, test } from "vitest";
import { drawReport, drawStatus } from "../src/commandLine/tables.ts";
import { makeReport } from "../src/results/report.ts";
import { readDocuments } from "../src/shards/readDocuments.ts";

const folder = mkdtempSync(join(tmpdir(), "surprisal-report-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Two bytes a character: the passage below begins and ends in the middle of one. */
const text = "aé\tb\n\u0007éé.";
writeFileSync(join(folder, "the-time-machine.txt"), text);
writeFileSync(join(folder, "empty.txt"), "");

async function exampleReport() {
  const documents = await readDocuments(["the-time-machine.txt", "empty.txt"], folder);
  const { createAccumulator, addInput } = languageScore;
  const ids = [...Buffer.from(text)].map(() => 1);
  const logits = ids.map(() => [0, 0]);
  const state = addInput(createAccumulator(), { logits, ids, bytes: ids.length });
  const empty = { state: createAccumulator(), characters: 0 };
  const whole = { state, characters: text.length };
  const passages = [{ document: 0, start: 2, end: 10, bits: 21, characters: 6 }];
  const run = { documents, shardBytes: 448, passages: 1 };
  return makeReport(run, { documents: [whole, empty], total: whole, passages });
}

test("a report has averages per character and per byte, and the text of passages", async () => {
  const { documents, total, passages } = await exampleReport();
  // 12 bytes of one bit each in 9 characters.
  expect(documents[0].file).toBe(join(folder, "the-time-machine.txt"));
  expect(total).toMatchObject({ bytes: 12, characters: 9, bitsPerByte: 1 });
  expect(total.bitsPerCharacter).toBeCloseTo(12 / 9, 12);
  expect(total.perplexity).toBeCloseTo(2, 12);
  expect(documents[1]).toMatchObject({ bytes: 0, characters: 0, bitsPerCharacter: Number.NaN });
  expect(passages).toMatchObject([
    { start: 2, end: 10, text: "\tb\n\u0007éé", bitsPerCharacter: 3.5 },
  ]);
});

test("a text that the model was trained on is known by its content", async () => {
  const book = readFileSync(new URL("../corpus/the-time-machine.txt", import.meta.url));
  writeFileSync(join(folder, "renamed.txt"), book);
  writeFileSync(join(folder, "changed.txt"), book.fill("x", 0, 1));
  const documents = await readDocuments(["renamed.txt", "changed.txt"], folder);
  const empty = { state: languageScore.createAccumulator(), characters: 0 };
  const run = { documents, shardBytes: 448, passages: 0 };
  const report = await makeReport(run, { documents: [empty, empty], total: empty, passages: [] });
  expect(report.documents.map(({ trainedOn }) => trainedOn)).toEqual([true, false]);
  const drawn = drawReport(report, folder);
  expect(drawn).toMatch(/renamed\.txt \* │/);
  expect(drawn).toMatch(/changed\.txt +│/);
  expect(drawn).toContain("* The model was trained on this text.");
});

test("bytes that are no characters have no bits per character", async () => {
  const file = join(folder, "bytes.txt");
  writeFileSync(file, Buffer.of(0x80, 0x80));
  const { createAccumulator, addInput } = languageScore;
  const input = { logits: [[0, 0]], ids: [1], bytes: 2 };
  const score = { state: addInput(createAccumulator(), input), characters: 0 };
  const run = { documents: [{ file, bytes: 2 }], shardBytes: 448, passages: 1 };
  const report = await makeReport(run, { documents: [score], total: score, passages: [] });
  expect(report.total).toMatchObject({ bitsPerCharacter: Number.NaN, bitsPerByte: 0.5 });
  expect(drawReport(report, folder)).toMatch(/bytes\.txt +│ +0 │ +– │ +2\.000 │/);
});

test("a report is drawn as tables, in lines of at most 80 characters", async () => {
  const drawn = drawReport(await exampleReport(), folder);
  expect(drawn).toMatch(/the-time-machine\.txt +│ +9 │ +1\.3333 │ +2\.000 │/);
  expect(drawn).toMatch(/empty\.txt +│ +0 │ +– │ +– │/);
  expect(drawn).toMatch(/all +│ +9 │/);
  expect(drawn).not.toContain("trained");
  expect(drawn).toMatch(/ 3\.50 │ b éé .*\n.* the-time-machine\.txt, byte 2/);
  for (const line of drawn.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  expect(drawReport({ ...(await exampleReport()), passages: [] }, "/")).not.toContain("passages");
});

test("the state of the queue is drawn, with the failures of its runs", () => {
  const idle = { workers: 2, waiting: 3, active: 1, delayed: 0, runs: [] };
  const summary = "2 workers; shards: 3 waiting, 1 in work, 0 to be tried again.";
  expect(drawStatus(idle)).toBe(`${summary}\nNo runs.`);
  const run = { id: "x", documents: 1, shards: 9, shardsDone: 4, age: 6000 };
  const runs = [
    { ...run, state: "waiting-children", failure: undefined },
    { ...run, state: "failed", failure: "shard 7" },
  ];
  const drawn = drawStatus({ ...idle, runs });
  expect(drawn).toMatch(/│ x +│ waiting-children +│ +4 of 9 │ +6 s │/);
  expect(drawn).toContain("failed: shard 7");
});

test.each([
  ["missing.txt", "corpus: missing.txt cannot be read: ENOENT."],
  [".", "corpus: . must be a text file, got a folder or a device; write ./*.txt"],
])("%s is no document", async (name, message) => {
  await expect(readDocuments([name], folder)).rejects.toThrow(message);
});
