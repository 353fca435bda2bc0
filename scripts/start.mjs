// npm start: sets up, builds, trains the digits example, then serves the site.
import { parseArgs } from "node:util";
import { fail, pnpm, setUp, turbo } from "./run.mjs";

const { values } = parseArgs({ options: { "no-serve": { type: "boolean", default: false } } });

// Their libraries are half a gigabyte: `pnpm bench` and `pnpm corpus` install them.
setUp("--filter", "!@surprisal/bench", "--filter", "!@surprisal/corpus");
if (!turbo("build", ...(values["no-serve"] ? [] : ["docs"]))) fail("The build failed, see above.");
if (!pnpm("--silent", "--filter", "@surprisal/digits", "start")) fail("The digits example failed.");
if (!values["no-serve"]) pnpm("--silent", "--filter", "@surprisal/docs", "serve");
