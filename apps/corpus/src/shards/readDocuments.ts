import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Document } from "./shard.ts";

/** Looks up the sizes of the files. Throws if one is missing or no file. */
export async function readDocuments(files: readonly string[], folder: string): Promise<Document[]> {
  return Promise.all(
    files.map(async (name) => {
      const file = resolve(folder, name);
      const status = await stat(file).catch((error: NodeJS.ErrnoException) => {
        throw new RangeError(`corpus: ${name} cannot be read: ${error.code}.`);
      });
      if (status.isFile()) return { file, bytes: status.size };
      const hint = status.isDirectory() ? `; write ${name}/*.txt for the texts in it` : "";
      throw new TypeError(`corpus: ${name} must be a text file, got a folder or a device${hint}.`);
    }),
  );
}
