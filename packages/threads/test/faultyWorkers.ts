import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import { fromNode } from "../src/startWorker.ts";

/**
 * The program of the workers as one file of JavaScript. Node would strip the types of each source in WebAssembly, in every
 * worker anew, and V8 13.6 may crash when such workers end.
 */
const program = build({
  entryPoints: [fileURLToPath(new URL("./faultyWorker.ts", import.meta.url))],
  bundle: true,
  write: false,
  platform: "node",
  format: "esm",
  conditions: ["@surprisal/source"],
}).then(({ outputFiles: [{ text }] }) => text);

/** Returns a function that starts a worker with a fault of `faultyWorker.ts`. */
export const faulty = (fault: string) => async () => {
  const url = `data:text/javascript;base64,${Buffer.from(await program).toString("base64")}`;
  return fromNode(new Worker(new URL(url), { workerData: fault, stderr: true }));
};
