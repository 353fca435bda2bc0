// pnpm corpus: installs and builds what the corpus example needs, then runs it with the given arguments.
import { join } from "node:path";
import { fail, root, run, sendOutputTo, setUp, turbo } from "./run.mjs";

// npm removes the "--" before a script's options, pnpm does not.
const [first, ...rest] = process.argv.slice(2);
const args = first === "--" ? rest : process.argv.slice(2);

// The output of the example may be JSON for another program.
sendOutputTo("stderr");
setUp("--filter", "surprisal", "--filter", "@surprisal/corpus...");
if (!turbo("build", "--filter=@surprisal/language")) fail("The build failed, see above.");
sendOutputTo("stdout");
const node = join(root, "node_modules/.bin/node");
if (!run(node, join(root, "apps/corpus/src/main.ts"), ...args)) process.exitCode = 1;
