import { Worker } from "node:worker_threads";
import { fromNode } from "../src/startWorker.ts";

/** Returns a function that starts a worker with a fault of `faultyWorker.ts`. */
export const faulty = (fault: string) => async () =>
  fromNode(
    new Worker(new URL("./faultyWorker.ts", import.meta.url), {
      workerData: fault,
      execArgv: ["--conditions=@surprisal/source"],
      stderr: true,
    }),
  );
