import type { Document } from "./shards/shard.ts";

/** What is to be scored, and into which shards it is cut. */
export interface Run {
  readonly documents: readonly Document[];
  readonly shardBytes: number;
  /** The number of surprising passages to find. */
  readonly passages: number;
}
