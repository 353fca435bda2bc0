import { existsSync, readdirSync } from "node:fs";

const source = new URL("../src/", import.meta.url);

/** Returns the names of the losses: the folders src/<name> that have a file <name>.ts. */
export function lossFolders() {
  return readdirSync(source, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => existsSync(new URL(`${name}/${name}.ts`, source)))
    .sort();
}
