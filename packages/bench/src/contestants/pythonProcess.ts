import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

const newline = "\n".charCodeAt(0);

/** A Python process that is asked in lines of JSON and bytes, and answers in the same. */
export class PythonProcess {
  readonly #process: ChildProcess;
  readonly #requests: Writable;
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);
  #failure = "";

  constructor(script: URL, rest: readonly string[], variables: NodeJS.ProcessEnv = {}) {
    const python = process.env.SURPRISAL_PYTHON ?? "python3";
    const env = { ...process.env, ...variables };
    const child = spawn(python, [fileURLToPath(script), ...rest], { stdio: "pipe", env });
    child.on("error", (error) => {
      this.#failure = error.message;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#failure = text.trim().split("\n").at(-1) ?? "";
    });
    child.stdin.on("error", () => {});
    this.#process = child;
    this.#requests = child.stdin;
    this.#chunks = (child.stdout as Readable)[Symbol.asyncIterator]();
  }

  /** Sends a request with what belongs to it, and returns the reply. */
  async ask<Reply>(request: object, ...parts: readonly ArrayBufferView[]): Promise<Reply> {
    this.#requests.write(`${JSON.stringify(request)}\n`);
    for (const { buffer, byteOffset, byteLength } of parts) {
      this.#requests.write(new Uint8Array(buffer, byteOffset, byteLength));
    }
    return this.reply();
  }

  async reply<Reply>(): Promise<Reply> {
    let end = this.#rest.indexOf(newline);
    while (end < 0) {
      this.#rest = Buffer.concat([this.#rest, await this.#chunk()]);
      end = this.#rest.indexOf(newline);
    }
    const reply = JSON.parse(this.#rest.toString("utf8", 0, end));
    this.#rest = this.#rest.subarray(end + 1);
    if (reply.error !== undefined) throw new Error(`Python: ${reply.error}`);
    return reply;
  }

  async floats(length: number): Promise<Float32Array> {
    const chunks = [this.#rest];
    let missing = length * 4 - this.#rest.length;
    while (missing > 0) {
      const chunk = await this.#chunk();
      chunks.push(chunk);
      missing -= chunk.length;
    }
    const bytes = Buffer.concat(chunks);
    this.#rest = bytes.subarray(length * 4);
    return new Float32Array(new Uint8Array(bytes.subarray(0, length * 4)).buffer);
  }

  close(): void {
    this.#requests.end();
    this.#process.kill();
  }

  async #chunk(): Promise<Buffer> {
    const { value, done } = await this.#chunks.next();
    if (done) throw new Error(`Python ended: ${this.#failure}`);
    return value;
  }
}
