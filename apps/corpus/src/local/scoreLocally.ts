import { type CorpusScore, mergeShardScores, type ShardScore } from "../results/scores.ts";
import type { Run } from "../run.ts";
import { countShards, describeFailure, planShards } from "../shards/shard.ts";
import { startPool } from "./pool.ts";

/** Scores a corpus on the cores of this machine. */
export async function scoreLocally(
  { documents, shardBytes, passages }: Run,
  workers: number,
  onProgress: (shardsDone: number) => void = () => {},
): Promise<CorpusScore> {
  const shards = planShards(documents, shardBytes);
  const scores: ShardScore[] = [];
  const pool = startPool(workers);
  // Takes the next shard when one is done, so that a plan of millions is never all in memory.
  const takeShards = async () => {
    for (const shard of shards) {
      scores.push(
        await pool.score({ shard, passages }).catch((error: Error) => {
          throw new Error(describeFailure(shard, error.message));
        }),
      );
      onProgress(scores.length);
    }
  };
  try {
    await Promise.all(Array.from({ length: workers }, takeShards));
  } finally {
    await pool.close();
  }
  const count = countShards(documents, shardBytes);
  return mergeShardScores(scores, { documents: documents.length, shards: count, passages });
}
