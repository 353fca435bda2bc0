import { readFile } from "node:fs/promises";
import { modelDescription } from "../model/description.ts";
import type { Document } from "../shards/shard.ts";

/** The texts that the model was trained on, which are part of this repository; read when they are needed. */
let trainingTexts: Promise<Buffer[]> | undefined;

/** Returns whether the model was trained on exactly this text, whatever the name of the file is. */
export async function isTrainedOn({ file, bytes }: Document): Promise<boolean> {
  trainingTexts ??= readTrainingTexts();
  const candidates = (await trainingTexts).filter(({ length }) => length === bytes);
  if (candidates.length === 0) return false;
  const text = await readFile(file);
  return candidates.some((candidate) => candidate.equals(text));
}

function readTrainingTexts(): Promise<Buffer[]> {
  const folder = new URL("../../corpus/", import.meta.url);
  return Promise.all(modelDescription.trainedOn.map((name) => readFile(new URL(name, folder))));
}
