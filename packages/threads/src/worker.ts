// The program of a worker. scripts/bundleWorker.mjs makes one file of it.
import * as losses from "@surprisal/losses/threads";
import { parentPort } from "./parentPort.ts";
import { runWorker } from "./runWorker.ts";

runWorker(parentPort(), losses);
