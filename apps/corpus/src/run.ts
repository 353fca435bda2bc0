import type { Document } from "./shards/shard.ts";

/** The documents to score, and the size of their shards. */
export interface Run {
  readonly documents: readonly Document[];
  readonly shardBytes: number;
  /** The number of surprising passages to find. */
  readonly passages: number;
}
