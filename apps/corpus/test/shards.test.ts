import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { languageScore, tokenLogProbs } from "@surprisal/language";
import { afterAll, expect, test } from "vitest";
import type { ByteModel } from "../src/model/byteModel.ts";
import { modelDescription } from "../src/model/description.ts";
import { scoreShard } from "../src/shards/scoreShard.ts";
import { countShards, planShards, type Shard } from "../src/shards/shard.ts";
import { readBatches, windowsPerBatch } from "../src/shards/windows.ts";

const folder = mkdtempSync(join(tmpdir(), "surprisal-shards-"));
afterAll(() => rmSync(folder, { recursive: true }));

const { context, window } = modelDescription;

/** Bytes in which no two neighbourhoods are alike. */
const bytes = Uint8Array.from({ length: 40 * window + 7 }, (_, i) => (i * i + (i >> 8)) & 0xff);
const file = join(folder, "text");
writeFileSync(file, bytes);

function shard(start: number, end: number): Shard {
  return { index: 3, document: 1, file, fileBytes: bytes.length, start, end };
}

/** Predicts from the previous byte alone: its successor has the logit 3, all others 0. */
const successor: ByteModel = {
  description: modelDescription,
  async predict({ previous, rows }) {
    const scored = previous.subarray(context * rows);
    const data = new Float32Array(scored.length * 256);
    for (const [i, byte] of scored.entries()) data[i * 256 + ((byte + 1) & 0xff)] = 3;
    return { data, dims: [scored.length / rows, rows, 256] };
  },
};

test("shards cover every byte once, in order, and an empty document has none", () => {
  const documents = [
    { file: "a", bytes: 10 },
    { file: "b", bytes: 0 },
    { file: "c", bytes: 8 },
  ];
  const shards = [...planShards(documents, 4)];
  expect(shards.map(({ document, start, end }) => [document, start, end])).toEqual([
    [0, 0, 4],
    [0, 4, 8],
    [0, 8, 10],
    [2, 0, 4],
    [2, 4, 8],
  ]);
  expect(shards.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
  expect(shards[3]).toMatchObject({ file: "c", fileBytes: 8 });
  expect(countShards(documents, 4)).toBe(5);
});

test.each([
  ["the beginning", 0, 3 * window],
  ["the end, with a short window", 38 * window, bytes.length],
  ["more windows than a batch has", 2 * window, 2 * window + (windowsPerBatch + 2) * window],
  ["less than a window", 40 * window, bytes.length],
])("a window has its bytes and the context before them: %s", async (_, start, end) => {
  const handle = await open(file);
  const at = (position: number) => (position < 0 ? 0x0a : bytes[position]);
  let next = start;
  for await (const { rows, previous, ids, scored, ...batch } of readBatches(
    handle,
    shard(start, end),
    modelDescription,
  )) {
    expect(batch.start).toBe(next);
    expect(rows).toBeLessThanOrEqual(windowsPerBatch);
    const times = ids.length / rows;
    expect(previous.length).toBe((context + times) * rows);
    for (let row = 0; row < rows; row++) {
      const first = next + row * window;
      const last = Math.min(first + window, end);
      for (let t = -context; t < times; t++) {
        const isScored = first + t < last;
        if (isScored) {
          expect(previous[(t + context) * rows + row]).toBe(at(first + t - 1));
        }
        if (t >= 0) expect(ids[t * rows + row]).toBe(isScored ? at(first + t) : -100);
      }
    }
    next += scored.length;
  }
  await handle.close();
  expect(next).toBe(end);
});

test("only a batch of a huge file is read at once, at any offset", async () => {
  const fileBytes = 2 ** 43;
  const start = 2 ** 42;
  const batchBytes = windowsPerBatch * window;
  const reads: { position: number; length: number }[] = [];
  const handle = {
    async read(buffer: Uint8Array, offset: number, length: number, position: number) {
      reads.push({ position, length });
      buffer.fill(position % 251, offset, offset + length);
      return { bytesRead: length, buffer };
    },
  } as unknown as FileHandle;
  const part = { ...shard(start, start + 3 * batchBytes), fileBytes };
  for await (const { previous } of readBatches(handle, part, modelDescription)) {
    expect(previous[0]).toBe(reads[reads.length - 1].position % 251);
  }
  expect(reads).toEqual(
    [0, 1, 2].map((batch) => ({
      position: start + batch * batchBytes - context - 1,
      length: batchBytes + context + 1,
    })),
  );
});

test("a shard has the score of its bytes, and its most surprising passages", async () => {
  const text = "abcdefgh".repeat(7) + "a?b?c?d?".repeat(7) + "é".repeat(14) + "aceg".repeat(7);
  const short = join(folder, "short");
  writeFileSync(short, text);
  const size = Buffer.byteLength(text);
  const { passages, state, characters, ...rest } = await scoreShard(
    { index: 0, document: 2, file: short, fileBytes: size, start: 0, end: size },
    successor,
    2,
  );
  expect(rest).toEqual({ index: 0, document: 2 });
  expect(characters).toBe(text.length);

  const bytesOfText = Buffer.from(`\n${text}`);
  const total = Math.log(Math.exp(3) + 255);
  const nats = (first: number, end: number) => {
    let sum = 0;
    for (let i = first; i < end; i++) {
      sum += bytesOfText[i + 1] === bytesOfText[i] + 1 ? total - 3 : total;
    }
    return sum;
  };
  const score = languageScore.extractOutput(state);
  expect(score.tokens).toBe(size);
  expect(score.nats).toBeCloseTo(nats(0, size), 3);
  expect(score.bitsPerByte).toBeCloseTo(nats(0, size) / size / Math.LN2, 5);
  // No byte of the second and third passage follows its predecessor, but the third has fewer characters.
  expect(
    passages.map(({ document, start, end, characters }) => [document, start, end, characters]),
  ).toEqual([
    [2, 112, 168, 42],
    [2, 56, 112, 56],
  ]);
  expect(passages[1].bits).toBeCloseTo(nats(56, 112) / Math.LN2, 3);
});

test("a passage is as surprising as its characters are, and none without characters is found", async () => {
  const ofText = async (content: string | Buffer) => {
    const name = join(folder, "passages");
    writeFileSync(name, content);
    const size = Buffer.byteLength(content);
    const whole = { index: 0, document: 0, file: name, fileBytes: size, start: 0, end: size };
    const { passages, characters } = await scoreShard(whole, successor, 9);
    return { characters, starts: passages.map(({ start }) => start) };
  };
  // The last passage has one byte, which no other follows.
  expect(await ofText(`${"abcdefgh".repeat(7)}?`)).toEqual({ characters: 57, starts: [56, 0] });
  expect(await ofText(Buffer.of(0x80, 0x80))).toEqual({ characters: 0, starts: [] });
});

test("shards of any size add up to the same bits", async () => {
  const scoreAll = async (shardBytes: number) => {
    const shards = [...planShards([{ file, bytes: bytes.length }], shardBytes)];
    const scores = await Promise.all(shards.map((part) => scoreShard(part, successor, 3)));
    const { mergeAccumulators, extractOutput } = languageScore;
    return extractOutput(mergeAccumulators(scores.map(({ state }) => state)));
  };
  const whole = await scoreAll(64 * window);
  expect(whole.tokens).toBe(bytes.length);
  expect(await scoreAll(window)).toEqual(whole);
  expect(await scoreAll(7 * window)).toEqual(whole);
});

test("a file that has changed since the run was planned is an error", async () => {
  const changed = { ...shard(0, window), fileBytes: bytes.length + 1 };
  await expect(scoreShard(changed, successor, 1)).rejects.toThrow(
    `the file has ${bytes.length} bytes, but had ${bytes.length + 1} when the run began.`,
  );
  const missing = { ...shard(0, window), file: join(folder, "missing") };
  await expect(scoreShard(missing, successor, 1)).rejects.toThrow("ENOENT");
});

test("the stub and languageScore agree on a token", () => {
  const logits = new Float32Array(256);
  logits[1] = 3;
  expect(tokenLogProbs([...logits], 1)).toBeCloseTo(3 - Math.log(Math.exp(3) + 255), 6);
});
