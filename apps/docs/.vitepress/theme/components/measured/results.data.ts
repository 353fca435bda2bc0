import { globSync, readFileSync } from "node:fs";
import { trim } from "./results.ts";

const folder = new URL("../../../../../../packages/bench/results/", import.meta.url);

export declare const data: ReturnType<typeof trim> | null;

/** The newest of the committed results, taken into the site when it is built. */
export default {
  load() {
    const newest = globSync("*.json", { cwd: folder }).sort().at(-1);
    if (newest === undefined) return null;
    return trim(JSON.parse(readFileSync(new URL(newest, folder), "utf8")), newest);
  },
};
