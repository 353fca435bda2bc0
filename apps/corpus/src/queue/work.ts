import { hostname } from "node:os";
import { Job, UnrecoverableError, Worker } from "bullmq";
import { type ScoringPool, startPool } from "../local/pool.ts";
import { modelDescription } from "../model/description.ts";
import { type CorpusScore, mergeShardScores, type ShardScore } from "../results/scores.ts";
import { describeFailure } from "../shards/shard.ts";
import { reportOutages } from "./outages.ts";
import {
  connectTo,
  openShardQueue,
  type RunJob,
  runQueue,
  type ShardJob,
  type ShardQueue,
  shardQueue,
} from "./queues.ts";

/** How often a shard may lose its worker. A shard that kills its workers must not go round for ever. */
const maxStalledCount = 5;

/** Works on shards and on the merges of runs, until it is closed. */
export interface QueueWorker {
  /** Finishes the shards that it has begun, and takes no more. */
  close(): Promise<void>;
}

export function startQueueWorker(
  url: string,
  { workers, lockDuration }: { workers: number; lockDuration: number },
): QueueWorker {
  const pool = startPool(workers);
  const queue = openShardQueue(url);
  const options = {
    ...connectTo(url),
    name: `${hostname()}:${process.pid}`,
    lockDuration,
    stalledInterval: lockDuration,
    maxStalledCount,
  };
  // Threads score, so that this one is free to renew the locks of their shards.
  const shards = new Worker<ShardJob, ShardScore>(shardQueue, (job) => scoreJob(job, pool), {
    ...options,
    concurrency: workers,
  });
  const runs = new Worker<RunJob, CorpusScore>(runQueue, (job) => mergeRun(job, queue), options);
  for (const part of [shards, runs, queue]) reportOutages(part);
  return {
    async close() {
      await Promise.all([shards.close(), runs.close()]);
      await Promise.all([queue.close(), pool.close()]);
    },
  };
}

function scoreJob({ data }: Job<ShardJob>, pool: ScoringPool): Promise<ShardScore> {
  const { sha256, name } = modelDescription;
  if (data.model === sha256) return pool.score(data);
  throw new UnrecoverableError(
    `the worker has the model ${name} ${sha256}, but the run needs ${data.model}. Use one version everywhere.`,
  );
}

/** Merges the scores of all shards, or fails with the names of those that failed. */
async function mergeRun(job: Job<RunJob>, queue: ShardQueue): Promise<CorpusScore> {
  const failures = Object.entries(await job.getFailedChildrenValues());
  if (failures.length > 0) {
    await job.removeUnprocessedChildren();
    const messages = failures.map(([key, reason]) => explain(key, reason, queue));
    throw new UnrecoverableError((await Promise.all(messages)).join("\n"));
  }
  const scores = Object.values(await job.getChildrenValues<ShardScore>());
  const { run, shards } = job.data;
  const { documents, passages } = run;
  return mergeShardScores(scores, { documents: documents.length, shards, passages });
}

async function explain(key: string, reason: string, queue: ShardQueue): Promise<string> {
  const id = key.slice(key.lastIndexOf(":") + 1);
  const job = await Job.fromId<ShardJob>(queue, id);
  return job === undefined ? `corpus: ${key}: ${reason}` : describeFailure(job.data.shard, reason);
}
