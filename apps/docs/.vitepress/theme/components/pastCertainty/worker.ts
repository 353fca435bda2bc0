import { type OptimizerName, trainByEach } from "../../../../models/modularAddition/index.ts";
import { lastStep, type Message } from "./setup.ts";

const send = (message: Message) => postMessage(message);

addEventListener("message", ({ data }: MessageEvent<OptimizerName>) => {
  try {
    for (const report of trainByEach(data, lastStep)) send({ kind: "report", report });
    send({ kind: "end" });
  } catch (error) {
    send({ kind: "error", message: (error as Error).message });
  }
});
