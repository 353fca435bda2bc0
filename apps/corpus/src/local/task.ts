import { loadByteModel } from "../model/byteModel.ts";
import type { ShardScore } from "../results/scores.ts";
import { scoreShard } from "../shards/scoreShard.ts";
import type { Shard } from "../shards/shard.ts";

/** The argument of a task of the pool. */
export interface Task {
  readonly shard: Shard;
  readonly passages: number;
}

const model = await loadByteModel();

/** Scores a shard in a thread of the pool. */
export default function runTask({ shard, passages }: Task): Promise<ShardScore> {
  return scoreShard(shard, model, passages);
}
