// pnpm release:check: publishes the packages to a registry on this machine, and runs them from there.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { checkBrowsers } from "./browsers.ts";
import { checkPackageManagers } from "./packageManagers.ts";
import { publishTo } from "./publish.ts";
import { writeRecord } from "./record.ts";
import { startRegistry } from "./registry.ts";
import type { Finding } from "./report.ts";
import { checkRuntimes } from "./runtimes.ts";
import { listFindings } from "./tables.ts";
import { checkTestRunners } from "./testRunners.ts";
import { checkTypeScript } from "./typescript.ts";

const parts = {
  runtimes: checkRuntimes,
  packageManagers: checkPackageManagers,
  typescript: checkTypeScript,
  testRunners: checkTestRunners,
  browsers: checkBrowsers,
};

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    record: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
  },
});

const folder = mkdtempSync(join(tmpdir(), "surprisal-release-"));
const started = performance.now();
const say = (message: string) =>
  console.log(
    `${String(Math.round((performance.now() - started) / 1000)).padStart(4)} s  ${message}`,
  );

process.once("exit", () => {
  if (values.keep) console.log(`Everything is in ${folder}`);
  else rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

const registry = await startRegistry(join(folder, "registry"));
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    registry.stop();
    process.exit(1);
  });
}
try {
  say(`The registry is at ${registry.url}`);
  const versions = await publishTo(registry, join(folder, "clone"));
  for (const [name, version] of versions) say(`${name} ${version} is published`);

  const findings: Finding[] = [];
  for (const [name, check] of Object.entries(parts)) {
    if (values.only.length > 0 && !values.only.includes(name)) continue;
    findings.push(...(await check(folder, registry.npmrc)));
    say(name);
  }
  console.log(listFindings(findings));
  const failed = findings.filter(({ result }) => result === "fails");
  console.log(`${findings.length} ways, ${failed.length} of them fail.`);
  if (failed.length > 0) process.exitCode = 1;

  if (values.record) writeRecord(versions, findings);
} finally {
  registry.stop();
}
