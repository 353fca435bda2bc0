import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { FlowProducer, type Job } from "bullmq";
import { modelDescription } from "../model/description.ts";
import type { CorpusScore } from "../results/scores.ts";
import type { Run } from "../run.ts";
import { countShards, planShards } from "../shards/shard.ts";
import { reportOutages } from "./outages.ts";
import {
  connectTo,
  openRunQueue,
  type RunJob,
  type RunQueue,
  runQueue,
  type ShardJob,
  shardOptions,
  shardQueue,
} from "./queues.ts";

type FinishedJob = Job<RunJob, CorpusScore>;

const pollInterval = 200;

/** Milliseconds after which a server that does not come back is given up. */
const longestOutage = 60_000;

/** Scores a corpus by all workers of a Redis server. Fails if a shard fails for good. */
export async function scoreOnQueue(
  run: Run,
  url: string,
  onProgress: (shardsDone: number) => void = () => {},
): Promise<CorpusScore> {
  return withRunQueue(url, async (queue) => {
    const job = await waitForRun(queue, await addRun(run, url), onProgress);
    await answered(removeRun(job));
    return scoreOf(job);
  });
}

/** Waits for a run that another process has started, uses its result, and removes it from the queue. */
export async function takeResult(
  id: string,
  url: string,
  use: (run: Run, score: CorpusScore) => Promise<void>,
): Promise<void> {
  return withRunQueue(url, async (queue) => {
    const job = await waitForRun(queue, id, () => {});
    // A result that cannot be used here, because files are missing, stays in the queue.
    if (!job.failedReason) await use(job.data.run, scoreOf(job));
    await answered(removeRun(job));
    scoreOf(job);
  });
}

async function withRunQueue<T>(url: string, use: (queue: RunQueue) => Promise<T>): Promise<T> {
  const queue = openRunQueue(url);
  reportOutages(queue);
  try {
    return await use(queue);
  } finally {
    await queue.close();
  }
}

/** Adds a run: a parent, and a child for each shard. Either all of them are in the queue or none. */
async function addRun(run: Run, url: string): Promise<string> {
  const id = randomUUID();
  const { documents, shardBytes, passages } = run;
  const children = [...planShards(documents, shardBytes)].map((shard) => {
    const data: ShardJob = { shard, passages, model: modelDescription.sha256 };
    const opts = { ...shardOptions, jobId: `${id}-${shard.index}` };
    return { name: "shard", queueName: shardQueue, data, opts };
  });
  const data: RunJob = { run, shards: countShards(documents, shardBytes) };
  const producer = new FlowProducer(connectTo(url));
  reportOutages(producer);
  try {
    await producer.add({ name: "run", queueName: runQueue, data, opts: { jobId: id }, children });
  } finally {
    await producer.close();
  }
  return id;
}

async function waitForRun(
  queue: RunQueue,
  id: string,
  onProgress: (shardsDone: number) => void,
): Promise<FinishedJob> {
  for (;;) {
    const job = await answered(queue.getJob(id));
    if (job === undefined) throw new Error(`corpus: the run ${id} is not in the queue.`);
    const state = await answered(job.getState());
    if (state === "completed" || state === "failed") {
      // Only now are the result and the reason of a failure sure to be there.
      return (await answered(queue.getJob(id))) as FinishedJob;
    }
    const { processed = 0 } = await answered(job.getDependenciesCount({ processed: true }));
    onProgress(processed);
    await sleep(pollInterval);
  }
}

/** Returns the result of a run that has ended, or throws the reason of its failure. */
function scoreOf({ failedReason, returnvalue }: FinishedJob): CorpusScore {
  if (failedReason) throw new Error(failedReason);
  return returnvalue;
}

async function removeRun(job: FinishedJob): Promise<void> {
  // After a failure other shards may still be in work, and such a run cannot be removed yet.
  await job.remove({ removeChildren: true }).catch(() => {});
}

/** Waits for an answer of the server, also while it restarts, but not for ever. */
function answered<T>(answer: Promise<T>): Promise<T> {
  const outage = `corpus: the Redis server has not answered for ${longestOutage / 1000} s.`;
  return Promise.race([
    answer,
    sleep(longestOutage, undefined, { ref: false }).then(() => {
      throw new Error(outage);
    }),
  ]);
}
