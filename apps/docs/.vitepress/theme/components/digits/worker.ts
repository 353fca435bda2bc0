import type { Plan, Report, Request } from "./setup.ts";
import { startTraining, type Training } from "./training.ts";

/** Milliseconds between epochs, so that the reader can watch the curve. */
const pause = 60;

const report = (message: Report) => postMessage(message);

/** The trainings of the routes, an epoch of each in turn. */
let trainings: readonly Training[] = [];
let done = 0;
let planned = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

addEventListener("message", ({ data }: MessageEvent<Request>) => {
  clearTimeout(timer);
  try {
    if (data.kind === "start") start(data.plan, data.csv);
    if (data.kind === "resume") planned = data.epochs;
    if (data.kind !== "pause") epoch();
  } catch (error) {
    report({ kind: "error", message: (error as Error).message });
  }
});

function start({ routes, model, epochs }: Plan, csv: string) {
  trainings = routes.map((route) => startTraining(csv, route, model));
  done = 0;
  planned = epochs;
}

function epoch() {
  if (done >= planned) {
    report({ kind: "done" });
    return;
  }
  report({ kind: "progress", courses: trainings.map((training) => training.next()) });
  done++;
  timer = setTimeout(epoch, pause);
}
