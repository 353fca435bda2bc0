import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { arch, cpus, platform, release } from "node:os";
import { fileURLToPath } from "node:url";
import type { Finding } from "./report.ts";
import { supportTables } from "./tables.ts";

/** What runs of the release check found: results/support.json. */
export interface SupportRecord {
  readonly machine: string;
  /** The published version of each package. */
  readonly packages: Readonly<Record<string, string>>;
  /** The last run of each group of findings. */
  readonly groups: Readonly<Partial<Record<Finding["group"], GroupRecord>>>;
}

export interface GroupRecord {
  readonly date: string;
  readonly findings: readonly Finding[];
}

export const recordFile = fileURLToPath(new URL("../results/support.json", import.meta.url));

/** The tables of the page on support, which are written from the record. */
export const supportFile = fileURLToPath(new URL("../results/support.md", import.meta.url));

/** Writes findings into the record, and the tables from it. Groups that did not run stay as they are. */
export function writeRecord(
  packages: ReadonlyMap<string, string>,
  findings: readonly Finding[],
): void {
  const date = new Date().toISOString().slice(0, 10);
  const groups = { ...(existsSync(recordFile) ? readRecord().groups : {}) };
  for (const group of new Set(findings.map((each) => each.group)))
    groups[group] = { date, findings: findings.filter((each) => each.group === group) };
  const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${platform()} ${release()}, ${arch()}`;
  const record: SupportRecord = { machine, packages: Object.fromEntries(packages), groups };
  writeFileSync(recordFile, `${JSON.stringify(record, null, 2)}\n`);
  writeFileSync(supportFile, supportTables(record));
}

export function readRecord(): SupportRecord {
  return JSON.parse(readFileSync(recordFile, "utf8"));
}
