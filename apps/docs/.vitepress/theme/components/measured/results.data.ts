import { globSync, readFileSync } from "node:fs";
import { type Results, trim } from "./results.ts";

const folder = new URL("../../../../../../packages/bench/results/", import.meta.url);

export declare const data: Results;

/** The newest of the committed results, taken into the site when it is built. */
export default {
  load(): Results {
    const newest = globSync("*.json", { cwd: folder }).sort().at(-1);
    if (newest === undefined) throw new Error("No results of the benchmark are committed.");
    return trim(JSON.parse(readFileSync(new URL(newest, folder), "utf8")), newest);
  },
};
