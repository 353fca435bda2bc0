import { globSync, readFileSync } from "node:fs";
import { type Results, selectResults } from "./results.ts";

const folder = new URL("../../../../../../packages/bench/results/", import.meta.url);

export declare const data: Results;

/** Loads the newest of the committed results when the site is built. */
export default {
  load(): Results {
    const newest = globSync("*.json", { cwd: folder }).sort().at(-1);
    if (newest === undefined) throw new Error("No results of the benchmark are committed.");
    return selectResults(JSON.parse(readFileSync(new URL(newest, folder), "utf8")), newest);
  },
};
