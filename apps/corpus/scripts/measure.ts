// Measures what the page "Score a corpus on many machines" says, and writes it to measurements.json.
//
// Needs redis-server. From this folder: node --conditions=@surprisal/source scripts/measure.ts
import { writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { cpus, loadavg, release, type } from "node:os";
import { fileURLToPath } from "node:url";
import { FlowProducer, Worker } from "bullmq";
import { loadByteModel } from "../src/model/byteModel.ts";
import {
  connectTo,
  openRunQueue,
  runQueue,
  shardOptions,
  shardQueue,
} from "../src/queue/queues.ts";
import { scoreOnQueue } from "../src/queue/scoreOnQueue.ts";
import { mergeShardScores, type ShardScore } from "../src/results/scores.ts";
import { readDocuments } from "../src/shards/readDocuments.ts";
import { scoreShard } from "../src/shards/scoreShard.ts";
import { defaultShardBytes, planShards } from "../src/shards/shard.ts";
import { startCommand } from "../test/commandLine.ts";
import { RedisServer } from "../test/redisServer.ts";

const folder = fileURLToPath(new URL("../corpus/", import.meta.url));
const names = (await readdir(folder)).filter((name) => name.endsWith(".txt"));
const documents = await readDocuments(names, folder);
const run = { documents, shardBytes: defaultShardBytes, passages: 5 };
const shards = [...planShards(documents, defaultShardBytes)];

const scoring = await measureScoring();
const merging = measureMerging(scoring.scores);
const server = await RedisServer.start();
const queue = await measureQueue(scoring.scores[0]);
const workers = [];
for (const count of [1, 2, 3]) workers.push(await measureWorkers(count));
await server.close();

const { scores, ...scoringSummary } = scoring;
const measurements = {
  date: new Date().toISOString().slice(0, 10),
  machine: {
    processor: cpus()[0].model.trim(),
    cores: cpus().length,
    system: `${type()} ${release()}`,
    load: Math.round(loadavg()[1]),
  },
  versions: { node: process.versions.node, bullmq: "6.7.0", redis: server.version },
  corpus: {
    bytes: shards.reduce((sum, { start, end }) => sum + end - start, 0),
    shards: shards.length,
  },
  shardBytes: defaultShardBytes,
  scoring: scoringSummary,
  merging,
  queue,
  workers,
};
const target = new URL("../measurements.json", import.meta.url);
writeFileSync(target, `${JSON.stringify(measurements, null, 2)}\n`);
console.log(measurements);

/** Scores the corpus in this thread. Processor time does not count the time that others have the core. */
async function measureScoring() {
  const model = await loadByteModel();
  const scores: ShardScore[] = [];
  const begin = process.cpuUsage();
  for (const shard of shards) scores.push(await scoreShard(shard, model, run.passages));
  const { user, system } = process.cpuUsage(begin);
  const total = mergeShardScores(scores, {
    documents: documents.length,
    shards: shards.length,
    passages: 5,
  });
  const length = (value: unknown) => JSON.stringify(value).length;
  return {
    scores,
    processorSeconds: (user + system) / 1e6,
    shardResultBytes: Math.max(...scores.map(length)),
    shardStateBytes: Math.max(...scores.map(({ state }) => length(state))),
    totalStateBytes: length(total.total.state),
  };
}

/** Merges the scores of many shards, as the parent of a run does. */
function measureMerging(samples: readonly ShardScore[]) {
  const count = 20_000;
  const many = Array.from({ length: count }, (_, index) => {
    return { ...samples[index % samples.length], index, document: 0 };
  });
  const begin = process.cpuUsage();
  mergeShardScores(many, { documents: 1, shards: count, passages: 5 });
  const { user, system } = process.cpuUsage(begin);
  return { shards: count, microsecondsPerShard: (user + system) / count };
}

/** Puts shards through the queue that take no work at all. */
async function measureQueue(sample: ShardScore) {
  const count = 5000;
  const queue = openRunQueue(server.url);
  const producer = new FlowProducer(connectTo(server.url));
  const children = Array.from({ length: count }, (_, index) => ({
    name: "shard",
    queueName: shardQueue,
    data: { shard: { ...shards[0], index }, passages: 5 },
    opts: { ...shardOptions, jobId: `measured-${index}` },
  }));
  const addBegin = performance.now();
  await producer.add({ name: "run", queueName: runQueue, opts: { jobId: "measured" }, children });
  const addEnd = performance.now();
  const worker = new Worker(shardQueue, async () => sample, {
    ...connectTo(server.url),
    concurrency: 64,
  });
  const parent = await queue.getJob("measured");
  while ((await parent?.getState()) === "waiting-children") {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const workEnd = performance.now();
  await worker.close();
  await parent?.remove({ removeChildren: true });
  await Promise.all([producer.close(), queue.close()]);
  return {
    shards: count,
    addedPerSecond: (count / (addEnd - addBegin)) * 1000,
    workedPerSecond: (count / (workEnd - addEnd)) * 1000,
  };
}

/** Scores the corpus with some worker processes of one thread each. */
async function measureWorkers(count: number) {
  const commands = Array.from({ length: count }, () =>
    startCommand("worker", "--redis", server.url, "--workers", "1"),
  );
  // The first run starts the models of the workers. It is not timed.
  await scoreOnQueue(run, server.url);
  const seconds: number[] = [];
  for (let round = 0; round < 3; round++) {
    const begin = performance.now();
    await scoreOnQueue(run, server.url);
    seconds.push((performance.now() - begin) / 1000);
  }
  for (const command of commands) command.process.kill("SIGTERM");
  await Promise.all(commands.map((command) => command.end()));
  return { workers: count, seconds: Math.min(...seconds) };
}
