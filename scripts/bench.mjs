// pnpm bench: installs and builds what the benchmark needs, then runs it with the given options.
import { join } from "node:path";
import { fail, root, run, setUp, turbo } from "./run.mjs";

// npm removes the "--" before a script's options, pnpm does not.
const [first, ...rest] = process.argv.slice(2);
const options = first === "--" ? rest : process.argv.slice(2);

setUp("--filter", "surprisal", "--filter", "@surprisal/bench...");
if (!turbo("build", "--filter=@surprisal/bench^...")) fail("The build failed, see above.");
const node = join(root, "node_modules/.bin/node");
if (!run(node, join(root, "packages/bench/src/main.ts"), ...options)) process.exitCode = 1;
