/** The part of `node:worker_threads` that is used here; Bun and Deno have it, too. */
export interface NodeThreads {
  readonly Worker: new (url: URL, options?: object) => NodeWorker;
  readonly parentPort: NodePort | null;
}

export interface NodePort {
  on(event: string, listener: (value: unknown) => void): unknown;
  postMessage(message: unknown): void;
}

export interface NodeWorker extends NodePort {
  ref(): void;
  unref(): void;
  terminate(): Promise<unknown>;
}

interface NodeProcess {
  getBuiltinModule?(name: string): unknown;
}

/** Returns a module of Node, without an import that a bundler would follow; undefined in a browser. */
function builtinModule(name: string): unknown {
  const { process } = globalThis as { process?: NodeProcess };
  return process?.getBuiltinModule?.(name);
}

/** Returns `node:worker_threads`, or undefined in a browser. */
export function nodeThreads(): NodeThreads | undefined {
  return builtinModule("node:worker_threads") as NodeThreads | undefined;
}

/** Returns the number of cores that Node may use, or undefined in a browser. */
export function nodeCores(): number | undefined {
  const os = builtinModule("node:os") as { availableParallelism?(): number } | undefined;
  return os?.availableParallelism?.();
}
