// Runs turbo tasks for the scripts of package.json, without turbo's telemetry.
import { turbo } from "./run.mjs";

process.exitCode = turbo(...process.argv.slice(2)) ? 0 : 1;
