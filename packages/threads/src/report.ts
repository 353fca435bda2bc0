/** The threads that compute, as `threads()` and `useThreads()` report them. */
export interface ThreadsReport {
  /** How many threads compute, the calling one among them. */
  readonly count: number;
  /** Whether there is shared memory. Without it, one thread computes. */
  readonly shared: boolean;
  /** Why fewer threads compute than were asked for. */
  readonly reason?: string;
  /** The other threads, lost ones included. */
  readonly workers: readonly WorkerReport[];
}

/** The state of one worker, as `threads()` reports it. */
export interface WorkerReport {
  readonly state: "running" | "lost";
  /** Why it is lost. */
  readonly reason?: string;
}
