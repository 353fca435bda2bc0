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

const pollInterval = 200;

/** Milliseconds after which a server that does not come back is given up. */
const longestOutage = 60_000;

/** Scores a corpus by all workers of a Redis server. Fails if a shard fails for good. */
export async function scoreOnQueue(
  run: Run,
  url: string,
  onProgress: (shardsDone: number) => void = () => {},
): Promise<CorpusScore> {
  const queue = openRunQueue(url);
  reportOutages(queue);
  try {
    const id = await addRun(run, url);
    return await waitForRun(queue, id, onProgress);
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
): Promise<CorpusScore> {
  for (;;) {
    const job = await answered(queue.getJob(id));
    if (job === undefined) throw new Error(`corpus: the run ${id} was removed from the queue.`);
    const state = await answered(job.getState());
    if (state === "completed" || state === "failed") return finish(queue, id);
    const { processed = 0 } = await answered(job.getDependenciesCount({ processed: true }));
    onProgress(processed);
    await sleep(pollInterval);
  }
}

/** Takes the result of a run out of the queue. */
async function finish(queue: RunQueue, id: string): Promise<CorpusScore> {
  // Only now are the result and the reason of a failure sure to be there.
  const job = (await answered(queue.getJob(id))) as Job<RunJob, CorpusScore>;
  await answered(removeRun(job));
  if (job.failedReason) throw new Error(job.failedReason);
  return job.returnvalue;
}

async function removeRun(job: Job<RunJob, CorpusScore>): Promise<void> {
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
