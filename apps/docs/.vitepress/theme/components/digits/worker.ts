import type { Report, Request } from "./setup.ts";
import { startTraining, type Training } from "./training.ts";

/** Milliseconds between epochs, so that the reader can watch the curve. */
const pause = 60;

const report = (message: Report) => postMessage(message);

let training: Training | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

addEventListener("message", ({ data }: MessageEvent<Request>) => {
  clearTimeout(timer);
  try {
    if (data.kind === "start") training = startTraining(data.csv, data.route, data.model);
    if (data.kind !== "pause") epoch();
  } catch (error) {
    report({ kind: "error", message: (error as Error).message });
  }
});

function epoch() {
  if (training === undefined) return;
  report({ kind: "progress", progress: training.next() });
  timer = setTimeout(epoch, pause);
}
