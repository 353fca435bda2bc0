import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { checkServer } from "../src/queue/checkServer.ts";

const patience = 20_000;

/** A Redis server of its own on a free port of the loopback interface, which keeps its data on disk. */
export class RedisServer {
  readonly url: string;
  readonly #port: number;
  readonly #folder = mkdtempSync(join(tmpdir(), "surprisal-redis-"));
  #process: ChildProcess | undefined;

  private constructor(port: number) {
    this.#port = port;
    this.url = `redis://127.0.0.1:${port}`;
  }

  static async start(): Promise<RedisServer> {
    const server = new RedisServer(await findFreePort());
    await server.#start();
    return server;
  }

  static get version(): string {
    const output = execFileSync("redis-server", ["--version"], { encoding: "utf8" });
    return /v=(\S+)/.exec(output)?.[1] ?? "unknown";
  }

  /** Stops the server and starts it again, with the data that it has on disk. */
  async restart(): Promise<void> {
    await this.#stop();
    await this.#start();
  }

  async close(): Promise<void> {
    await this.#stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const options = { bind: "127.0.0.1", port: this.#port, dir: this.#folder, appendonly: "yes" };
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const child = spawn("redis-server", args, { stdio: "ignore" });
    const failed = once(child, "error").then(([error]) => {
      throw new Error(
        `redis-server cannot be started (${error.message}). Install Debian's package redis-server.`,
      );
    });
    this.#process = child;
    await Promise.race([waitForAnswer(this.url), failed]);
  }

  async #stop(): Promise<void> {
    if (this.#process === undefined) return;
    const closed = once(this.#process, "close");
    this.#process.kill("SIGTERM");
    await closed;
    this.#process = undefined;
  }
}

async function waitForAnswer(url: string): Promise<void> {
  const end = Date.now() + patience;
  for (;;) {
    try {
      return await checkServer(url);
    } catch (error) {
      if (Date.now() > end) throw error;
      await sleep(50);
    }
  }
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, "close");
  return port;
}
