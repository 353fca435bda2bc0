// The program of a worker. scripts/bundleWorker.mjs makes one file of it.
import { elementLossNamed, version } from "@surprisal/losses/elementLosses";
import { parentPort } from "./parentPort.ts";
import { runWorker } from "./runWorker.ts";

runWorker(parentPort(), { elementLossNamed, version });
