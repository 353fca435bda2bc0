// npm start: sets up, builds, trains the digits example, then serves the site.
import { parseArgs } from "node:util";
import { fail, pnpm, setUp, turbo } from "./run.mjs";

const { values } = parseArgs({ options: { "no-serve": { type: "boolean", default: false } } });

// The libraries of these packages are more than a gigabyte: their own commands and the tests install them.
const large = ["@surprisal/bench", "@surprisal/corpus", "@surprisal/interop"];
setUp(...large.flatMap((name) => ["--filter", `!${name}`]));
if (!turbo("build", ...(values["no-serve"] ? [] : ["docs"]))) fail("The build failed, see above.");
if (!pnpm("--silent", "--filter", "@surprisal/digits", "start")) fail("The digits example failed.");
if (!values["no-serve"]) pnpm("--silent", "--filter", "@surprisal/docs", "serve");
