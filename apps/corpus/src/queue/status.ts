import { reportOutages } from "./outages.ts";
import { openRunQueue, openShardQueue } from "./queues.ts";

/** A run in the queue. */
export interface RunStatus {
  readonly id: string;
  readonly state: string;
  readonly documents: number;
  readonly shards: number;
  readonly shardsDone: number;
  /** Milliseconds since the run was added. */
  readonly age: number;
  readonly failure: string | undefined;
}

/** The state of the queue of a server. */
export interface QueueStatus {
  /** Processes that wait for shards or work on them. */
  readonly workers: number;
  readonly waiting: number;
  readonly active: number;
  /** Shards that failed and wait to be tried again. */
  readonly delayed: number;
  readonly runs: readonly RunStatus[];
}

export async function readStatus(url: string): Promise<QueueStatus> {
  const shards = openShardQueue(url);
  const runs = openRunQueue(url);
  for (const queue of [shards, runs]) reportOutages(queue);
  try {
    const {
      waiting = 0,
      active = 0,
      delayed = 0,
    } = await shards.getJobCounts("waiting", "active", "delayed");
    const jobs = await runs.getJobs();
    const statuses = jobs.map(async (job): Promise<RunStatus> => {
      const state = await job.getState();
      const { processed = 0 } = await job.getDependenciesCount({ processed: true });
      return {
        id: job.id ?? "",
        state,
        documents: job.data.run.documents.length,
        shards: job.data.shards,
        shardsDone: processed,
        age: Date.now() - job.timestamp,
        failure: job.failedReason || undefined,
      };
    });
    return {
      workers: await shards.getWorkersCount(),
      waiting,
      active,
      delayed,
      runs: await Promise.all(statuses),
    };
  } finally {
    await Promise.all([shards.close(), runs.close()]);
  }
}
