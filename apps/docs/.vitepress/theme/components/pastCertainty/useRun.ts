import { onBeforeUnmount, ref } from "vue";
import type { OptimizerName, Report } from "../../../../models/modularAddition/index.ts";
import type { Message } from "./setup.ts";

/** Runs a training in a worker: its reports, its state, and functions to start and stop it. */
export function useRun() {
  const reports = ref<Report[]>([]);
  const state = ref<"idle" | "running" | "ended">("idle");
  const error = ref("");
  let worker: Worker | undefined;

  function stop(next: "idle" | "ended" = "idle") {
    worker?.terminate();
    worker = undefined;
    state.value = next;
  }

  function fail(message: string) {
    stop();
    error.value = message;
  }

  function start(optimizer: OptimizerName) {
    stop();
    reports.value = [];
    error.value = "";
    state.value = "running";
    worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    worker.onerror = ({ message }) => fail(message);
    worker.onmessage = ({ data }: MessageEvent<Message>) => {
      if (data.kind === "report") reports.value.push(data.report);
      else if (data.kind === "error") fail(data.message);
      else stop("ended");
    };
    worker.postMessage(optimizer);
  }

  onBeforeUnmount(() => stop());
  return { reports, state, error, start, stop };
}
