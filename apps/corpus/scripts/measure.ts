// Measures what the page "Score a corpus on many machines" says, and writes it to measurements.json.
//
// Needs redis-server. From this folder:
//   node --conditions=@surprisal/source scripts/measure.ts [scoring] [merging] [queue] [workers]
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { cpus, loadavg, release, type } from "node:os";
import { fileURLToPath } from "node:url";
import { FlowProducer, Worker } from "bullmq";
import { Redis } from "ioredis";
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

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const folder = fileURLToPath(new URL("../corpus/", import.meta.url));
const names = (await readdir(folder)).filter((name) => name.endsWith(".txt"));
const documents = await readDocuments(names, folder);
const run = { documents, shardBytes: defaultShardBytes, passages: 5 };
const shards = [...planShards(documents, defaultShardBytes)];

const parts = {
  scoring: measureScoring,
  merging: measureMerging,
  queue: measureQueue,
  workers: measureAllWorkers,
};
const target = new URL("../measurements.json", import.meta.url);
const chosen = process.argv.slice(2);

for (const [name, measure] of Object.entries(parts)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const before = existsSync(target) ? JSON.parse(readFileSync(target, "utf8")) : {};
  const measurements = { ...before, ...circumstances(), [name]: await measure() };
  writeFileSync(target, `${JSON.stringify(measurements, null, 2)}\n`);
  console.log(name, measurements[name]);
}

function circumstances() {
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: {
      processor: cpus()[0].model.trim(),
      cores: cpus().length,
      system: `${type()} ${release()}`,
      load: Math.round(loadavg()[1]),
    },
    versions: {
      node: process.versions.node,
      bullmq: manifest.dependencies.bullmq,
      redis: RedisServer.version,
    },
    corpus: {
      bytes: documents.reduce((sum, { bytes }) => sum + bytes, 0),
      shards: shards.length,
    },
    shardBytes: defaultShardBytes,
  };
}

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
    processorSeconds: (user + system) / 1e6,
    shardResultBytes: Math.max(...scores.map(length)),
    shardStateBytes: Math.max(...scores.map(({ state }) => length(state))),
    totalStateBytes: length(total.total.state),
  };
}

/** Merges the scores of many shards, as the parent of a run does. */
async function measureMerging() {
  const samples = await scoreSamples();
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
async function measureQueue() {
  const [sample] = await scoreSamples();
  const server = await RedisServer.start();
  const count = 3000;
  const queue = openRunQueue(server.url);
  const producer = new FlowProducer(connectTo(server.url));
  const children = Array.from({ length: count }, (_, index) => ({
    name: "shard",
    queueName: shardQueue,
    data: { shard: { ...shards[0], index }, passages: 5 },
    opts: { ...shardOptions, jobId: `measured-${index}` },
  }));
  const processorBegin = await serverProcessorSeconds(server);
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
  const processorSeconds = (await serverProcessorSeconds(server)) - processorBegin;
  await worker.close();
  await parent?.remove({ removeChildren: true });
  await Promise.all([producer.close(), queue.close()]);
  await server.close();
  return {
    shards: count,
    addedPerSecond: (count / (addEnd - addBegin)) * 1000,
    workedPerSecond: (count / (workEnd - addEnd)) * 1000,
    // Redis executes commands in one thread, so this is what limits the rate of a large installation.
    serverMicrosecondsPerShard: (processorSeconds / count) * 1e6,
  };
}

/** Returns the processor time that a server has used. */
async function serverProcessorSeconds({ url }: RedisServer): Promise<number> {
  const client = new Redis(url);
  const info = await client.info("cpu");
  client.disconnect();
  const seconds = (name: string) => Number(new RegExp(`^${name}:(.*)$`, "m").exec(info)?.[1]);
  return seconds("used_cpu_user") + seconds("used_cpu_sys");
}

async function scoreSamples(): Promise<ShardScore[]> {
  const model = await loadByteModel();
  return Promise.all(shards.slice(0, 3).map((shard) => scoreShard(shard, model, run.passages)));
}

async function measureAllWorkers() {
  const server = await RedisServer.start();
  const workers = [];
  for (const count of [1, 2, 3]) workers.push(await measureWorkers(count, server));
  await server.close();
  return workers;
}

/** Scores the corpus with some worker processes of one thread each. */
async function measureWorkers(count: number, server: RedisServer) {
  const commands = Array.from({ length: count }, () =>
    startCommand("worker", "--redis", server.url, "--workers", "1"),
  );
  // The first run starts the models of the workers. It is not timed.
  await scoreOnQueue({ ...run, documents: documents.slice(0, 1) }, server.url);
  const begin = performance.now();
  await scoreOnQueue(run, server.url);
  const seconds = (performance.now() - begin) / 1000;
  for (const command of commands) command.process.kill("SIGTERM");
  await Promise.all(commands.map((command) => command.end()));
  return { workers: count, seconds };
}
