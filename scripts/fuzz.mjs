// pnpm fuzz: calls every function with random arguments and compares the results with a reference.
import { join } from "node:path";
import { fail, root, run, setUp, turbo } from "./run.mjs";

// npm removes the "--" before a script's options, pnpm does not.
const [first, ...rest] = process.argv.slice(2);
const options = first === "--" ? rest : process.argv.slice(2);

setUp("--filter", "surprisal", "--filter", "@surprisal/losses...");
if (!turbo("generate", "--filter=@surprisal/losses...")) fail("Generating failed, see above.");
const node = join(root, "node_modules/.bin/node");
const main = join(root, "packages/losses/test/fuzz/main.ts");
// The sources are read in place of the built packages.
if (!run(node, "--conditions=@surprisal/source", main, ...options)) process.exitCode = 1;
