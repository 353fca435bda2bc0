import { Piscina } from "piscina";
import type { ShardScore } from "../results/scores.ts";
import type { Task } from "./task.ts";

/** Threads that score shards. Each has a model of its own. */
export interface ScoringPool {
  score(task: Task): Promise<ShardScore>;
  close(): Promise<void>;
}

export function startPool(threads: number): ScoringPool {
  const pool = new Piscina<Task, ShardScore>({
    filename: new URL("task.ts", import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
  });
  return { score: (task) => pool.run(task), close: () => pool.destroy() };
}
