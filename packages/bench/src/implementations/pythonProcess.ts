import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

const newline = "\n".charCodeAt(0);

/** A Python process that reads requests and writes replies: lines of JSON, and bytes after them. */
export class PythonProcess {
  readonly #process: ChildProcess;
  readonly #requests: Writable;
  readonly #chunks: AsyncIterator<Buffer>;
  #unread: Buffer = Buffer.alloc(0);
  #failure = "";

  constructor(script: URL, args: readonly string[], variables: NodeJS.ProcessEnv = {}) {
    const python = process.env.SURPRISAL_PYTHON ?? "python3";
    const env = { ...process.env, ...variables };
    const child = spawn(python, [fileURLToPath(script), ...args], { stdio: "pipe", env });
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

  /** Sends a request, followed by the bytes of `parts`, and returns the reply. */
  async request<Reply>(request: object, ...parts: readonly ArrayBufferView[]): Promise<Reply> {
    this.#requests.write(`${JSON.stringify(request)}\n`);
    for (const { buffer, byteOffset, byteLength } of parts) {
      this.#requests.write(new Uint8Array(buffer, byteOffset, byteLength));
    }
    return this.readReply();
  }

  async readReply<Reply>(): Promise<Reply> {
    let end = this.#unread.indexOf(newline);
    while (end < 0) {
      this.#unread = Buffer.concat([this.#unread, await this.#chunk()]);
      end = this.#unread.indexOf(newline);
    }
    const reply = JSON.parse(this.#unread.toString("utf8", 0, end));
    this.#unread = this.#unread.subarray(end + 1);
    if (reply.error !== undefined) throw new Error(`Python: ${reply.error}`);
    return reply;
  }

  async readFloats(length: number): Promise<Float32Array> {
    const chunks = [this.#unread];
    let missing = length * 4 - this.#unread.length;
    while (missing > 0) {
      const chunk = await this.#chunk();
      chunks.push(chunk);
      missing -= chunk.length;
    }
    const bytes = Buffer.concat(chunks);
    this.#unread = bytes.subarray(length * 4);
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
