import type { EventEmitter } from "node:events";

let lastMessage = "";

/**
 * Prints the errors of a queue or worker to stderr, each once.
 *
 * BullMQ connects again by itself. A worker that was silent for too long learns here that its shard was
 * given to another, and drops its own result.
 */
export function reportOutages(source: Pick<EventEmitter, "on">): void {
  source.on("error", (error: Error) => {
    const message = `corpus: the queue reports: ${error.message || (error as NodeJS.ErrnoException).code}`;
    if (message !== lastMessage) console.error(message);
    lastMessage = message;
  });
}
