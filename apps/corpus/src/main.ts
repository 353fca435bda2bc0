#!/usr/bin/env node
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Options, parseOptions, usage } from "./commandLine/options.ts";
import { startProgress } from "./commandLine/progress.ts";
import { drawReport, drawStatus } from "./commandLine/tables.ts";
import { scoreLocally } from "./local/scoreLocally.ts";
import { checkServer } from "./queue/checkServer.ts";
import { scoreOnQueue, takeResult } from "./queue/scoreOnQueue.ts";
import { readStatus } from "./queue/status.ts";
import { startQueueWorker } from "./queue/work.ts";
import { makeReport } from "./results/report.ts";
import type { CorpusScore } from "./results/scores.ts";
import type { Run } from "./run.ts";
import { readDocuments } from "./shards/readDocuments.ts";
import { countShards } from "./shards/shard.ts";

/** Scripts of the workspace run in a folder of their own; a path is relative to the caller's. */
const callersFolder = process.env.INIT_CWD ?? process.cwd();
const corpusFolder = fileURLToPath(new URL("../corpus/", import.meta.url));

const commands = { score, worker, status, result };

try {
  const options = readOptions();
  if (options !== undefined) await commands[options.command](options);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

function readOptions(): Options | undefined {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options !== "help") return options;
    console.log(usage);
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${usage}`);
  }
}

async function score({ files, json, redis, ...options }: Options): Promise<void> {
  const folder = files.length > 0 ? callersFolder : corpusFolder;
  const names =
    files.length > 0 ? files : readdirSync(corpusFolder).filter((n) => n.endsWith(".txt"));
  const { shardBytes, passages } = options;
  const run: Run = { documents: await readDocuments(names, folder), shardBytes, passages };
  if (redis !== undefined) await checkServer(redis);

  const progress = startProgress(countShards(run.documents, shardBytes));
  const scoring =
    redis === undefined
      ? scoreLocally(run, options.workers, progress.update)
      : scoreTogether(run, redis, options, progress.update);
  const report = await makeReport(run, await scoring.finally(progress.stop));
  console.log(json ? JSON.stringify(report, null, 2) : drawReport(report, folder));
}

/** Scores a run with all workers of a server. This process is one of them, unless it has no threads. */
async function scoreTogether(
  run: Run,
  redis: string,
  options: Pick<Options, "workers" | "lockDuration">,
  onProgress: (shardsDone: number) => void,
): Promise<CorpusScore> {
  const worker = options.workers > 0 ? startQueueWorker(redis, options) : undefined;
  try {
    return await scoreOnQueue(run, redis, onProgress);
  } finally {
    await worker?.close();
  }
}

async function worker({ redis = "", workers, lockDuration }: Options): Promise<void> {
  await checkServer(redis);
  const running = startQueueWorker(redis, { workers, lockDuration });
  console.error(
    `Waiting for shards, with ${workers} threads. Ctrl-C stops after the shards in work.`,
  );
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  await running.close();
}

async function status({ redis = "", json }: Options): Promise<void> {
  await checkServer(redis);
  const state = await readStatus(redis);
  console.log(json ? JSON.stringify(state, null, 2) : drawStatus(state));
}

async function result({ redis = "", files: [id], json }: Options): Promise<void> {
  await checkServer(redis);
  await takeResult(id, redis, async (run, score) => {
    const report = await makeReport(run, score);
    console.log(json ? JSON.stringify(report, null, 2) : drawReport(report, callersFolder));
  });
}
