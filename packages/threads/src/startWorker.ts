import type { FromWorker, ToWorker } from "./messages.ts";
import { type NodeWorker, nodeThreads } from "./nodeThreads.ts";

/** A worker of any runtime. */
export interface WorkerHandle {
  postMessage(message: ToWorker): void;
  onMessage(listener: (message: FromWorker) => void): void;
  /** Calls the listener with the reason if the worker ends without being told to. */
  onEnd(listener: (reason: string) => void): void;
  /** Lets the process end while the worker is idle. */
  unref(): void;
  terminate(): Promise<unknown>;
}

export type StartWorker = () => Promise<WorkerHandle>;

interface WebWorker {
  onmessage: ((event: { readonly data: FromWorker }) => void) | null;
  onerror: ((event: { readonly message?: string; preventDefault?(): void }) => void) | null;
  postMessage(message: ToWorker): void;
  terminate(): void;
}

declare const Worker: new (url: URL, options: { type: "module"; name: string }) => WebWorker;

/** Starts the bundled worker. The addresses are written so that every bundler finds the file. */
export async function startWorker(): Promise<WorkerHandle> {
  const threads = nodeThreads();
  if (threads !== undefined) {
    // Options of this process, such as --input-type, need not suit the worker.
    const options = { execArgv: [] };
    return fromNode(new threads.Worker(new URL("./generated/worker.js", import.meta.url), options));
  }
  return fromWeb(
    new Worker(new URL("./generated/worker.js", import.meta.url), {
      type: "module",
      name: "surprisal",
    }),
  );
}

export function fromNode(worker: NodeWorker): WorkerHandle {
  return {
    postMessage: (message) => worker.postMessage(message),
    onMessage: (listener) => void worker.on("message", (value) => listener(value as FromWorker)),
    onEnd(listener) {
      worker.on("error", (error) => listener((error as Error)?.message ?? String(error)));
      worker.on("exit", (code) => listener(`it exited with code ${code}`));
    },
    unref: () => worker.unref(),
    terminate: () => worker.terminate(),
  };
}

function fromWeb(worker: WebWorker): WorkerHandle {
  return {
    postMessage: (message) => worker.postMessage(message),
    onMessage(listener) {
      worker.onmessage = ({ data }) => listener(data);
    },
    onEnd(listener) {
      worker.onerror = (event) => {
        event.preventDefault?.();
        listener(event.message || "its file could not be loaded, or is not allowed here");
      };
    },
    unref: () => {},
    terminate: async () => worker.terminate(),
  };
}
