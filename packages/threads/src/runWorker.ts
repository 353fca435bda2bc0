import { kernels } from "@surprisal/core";
import { type Control, openControl } from "./control.ts";
import { openShared } from "./copy.ts";
import type { Losses } from "./jobOperation.ts";
import type { FromWorker, ToWorker } from "./messages.ts";
import type { ParentPort } from "./parentPort.ts";
import { runTasks, type WorkerState } from "./taskLoop.ts";

/** Answers messages, and computes once all sent messages have been received. */
export function runWorker(
  port: ParentPort,
  losses: Losses,
  beforeWrite?: WorkerState["beforeWrite"],
): void {
  const buffers = new Map<number, SharedArrayBuffer>();
  let control: Control | undefined;
  let thread = 0;
  let messageCount = 0;
  port.onMessage((message: ToWorker) => {
    messageCount++;
    if (message.type === "stop") return;
    if (message.type === "start") {
      control = openControl(message.control);
      thread = message.thread;
      const { version } = losses;
      const ready: FromWorker = {
        type: "ready",
        kernels: kernels().available,
        losses: version,
      };
      port.postMessage(ready);
      return;
    }
    if (message.type === "buffer") buffers.set(message.number, openShared(message.source));
    if (message.type === "release") buffers.delete(message.number);
    if (control !== undefined) {
      runTasks({ control, thread, buffers, messageCount, losses, beforeWrite });
    }
  });
}
