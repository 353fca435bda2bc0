// npm start: sets up, builds, trains the digits example, then serves the site.
import { parseArgs } from "node:util";
import { fail, pnpm, setUp, turbo } from "./run.mjs";

const { values } = parseArgs({ options: { "no-serve": { type: "boolean", default: false } } });

// The libraries that the benchmark measures are half a gigabyte, and so are those that the tests fit in with.
setUp("--filter", "!@surprisal/bench", "--filter", "!@surprisal/interop");
if (!turbo("build", ...(values["no-serve"] ? [] : ["docs"]))) fail("The build failed, see above.");
if (!pnpm("--silent", "--filter", "@surprisal/digits", "start")) fail("The digits example failed.");
if (!values["no-serve"]) pnpm("--silent", "--filter", "@surprisal/docs", "serve");
