import type { ToWorker } from "./messages.ts";
import { nodeThreads } from "./nodeThreads.ts";

/** A worker's way to the thread that has started it. */
export interface ParentPort {
  onMessage(listener: (message: ToWorker) => void): void;
  postMessage(message: unknown): void;
}

interface WorkerScope {
  onmessage: ((event: { readonly data: ToWorker }) => void) | null;
  postMessage(message: unknown): void;
}

/** Returns the port of this worker, in Node and in browsers alike. */
export function parentPort(): ParentPort {
  const port = nodeThreads()?.parentPort;
  if (port) {
    return {
      onMessage: (listener) => void port.on("message", (value) => listener(value as ToWorker)),
      postMessage: (message) => port.postMessage(message),
    };
  }
  const scope = globalThis as unknown as WorkerScope;
  return {
    onMessage(listener) {
      scope.onmessage = ({ data }) => listener(data);
    },
    postMessage: (message) => scope.postMessage(message),
  };
}
