import { arch, cpus, platform, release } from "node:os";
import { fileURLToPath } from "node:url";
import type { Finding } from "./report.ts";

/** What a run of the release check found: results/support.json. */
export interface SupportRecord {
  readonly date: string;
  readonly machine: string;
  /** The published version of each package. */
  readonly packages: Readonly<Record<string, string>>;
  readonly findings: readonly Finding[];
}

export const recordFile = fileURLToPath(new URL("../results/support.json", import.meta.url));

/** The tables of the page on support, which are written from the record. */
export const supportFile = fileURLToPath(new URL("../results/support.md", import.meta.url));

export function makeRecord(
  packages: ReadonlyMap<string, string>,
  findings: readonly Finding[],
): SupportRecord {
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus()[0]?.model ?? "unknown processor"}, ${platform()} ${release()}, ${arch()}`,
    packages: Object.fromEntries(packages),
    findings,
  };
}
