// pnpm mutate: changes the losses in thousands of places, one after the other, and lists the changes
// that no test notices.
import { join } from "node:path";
import { fail, root, run, setUp, turbo } from "./run.mjs";

setUp("--filter", "surprisal", "--filter", "@surprisal/mutation...");
if (!turbo("generate", "--filter=@surprisal/losses...")) fail("Generating failed, see above.");
const node = join(root, "node_modules/.bin/node");
const main = join(root, "packages/mutation/src/main.ts");
if (!run(node, main, ...process.argv.slice(2))) process.exitCode = 1;
