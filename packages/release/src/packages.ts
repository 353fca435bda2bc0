import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./tools.ts";

export interface PublicPackage {
  readonly name: string;
  /** The folder, relative to the root of the workspace. */
  readonly folder: string;
}

/** Lists the packages that are published. */
export function publicPackages(): PublicPackage[] {
  return readdirSync(join(root, "packages"))
    .map((name) => `packages/${name}`)
    .filter((folder) => existsSync(join(root, folder, "package.json")))
    .map((folder) => ({ folder, ...readManifest(join(root, folder)) }))
    .filter(({ private: hidden }) => !hidden)
    .map(({ folder, name }) => ({ folder, name }));
}

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}
