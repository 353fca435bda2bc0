// Bundles the worker with the kernels into one file, which needs no resolution of packages: import
// maps do not reach workers, and some bundlers copy a worker's file without its imports.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

await build({
  entryPoints: [at("src/worker.ts")],
  outfile: at("src/generated/worker.js"),
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  conditions: ["@surprisal/source"],
  logLevel: "warning",
});
