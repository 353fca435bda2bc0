import { onBeforeUnmount, ref, shallowRef } from "vue";
import { loadDigits } from "./loadDigits.ts";
import type { Plan, Progress, Report, Request } from "./setup.ts";

/** Runs a training in a worker: its state, and functions to start, pause and end it. */
export function useTraining() {
  /** The progress by each route; none before the first epoch. */
  const courses = shallowRef<readonly Progress[]>([]);
  const state = ref<"idle" | "loading" | "running" | "paused" | "done">("idle");
  const error = ref("");
  let worker: Worker | undefined;

  const ask = (request: Request) => worker?.postMessage(request);

  function reset() {
    worker?.terminate();
    worker = undefined;
    courses.value = [];
    state.value = "idle";
    error.value = "";
  }

  function fail(message: string) {
    reset();
    error.value = message;
  }

  async function start(plan: Plan) {
    reset();
    state.value = "loading";
    try {
      const csv = await loadDigits();
      worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
      worker.onerror = ({ message }) => fail(message);
      worker.onmessage = ({ data }: MessageEvent<Report>) => {
        if (data.kind === "error") fail(data.message);
        else if (data.kind === "progress") courses.value = data.courses;
        else state.value = "done";
      };
      ask({ kind: "start", plan, csv });
      state.value = "running";
    } catch (reason) {
      fail((reason as Error).message);
    }
  }

  function pause() {
    ask({ kind: "pause" });
    state.value = "paused";
  }

  /** Trains on, until so many epochs are done in all. */
  function resume(epochs: number) {
    ask({ kind: "resume", epochs });
    state.value = "running";
  }

  onBeforeUnmount(reset);
  return { courses, state, error, start, pause, resume, reset };
}
