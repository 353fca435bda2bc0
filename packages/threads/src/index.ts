/**
 * The functions of `@surprisal/core` and `@surprisal/losses` on every core.
 *
 * @module
 */
export type { ThreadsReport, WorkerReport } from "./report.ts";
export { threads, useThreads } from "./useThreads.ts";
