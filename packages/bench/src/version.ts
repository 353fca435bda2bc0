import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);

/** Returns the installed version of a package, even if its exports hide its package.json. */
export function versionOf(name: string): string {
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      return JSON.parse(readFileSync(join(folder, name, "package.json"), "utf8")).version;
    } catch {
      // The package is not in this folder.
    }
  }
  throw new Error(`${name} is not installed below ${dirname(import.meta.dirname)}.`);
}
