import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** A `corpus` command that runs. */
export interface Command {
  readonly process: ChildProcess;
  /** Returns the errors that it has printed so far. */
  errors(): string;
  /** Waits for the end of the command. */
  end(): Promise<{ status: number | null; stdout: string; stderr: string }>;
}

export function startCommand(...args: string[]): Command {
  const process_ = spawn(process.execPath, ["--conditions=@surprisal/source", main, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, INIT_CWD: undefined },
  });
  let stdout = "";
  let stderr = "";
  process_.stdout.on("data", (text) => {
    stdout += text;
  });
  process_.stderr.on("data", (text) => {
    stderr += text;
  });
  const closed = once(process_, "close");
  return {
    process: process_,
    errors: () => stderr,
    async end() {
      const [status] = await closed;
      return { status, stdout, stderr };
    },
  };
}

export function runCommand(...args: string[]) {
  return startCommand(...args).end();
}
