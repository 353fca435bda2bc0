/** What computes, as `threads()` and `useThreads()` report it. */
export interface ThreadsReport {
  /** How many threads compute, the calling one among them. */
  readonly count: number;
  /** Whether there is shared memory, without which one thread computes. */
  readonly shared: boolean;
  /** Why fewer threads compute than were asked for. */
  readonly reason?: string;
  /** The other threads, also those that are lost. */
  readonly workers: readonly WorkerReport[];
}

/** The state of one worker, as `threads()` reports it. */
export interface WorkerReport {
  readonly state: "running" | "lost";
  /** Why it is lost. */
  readonly reason?: string;
}
