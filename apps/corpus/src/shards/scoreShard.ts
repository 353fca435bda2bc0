import { type FileHandle, open } from "node:fs/promises";
import { languageScore, tokenLogProbs } from "@surprisal/language";
import type { ByteModel } from "../model/byteModel.ts";
import { mostSurprising, type Passage } from "../results/passages.ts";
import type { ShardScore } from "../results/scores.ts";
import type { Shard } from "./shard.ts";
import { type Batch, readBatches } from "./windows.ts";

/** The length of a passage in bytes. It divides the model's window, so that no passage is cut. */
export const passageBytes = 56;

/** Scores one shard. The result depends on the shard, the model and `passages` alone. */
export async function scoreShard(
  shard: Shard,
  model: ByteModel,
  passages: number,
): Promise<ShardScore> {
  const handle = await open(shard.file);
  try {
    return await scoreOpenFile(handle, shard, model, passages);
  } finally {
    await handle.close();
  }
}

async function scoreOpenFile(
  handle: FileHandle,
  shard: Shard,
  model: ByteModel,
  count: number,
): Promise<ShardScore> {
  const { size } = await handle.stat();
  if (size !== shard.fileBytes) {
    throw new Error(`the file has ${size} bytes, but had ${shard.fileBytes} when the run began.`);
  }
  let state = languageScore.createAccumulator();
  let characters = 0;
  let passages: Passage[] = [];
  for await (const batch of readBatches(handle, shard, model.description)) {
    const logits = await model.predict(batch);
    const ids = { data: batch.ids, dims: [batch.ids.length / batch.rows, batch.rows] };
    state = languageScore.addInput(state, { logits, ids, bytes: batch.scored.length });
    characters += countCharacters(batch.scored);
    const logProbs = new Float32Array(batch.ids.length);
    tokenLogProbs(logits, ids, { out: { data: logProbs, dims: ids.dims } });
    const found = findPassages(logProbs, batch, shard.document, model.description.window);
    passages = mostSurprising([...passages, ...found], count);
  }
  return { index: shard.index, document: shard.document, state, characters, passages };
}

/** Counts Unicode code points: all bytes of UTF-8 but those that continue a character. */
function countCharacters(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) if ((byte & 0xc0) !== 0x80) count++;
  return count;
}

/**
 * Cuts a batch into passages and adds up the surprisal of their bytes. A passage in which no character begins is left
 * out: it has no text.
 */
function findPassages(
  logProbs: Float32Array,
  { start, scored, rows }: Batch,
  document: number,
  window: number,
): Passage[] {
  const passages: Passage[] = [];
  for (let first = 0; first < scored.length; first += passageBytes) {
    const end = Math.min(first + passageBytes, scored.length);
    const characters = countCharacters(scored.subarray(first, end));
    if (characters === 0) continue;
    let nats = 0;
    for (let i = first; i < end; i++) {
      nats -= logProbs[(i % window) * rows + Math.floor(i / window)];
    }
    const place = { document, start: start + first, end: start + end };
    passages.push({ ...place, bits: nats / Math.LN2, characters });
  }
  return passages;
}
