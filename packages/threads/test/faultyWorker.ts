// A worker that fails as it is told, before it writes its first result.
import { workerData } from "node:worker_threads";
import * as losses from "@surprisal/losses/threads";
import { parentPort } from "../src/parentPort.ts";
import { runWorker } from "../src/runWorker.ts";

const faults: Record<string, () => void> = {
  exits: () => process.exit(3),
  throws: () => {
    throw new Error("out of order");
  },
  hangs: () => {
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
  },
  late: () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30);
  },
};

runWorker(parentPort(), losses, faults[workerData as string]);
