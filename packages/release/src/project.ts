import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { npmInstall } from "./command.ts";

/** The packages that the conformance checks import. */
export const conformancePackages = [
  "@surprisal/core",
  "@surprisal/losses",
  "@surprisal/language",
  "@surprisal/evaluation",
  "@surprisal/threads",
];

/** Makes an empty project, which installs @surprisal from wherever `npmrc` says. */
export function makeProject(folder: string, npmrc: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  writeFileSync(join(folder, ".npmrc"), npmrc);
}

/** Makes a folder of programs that are installed with npm: `tool/node_modules/…`. */
export async function installTools(folder: string, specifiers: readonly string[]): Promise<void> {
  makeProject(folder, "");
  await npmInstall(folder, specifiers);
}
