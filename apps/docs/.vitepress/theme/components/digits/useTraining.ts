import { onBeforeUnmount, ref, shallowRef } from "vue";
import { loadDigits } from "./loadDigits.ts";
import type { Progress, Report, Request } from "./setup.ts";

/** Runs a training in a worker: its state, and functions to start, pause and end it. */
export function useTraining() {
  const progress = shallowRef<Progress>();
  const state = ref<"idle" | "loading" | "running" | "paused">("idle");
  const error = ref("");
  let worker: Worker | undefined;

  const ask = (request: Request) => worker?.postMessage(request);

  function reset() {
    worker?.terminate();
    worker = undefined;
    progress.value = undefined;
    state.value = "idle";
    error.value = "";
  }

  function fail(message: string) {
    reset();
    error.value = message;
  }

  async function start(route: string, model: string) {
    reset();
    state.value = "loading";
    try {
      const csv = await loadDigits();
      worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
      worker.onerror = ({ message }) => fail(message);
      worker.onmessage = ({ data }: MessageEvent<Report>) => {
        if (data.kind === "error") fail(data.message);
        else progress.value = data.progress;
      };
      ask({ kind: "start", route, model, csv });
      state.value = "running";
    } catch (reason) {
      fail((reason as Error).message);
    }
  }

  function pause() {
    ask({ kind: "pause" });
    state.value = "paused";
  }

  function resume() {
    ask({ kind: "resume" });
    state.value = "running";
  }

  onBeforeUnmount(reset);
  return { progress, state, error, start, pause, resume, reset };
}
