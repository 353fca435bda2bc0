import { numberError, registerBackend } from "@surprisal/core/authoring";
import { threadedBackend } from "./backend.ts";
import { maxThreads } from "./control.ts";
import { nodeCores } from "./nodeThreads.ts";
import { Pool } from "./pool.ts";
import type { ThreadsReport } from "./report.ts";
import { Scheduler } from "./scheduler.ts";

interface Runtime {
  readonly crossOriginIsolated?: boolean;
  readonly navigator?: { readonly hardwareConcurrency?: number };
}

const runtime = globalThis as Runtime;

let pool: Pool | undefined;
let failure: string | undefined;
let lastCall: Promise<unknown> = Promise.resolve();

/**
 * Computes large calls on several threads from now on.
 *
 * The functions of `@surprisal/core` and `@surprisal/losses` stay synchronous, and their results have the
 * same bits. The calling thread is one of the threads. Several calls of `useThreads` take effect one after
 * the other.
 *
 * @param count the number of threads; one per core by default. 1 ends the others.
 * @returns the report of `threads()`. If there can be no other threads, the report says why, and nothing is thrown.
 * @throws TypeError if the count is not a number.
 * @throws RangeError if it is not a whole number from 1 to 128.
 *
 * @example
 * ```ts
 * import { softmax, tensor } from "@surprisal/core";
 * import { useThreads } from "@surprisal/threads";
 *
 * await useThreads();
 * softmax(tensor(new Float32Array(1e6), [1000, 1000])); // computed on every core
 * await useThreads(1);
 * ```
 *
 * Source: the counterpart of `torch.set_num_threads`.
 */
export async function useThreads(count: number = cores()): Promise<ThreadsReport> {
  if (!Number.isInteger(count) || count < 1 || count > maxThreads) {
    throw numberError("useThreads: count", `be a whole number from 1 to ${maxThreads}`, count);
  }
  const call = lastCall.then(async () => {
    await end();
    if (count > 1) await start(count);
    return threads();
  });
  lastCall = call.catch(() => {});
  return call;
}

/**
 * Returns the threads that compute.
 *
 * @returns the number of threads, whether there is shared memory, and the state of each worker. Calls are computed even if a worker is lost.
 *
 * @example
 * ```ts
 * import { threads } from "@surprisal/threads";
 *
 * threads(); // { count: 1, shared: true, workers: [] }
 * ```
 *
 * Source: the counterpart of `torch.get_num_threads`.
 */
export function threads(): ThreadsReport {
  const workers = pool?.workers() ?? [];
  const lost = workers.find(({ state }) => state === "lost");
  const reason = failure ?? (lost && `a worker is lost: ${lost.reason}`);
  const report = { count: pool?.count() ?? 1, shared: whyNotShared() === undefined, workers };
  return reason === undefined ? report : { ...report, reason };
}

async function start(count: number): Promise<void> {
  failure = whyNotShared();
  if (failure !== undefined) return;
  const started = await Pool.start(count - 1);
  if (started.count() === 1) {
    failure = `no worker starts: ${started.workers()[0].reason}`;
    await started.stop();
    return;
  }
  pool = started;
  registerBackend(threadedBackend(new Scheduler(pool)));
}

async function end(): Promise<void> {
  failure = undefined;
  registerBackend(undefined);
  const ended = pool;
  pool = undefined;
  await ended?.stop();
}

/** Says why there is no memory that threads could share; undefined where there is. */
function whyNotShared(): string | undefined {
  if (runtime.crossOriginIsolated === false) {
    return "the page is not crossOriginIsolated: it needs the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp";
  }
  return typeof SharedArrayBuffer === "function" ? undefined : "there is no SharedArrayBuffer";
}

/** Returns the number of cores. Node 20 has no `navigator`. */
function cores(): number {
  return Math.min(maxThreads, runtime.navigator?.hardwareConcurrency ?? nodeCores() ?? 1);
}
