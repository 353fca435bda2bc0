/** The part of `node:worker_threads` that is used here; Bun and Deno have it, too. */
export interface NodeThreads {
  readonly Worker: new (url: URL, options?: object) => NodeWorker;
  readonly parentPort: NodePort | null;
}

export interface NodePort {
  on(event: string, listener: (value: unknown) => void): unknown;
  postMessage(message: unknown): void;
  close(): void;
}

export interface NodeWorker extends Omit<NodePort, "close"> {
  ref(): void;
  unref(): void;
  terminate(): Promise<unknown>;
}

interface NodeProcess {
  readonly versions?: { readonly node?: string };
  getBuiltinModule?(name: string): unknown;
}

/** Returns `node:worker_threads`; undefined in a browser. No bundler sees an import of it. */
export async function nodeThreads(): Promise<NodeThreads | undefined> {
  const { process } = globalThis as { process?: NodeProcess };
  if (process?.versions?.node === undefined) return undefined;
  const name = "node:worker_threads";
  try {
    const builtin = process.getBuiltinModule?.(name);
    return (builtin ??
      (await import(/* @vite-ignore */ /* webpackIgnore: true */ name))) as NodeThreads;
  } catch {
    return undefined;
  }
}
