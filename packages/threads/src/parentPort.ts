import type { ToWorker } from "./messages.ts";
import { nodeThreads } from "./nodeThreads.ts";

/** A worker's way to the thread that has started it. */
export interface ParentPort {
  onMessage(listener: (message: ToWorker) => void): void;
  postMessage(message: unknown): void;
  close(): void;
}

interface WorkerScope {
  onmessage: ((event: { readonly data: ToWorker }) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

/** Returns the port of this worker, in Node and in browsers alike. */
export async function parentPort(): Promise<ParentPort> {
  const port = (await nodeThreads())?.parentPort;
  if (port) {
    return {
      onMessage: (listener) => void port.on("message", (value) => listener(value as ToWorker)),
      postMessage: (message) => port.postMessage(message),
      close: () => port.close(),
    };
  }
  const scope = globalThis as unknown as WorkerScope;
  return {
    onMessage(listener) {
      scope.onmessage = ({ data }) => listener(data);
    },
    postMessage: (message) => scope.postMessage(message),
    close: () => scope.close(),
  };
}
