import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { modelDescription } from "../model/description.ts";
import { defaultShardBytes } from "../shards/shard.ts";

export type Command = "score" | "worker" | "status" | "result";

export interface Options {
  readonly command: Command;
  /** The files to score; none means the corpus of this repository. For `result`, the run. */
  readonly files: readonly string[];
  /** The address of a Redis server; undefined means this machine alone. */
  readonly redis: string | undefined;
  readonly workers: number;
  readonly passages: number;
  readonly shardBytes: number;
  /** Milliseconds after which the shard of a silent worker is given to another. */
  readonly lockDuration: number;
  readonly json: boolean;
}

const { window } = modelDescription;
const maxShardBytes = window * 2 ** 20;

export const usage = `Scores text files with a language model: bits per character, perplexity, the most surprising passages.

  corpus [FILES…]              scores these files, or the corpus of this repository
  corpus worker --redis URL    works on the runs of all machines until it is stopped
  corpus status --redis URL    shows the runs and how far they are
  corpus result RUN --redis URL
                               waits for a run whose starter was stopped, prints its result and removes it

  --redis URL        shares the work through this Redis server, such as redis://localhost:6379
  --workers N        threads of this machine (default: its cores); with --redis, 0 leaves all to others
  --passages N       surprising passages to show (default 5)
  --shard-bytes N    size of a shard, a multiple of ${window} (default ${defaultShardBytes})
  --lock-duration N  milliseconds after which the shard of a silent worker is given to another
                     (default 30000)
  --json             prints the result as JSON
  --help             shows this`;

/** Reads the command line. Throws if an option is wrong. */
export function parseOptions(args: readonly string[]): Options | "help" {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      redis: { type: "string" },
      workers: { type: "string" },
      passages: { type: "string" },
      "shard-bytes": { type: "string" },
      "lock-duration": { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return "help";
  const { command, files } = splitCommand(positionals);
  const { redis } = values;
  if (redis !== undefined) checkAddress(redis);
  else if (command !== "score") throw new TypeError(`corpus ${command} needs --redis URL.`);
  const fewestWorkers = command === "score" && redis !== undefined ? 0 : 1;
  return {
    command,
    files,
    redis,
    workers:
      wholeNumber("--workers", values.workers, fewestWorkers, 1024) ?? availableParallelism(),
    passages: wholeNumber("--passages", values.passages, 0, 1000) ?? 5,
    shardBytes: readShardBytes(values["shard-bytes"]),
    lockDuration:
      wholeNumber("--lock-duration", values["lock-duration"], 100, 86_400_000) ?? 30_000,
    json: values.json,
  };
}

function splitCommand(positionals: string[]): { command: Command; files: string[] } {
  const [first, ...rest] = positionals;
  if (first === "result") {
    if (rest.length === 1) return { command: first, files: rest };
    throw new TypeError(
      `corpus result needs the name of one run, got ${rest.join(" ") || "none"}. corpus status lists the runs. To score a file of this name, write ./result.`,
    );
  }
  if (first !== "worker" && first !== "status") return { command: "score", files: positionals };
  if (rest.length === 0) return { command: first, files: [] };
  throw new TypeError(
    `corpus ${first} takes no files, got ${rest.join(" ")}. To score a file of this name, write ./${first}.`,
  );
}

function checkAddress(redis: string): void {
  const protocol = URL.canParse(redis) ? new URL(redis).protocol : "";
  if (protocol === "redis:" || protocol === "rediss:") return;
  throw new RangeError(
    `--redis must be an address such as redis://localhost:6379, got ${JSON.stringify(redis)}.`,
  );
}

function readShardBytes(text: string | undefined): number {
  const bytes = wholeNumber("--shard-bytes", text, window, maxShardBytes) ?? defaultShardBytes;
  if (bytes % window === 0) return bytes;
  throw new RangeError(`--shard-bytes must be a multiple of ${window}, got ${bytes}.`);
}

function wholeNumber(
  name: string,
  text: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new RangeError(
    `${name} must be a whole number from ${least} to ${most}, got ${JSON.stringify(text)}.`,
  );
}
