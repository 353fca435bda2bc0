import { type JobsOptions, Queue, type QueueOptions } from "bullmq";
import type { CorpusScore, ShardScore } from "../results/scores.ts";
import type { Run } from "../run.ts";
import type { Shard } from "../shards/shard.ts";

/** The data of a child: the address of its text, never the text itself. */
export interface ShardJob {
  readonly shard: Shard;
  readonly passages: number;
  /** The hash of the model that all shards of a run are scored with. */
  readonly model: string;
}

/** The data of a parent. */
export interface RunJob {
  readonly run: Run;
  readonly shards: number;
}

export const prefix = "surprisal-corpus";
export const shardQueue = "shards";
export const runQueue = "runs";

export const shardOptions = {
  attempts: 4,
  backoff: { type: "exponential", delay: 500 },
  // A shard that fails for good starts its parent, which then names it and fails the run.
  continueParentOnFailure: true,
  // The score of a completed shard is kept by its parent.
  removeOnComplete: true,
} satisfies JobsOptions;

/** Returns the options of connections that wait for a server that is restarted. */
export function connectTo(url: string) {
  return { prefix, connection: { url, maxRetriesPerRequest: null } } satisfies QueueOptions;
}

export type ShardQueue = Queue<ShardJob, ShardScore>;
export type RunQueue = Queue<RunJob, CorpusScore>;

export function openShardQueue(url: string): ShardQueue {
  return new Queue(shardQueue, connectTo(url));
}

export function openRunQueue(url: string): RunQueue {
  return new Queue(runQueue, connectTo(url));
}
