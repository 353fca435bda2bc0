/**
 * The functions of `@surprisal/core` and `@surprisal/losses` on every core.
 *
 * @module
 */
export type { WorkerReport } from "./pool.ts";
export { type ThreadsReport, threads, useThreads } from "./useThreads.ts";
