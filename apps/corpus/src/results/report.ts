import { open } from "node:fs/promises";
import { languageScore } from "@surprisal/language";
import { type ModelDescription, modelDescription } from "../model/description.ts";
import type { Run } from "../run.ts";
import type { Document } from "../shards/shard.ts";
import { bitsPerCharacter, type Passage } from "./passages.ts";
import type { CorpusScore, Score } from "./scores.ts";
import { isTrainedOn } from "./training.ts";

/** The score of a document or of all, as it is printed. Averages over nothing are NaN, in JSON null. */
export interface ScoreReport {
  readonly bytes: number;
  readonly characters: number;
  readonly bitsPerCharacter: number;
  readonly bitsPerByte: number;
  /** e to the mean surprisal of a token. The tokens of this model are bytes. */
  readonly perplexity: number;
  /** The state of `languageScore`, from which scores of several runs can be merged. */
  readonly state: Score["state"];
}

export interface DocumentReport extends ScoreReport {
  readonly file: string;
  /** Whether the model was trained on this text. */
  readonly trainedOn: boolean;
}

export interface PassageReport {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly bitsPerCharacter: number;
  readonly text: string;
}

export interface Report {
  readonly model: Pick<ModelDescription, "name" | "sha256">;
  readonly documents: readonly DocumentReport[];
  readonly total: ScoreReport;
  readonly passages: readonly PassageReport[];
}

/** Computes the numbers of a run, and reads the text of its surprising passages. */
export async function makeReport({ documents }: Run, score: CorpusScore): Promise<Report> {
  const { name, sha256 } = modelDescription;
  return {
    model: { name, sha256 },
    documents: await Promise.all(
      score.documents.map(async (part, i) => ({
        file: documents[i].file,
        trainedOn: await isTrainedOn(documents[i]),
        ...reportScore(part),
      })),
    ),
    total: reportScore(score.total),
    passages: await Promise.all(
      score.passages.map((passage) => reportPassage(passage, documents[passage.document])),
    ),
  };
}

function reportScore({ state, characters }: Score): ScoreReport {
  const { tokens, nats, perplexity, bitsPerByte } = languageScore.extractOutput(state);
  return {
    bytes: tokens,
    characters,
    // Bytes that are no UTF-8 may have a surprisal, but no characters.
    bitsPerCharacter: characters === 0 ? Number.NaN : nats / characters / Math.LN2,
    bitsPerByte,
    perplexity,
    state,
  };
}

async function reportPassage(passage: Passage, { file }: Document): Promise<PassageReport> {
  const { start, end } = passage;
  const text = await readWholeCharacters(file, start, end);
  return { file, start, end, bitsPerCharacter: bitsPerCharacter(passage), text };
}

/** Reads the characters that begin between start and end. */
async function readWholeCharacters(file: string, start: number, end: number): Promise<string> {
  const handle = await open(file);
  try {
    // A character of UTF-8 has at most 3 bytes after its first.
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(end - start + 3), 0, null, start);
    const continues = (i: number) => i < bytesRead && (buffer[i] & 0xc0) === 0x80;
    let first = 0;
    while (continues(first)) first++;
    let last = end - start;
    while (continues(last)) last++;
    return buffer.toString("utf8", first, last);
  } finally {
    await handle.close();
  }
}
