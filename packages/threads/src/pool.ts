// The workers, and the memory that they share with the thread that calls.
import { kernels } from "@surprisal/core";
import { type Control, counter, createControl } from "./control.ts";
import { sendable } from "./copy.ts";
import type { ToWorker } from "./messages.ts";
import type { WorkerReport } from "./report.ts";
import { type StartWorker, startWorker, type WorkerHandle } from "./startWorker.ts";
import { notifyWorkers } from "./taskQueue.ts";

declare function setTimeout(callback: () => void, milliseconds: number): unknown;
declare function clearTimeout(timer: unknown): void;
declare const performance: { now(): number };

/** How long a worker may take to start, in milliseconds. */
const startTimeout = 20_000;

/** A worker that does nothing for so long after a block was taken from it is called lost, in milliseconds. */
const progressTimeout = 1000;

interface PoolWorker {
  readonly handle: WorkerHandle;
  lost: string | undefined;
  /** When a block was taken from it, and how far it had come. */
  takeover: { readonly time: number; readonly progress: number } | undefined;
}

/** Threads that compute together: workers, numbered from 1, and the caller, which starts them. */
export class Pool {
  readonly control: Control = createControl();
  readonly #workers: PoolWorker[] = [];
  readonly #numbers = new WeakMap<SharedArrayBuffer, number>();
  readonly #collected = new FinalizationRegistry<number>((number) =>
    this.#send({ type: "release", number }),
  );
  #nextNumber = 0;
  #lossVersion: string | undefined;

  /** Starts workers. Those that do not start are lost; `workers()` says why. */
  static async start(workers: number, start: StartWorker = startWorker): Promise<Pool> {
    const pool = new Pool();
    Atomics.store(pool.control.counters, counter.messages, 1);
    const threads = Array.from({ length: workers }, (_, i) => i + 1);
    await Promise.all(threads.map((thread) => pool.#startWorker(thread, start)));
    pool.#send({ type: "run" });
    return pool;
  }

  async #startWorker(thread: number, start: StartWorker): Promise<void> {
    let handle: WorkerHandle;
    try {
      handle = await start();
    } catch (error) {
      const lost = error instanceof Error ? error.message : String(error);
      this.#workers[thread - 1] = { handle: noWorker, lost, takeover: undefined };
      return;
    }
    const worker: PoolWorker = { handle, lost: undefined, takeover: undefined };
    this.#workers[thread - 1] = worker;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => end("it did not start in time"), startTimeout);
      const ready = () => {
        clearTimeout(timer);
        resolve();
      };
      const end = (reason: string) => {
        worker.lost ??= reason;
        ready();
      };
      handle.onEnd(end);
      handle.onMessage((message) => {
        const missing = kernels().available.filter((name) => !message.kernels.includes(name));
        this.#lossVersion = message.losses;
        if (missing.length > 0) end(`it has no kernels ${missing.join(", ")}`);
        ready();
      });
      handle.postMessage({ type: "start", control: this.control.buffer, thread });
    });
    if (worker.lost !== undefined) void handle.terminate();
    handle.unref();
  }

  /** Returns the workers' states. */
  workers(): WorkerReport[] {
    return this.#workers.map((worker, i) => {
      const { takeover } = worker;
      const isSilent = takeover !== undefined && takeover.progress === this.#progress(i + 1);
      if (isSilent && performance.now() - takeover.time > progressTimeout)
        this.markLost(i + 1, "it hangs");
      const { lost } = worker;
      return lost === undefined ? { state: "running" } : { state: "lost", reason: lost };
    });
  }

  /** Returns the number of threads that were started, with the caller and lost workers. */
  size(): number {
    return this.#workers.length + 1;
  }

  /** Returns the number of threads that compute, with the caller. */
  count(): number {
    let count = 1;
    for (const { lost } of this.#workers) if (lost === undefined) count++;
    return count;
  }

  /** Returns the version of the losses that the workers know: all of them run the same file. */
  lossVersion(): string | undefined {
    return this.#lossVersion;
  }

  /** Returns the numbers of the workers that compute. */
  runningWorkers(): number[] {
    return this.#workers.flatMap(({ lost }, i) => (lost === undefined ? [i + 1] : []));
  }

  /** Notes that a block was taken from a worker. */
  noteTakeover(thread: number): void {
    const worker = this.#workers[thread - 1];
    const progress = this.#progress(thread);
    if (worker !== undefined && worker.takeover?.progress !== progress) {
      worker.takeover = { time: performance.now(), progress };
    }
  }

  /** Marks a worker as lost. */
  markLost(thread: number, reason: string): void {
    const worker = this.#workers[thread - 1];
    if (worker === undefined || worker.lost !== undefined) return;
    worker.lost = reason;
    void worker.handle.terminate();
  }

  /** Ends all workers. */
  async stop(): Promise<void> {
    // Browsers take seconds to end a worker that sleeps.
    this.#send({ type: "stop" });
    await Promise.all(this.#workers.map(({ handle }) => handle.terminate()));
  }

  /** Returns the number by which jobs name a shared buffer. New buffers are announced to the workers. */
  numberOf(buffer: SharedArrayBuffer): number {
    let number = this.#numbers.get(buffer);
    if (number === undefined) {
      number = this.#nextNumber++;
      this.#numbers.set(buffer, number);
      this.#collected.register(buffer, number);
      this.#send({ type: "buffer", number, source: sendable(buffer) });
    }
    return number;
  }

  #progress(thread: number): number {
    return Atomics.load(this.control.counters, counter.progress + thread);
  }

  #send(message: ToWorker): void {
    Atomics.add(this.control.counters, counter.messages, 1);
    for (const { handle, lost } of this.#workers)
      if (lost === undefined) handle.postMessage(message);
    notifyWorkers(this.control);
  }
}

const noWorker: WorkerHandle = {
  postMessage() {},
  onMessage() {},
  onEnd() {},
  unref() {},
  terminate: async () => {},
};
