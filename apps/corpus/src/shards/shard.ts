import { modelDescription } from "../model/description.ts";

/** A text file of the corpus. */
export interface Document {
  /** An absolute path, which every machine that works on the run can read. */
  readonly file: string;
  readonly bytes: number;
}

/** The address of a part of a document: never the text itself. */
export interface Shard {
  /** The place of the shard in the run. */
  readonly index: number;
  /** The place of the document in the run. */
  readonly document: number;
  readonly file: string;
  /** The size of the whole file when the run was planned. */
  readonly fileBytes: number;
  readonly start: number;
  readonly end: number;
}

/** The default size of a shard: 64 windows of the model. */
export const defaultShardBytes = 64 * modelDescription.window;

/**
 * Yields the shards of all documents, in order.
 *
 * The cuts depend on the sizes of the files and on `shardBytes` alone, never on the number of workers.
 * `shardBytes` is a multiple of the model's window, so that a shard is a number of whole windows and, at
 * the end of a document, a rest.
 */
export function* planShards(documents: readonly Document[], shardBytes: number): Generator<Shard> {
  let index = 0;
  for (const [document, { file, bytes }] of documents.entries()) {
    for (let start = 0; start < bytes; start += shardBytes) {
      const end = Math.min(start + shardBytes, bytes);
      yield { index: index++, document, file, fileBytes: bytes, start, end };
    }
  }
}

export function countShards(documents: readonly Document[], shardBytes: number): number {
  return documents.reduce((sum, { bytes }) => sum + Math.ceil(bytes / shardBytes), 0);
}

/** Returns the message for a shard that failed, which names its place in the corpus. */
export function describeFailure({ index, file, start, end }: Shard, reason: string): string {
  return `corpus: shard ${index} (${file}, bytes ${start} to ${end}) cannot be scored: ${reason}`;
}
