import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { checkServer } from "../src/queue/checkServer.ts";
import {
  openRunQueue,
  openShardQueue,
  type RunQueue,
  type ShardQueue,
} from "../src/queue/queues.ts";
import { readStatus } from "../src/queue/status.ts";
import { type Command, runCommand, startCommand } from "./commandLine.ts";
import { RedisServer } from "./redisServer.ts";

const window = 448;
const folder = mkdtempSync(join(tmpdir(), "surprisal-corpus-"));
const commands: Command[] = [];
let server: RedisServer;
let shards: ShardQueue;
let runs: RunQueue;

beforeAll(async () => {
  server = await RedisServer.start();
  shards = openShardQueue(server.url);
  runs = openRunQueue(server.url);
  for (const queue of [shards, runs]) queue.on("error", () => {});
});

afterEach(async () => {
  for (const { process } of commands.splice(0)) process.kill("SIGKILL");
});

afterAll(async () => {
  await Promise.all([shards?.close(), runs?.close()]);
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

function start(...args: string[]): Command {
  const command = startCommand(...args);
  commands.push(command);
  return command;
}

function startWorker(): Command {
  return start("worker", "--redis", server.url, "--workers", "1", "--lock-duration", "1500");
}

/** Writes the beginning of a text of the corpus, and returns its path. */
function writeText(name: string, bytes: number): string {
  const file = join(folder, name);
  const text = readFileSync(new URL(`../corpus/${name}`, import.meta.url));
  writeFileSync(file, text.subarray(0, bytes));
  return file;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20);
}

async function shardsDone(): Promise<number> {
  const [run] = await runs.getJobs();
  if (run === undefined) return 0;
  const { processed = 0 } = await run.getDependenciesCount({ processed: true });
  return processed;
}

/** Pauses a worker while it holds a shard. */
async function pauseInWork({ process }: Command): Promise<void> {
  for (;;) {
    process.kill("SIGSTOP");
    const active = await shards.getActive();
    if (active.some(({ processedBy }) => processedBy?.endsWith(`:${process.pid}`))) return;
    process.kill("SIGCONT");
    await sleep(20);
  }
}

test("a killed worker, a paused one and a restart of the server do not change a bit", async () => {
  const files = [
    writeText("through-the-looking-glass.txt", 224 * window - 300),
    writeText("the-wonderful-wizard-of-oz.txt", 276 * window),
  ];
  const args = ["--json", "--shard-bytes", String(window), ...files];
  const alone = await runCommand(...args);
  expect({ status: alone.status, stderr: alone.stderr }).toEqual({ status: 0, stderr: "" });

  const [killed, paused, steady] = [startWorker(), startWorker(), startWorker()];
  const together = start(...args, "--redis", server.url, "--workers", "0");
  await until(async () => (await shardsDone()) >= 100);
  await pauseInWork(paused);
  const pauseStart = Date.now();
  const { runs: running } = await readStatus(server.url);
  expect(running).toMatchObject([{ documents: 2, shards: 500, state: "waiting-children" }]);

  await until(async () => (await shardsDone()) >= 250);
  await pauseInWork(killed);
  killed.process.kill("SIGKILL");

  await until(async () => (await shardsDone()) >= 300);
  await server.restart();

  // Twice the lock's time: once until it ends, once until another worker looks for such shards.
  await until(async () => Date.now() - pauseStart > 3000);
  paused.process.kill("SIGCONT");

  const { status, stdout } = await together.end();
  expect(status).toBe(0);
  expect(stdout).toBe(alone.stdout);
  expect(await runs.getJobs()).toEqual([]);
  // The late result is refused: the lock is gone, or the job itself if the run has ended.
  await until(async () => /missing (lock|key)/i.test(paused.errors()));
  paused.process.kill("SIGTERM");
  steady.process.kill("SIGTERM");
  expect((await paused.end()).status).toBe(0);
  expect((await steady.end()).status).toBe(0);
}, 240_000);

test("the result of a run whose starter was stopped can be taken, once", async () => {
  const file = writeText("through-the-looking-glass.txt", 3 * window);
  const alone = await runCommand("--json", file);
  const starter = start("--redis", server.url, "--workers", "0", file);
  await until(async () => (await shards.getWaitingCount()) === 1);
  starter.process.kill("SIGKILL");
  const [{ id }] = (await readStatus(server.url)).runs;
  startWorker();
  const take = () => runCommand("result", id, "--redis", server.url, "--json");
  const taken = await take();
  expect({ ...taken, stderr: "" }).toEqual({ ...alone, stderr: "" });
  expect(await runs.getJobs()).toEqual([]);
  const { status, stderr } = await take();
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: `corpus: the run ${id} is not in the queue.\n`,
  });
}, 240_000);

test("a shard that fails for good is named, and the run fails", async () => {
  const good = writeText("through-the-looking-glass.txt", 3 * window);
  const bad = writeText("the-wonderful-wizard-of-oz.txt", window);
  const together = start("--redis", server.url, "--workers", "0", good, bad);
  await until(async () => (await shards.getWaitingCount()) === 2);
  truncateSync(bad, 10);
  startWorker();
  const { status, stdout, stderr } = await together.end();
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toBe(
    `corpus: shard 1 (${bad}, bytes 0 to 448) cannot be scored: the file has 10 bytes, but had 448 when the run began.\n`,
  );
}, 240_000);

test.each([
  ["no server", async () => ({ port: 1, close: () => {} }), "connect ECONNREFUSED 127.0.0.1:1"],
  ["a server that says nothing", startSilentServer, "no answer within 3 s"],
])("%s is an error within 5 seconds", async (_, startServer, reason) => {
  const { port, close } = await startServer();
  const begin = Date.now();
  await expect(checkServer(`redis://user:secret@127.0.0.1:${port}`)).rejects.toThrow(
    `corpus: no Redis server can be used at redis://user@127.0.0.1:${port}: ${reason}. Start one with redis-server,`,
  );
  expect(Date.now() - begin).toBeLessThan(5000);
  close();
});

test("a command without its server fails", async () => {
  const { status, stdout, stderr } = await runCommand("status", "--redis", "redis://127.0.0.1:1");
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toContain("corpus: no Redis server can be used at redis://127.0.0.1:1");
});

async function startSilentServer() {
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port } = silent.address() as { port: number };
  return { port, close: () => silent.close() };
}
